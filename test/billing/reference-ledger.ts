import { Decimal } from 'decimal.js';

/**
 * What a month has to cost by the charge model of the design, kept as plainly as possible and without any code of the
 * service: lines are evidence, charges are money. One account, one month, exports with statement states and customer
 * references.
 */

/** A row of the export. */
export interface ReferenceLine {
  /** Stands for licence, key and occurrence: the same row at another price keeps it. */
  readonly id: string;
  /** `""`: names none. */
  readonly license: string;
  /** Arrow customer that the row names; null: nobody. */
  readonly named: string | null;
  /** Number of the statement, of whichever customer it is. */
  readonly statement: string;
  readonly currency: string;
  /** Exact; null: the cell cannot be read. */
  readonly price: string | null;
  /** Not billed by its classification. */
  readonly excluded: boolean;
  readonly ofOtherPeriod: boolean;
}

export type StatementState = 'Open' | 'Validated' | 'Rejected';

export interface RunOptions {
  /** Reconcile: close what may be closed. */
  readonly close: boolean;
  readonly force: boolean;
  /** By the clock of the run. */
  readonly monthIsOver: boolean;
}

interface Charge {
  readonly license: string;
  readonly organisation: string;
  readonly currency: string;
  readonly arrowCustomer: string;
  /** What stands of it on the invoice of which month. */
  readonly months: Map<string, Decimal>;
  target: Decimal;
  posted: Decimal;
  wasPosted: boolean;
  closed: boolean;
  held: boolean;
  lines: Decimal;
  pending: Decimal;
}

interface Consumption {
  amount: Decimal;
  readonly arrowCustomer: string;
  takenBack: boolean;
}

export interface ReferenceTieOut {
  readonly statement: number;
  readonly provisional: number;
  readonly posted: number;
  readonly pending: number;
  readonly unmatched: number;
  readonly excluded: number;
  readonly held: number;
  readonly carried: number;
}

const DIGITS: Record<string, number> = { EUR: 2, USD: 2, JPY: 0, KWD: 3 };
const MONTHS = ['2026-01', '2026-02', '2026-03', '2026-04', '2026-05', '2026-06'];
const ZERO = new Decimal(0);

export class ReferenceLedger {
  /** Arrow customer → organisation, and whether the mapping is on. */
  readonly mappings = new Map<string, { organisation: string; active: boolean }>();
  /** Licence → Arrow customer that ArrowSphere names today. */
  readonly owners = new Map<string, string>();
  /** `customer/statement` → what ArrowSphere says of it. */
  readonly states = new Map<string, StatementState>();
  readonly closedStatements = new Set<string>();
  readonly consumption = new Map<string, Consumption>();
  private readonly charges = new Map<string, Charge>();
  /** Per organisation and currency: postings by month, and which months are issued. */
  private readonly books = new Map<string, { months: Map<string, Decimal>; issued: Set<string>; rounding: Decimal }>();
  private readonly firstOwners = new Map<string, string>();
  private readonly reopened = new Set<string>();
  private accepted: readonly ReferenceLine[] = [];
  private unmatched: ReferenceLine[] = [];
  private excludedLines: ReferenceLine[] = [];

  /** Whose a line is: what it names, else the owner when it was first seen. */
  customerOf(line: ReferenceLine): string {
    return line.named ?? this.firstOwners.get(line.id) ?? this.owners.get(line.license) ?? '';
  }

  statementOf(line: ReferenceLine): string {
    return `${this.customerOf(line)}/${line.statement}`;
  }

  stateOf(statement: string): StatementState {
    return this.states.get(statement) ?? 'Open';
  }

  isClosed(license: string): boolean {
    return [...this.charges.values()].some((charge) => charge.license === license && charge.closed);
  }

  /** Charges that wait and were never posted, or that were reversed: what a mapping that goes off does to them is left open. */
  leavesOpen(arrowCustomer: string): boolean {
    return [...this.charges.values()].some(
      (charge) =>
        charge.arrowCustomer === arrowCustomer &&
        (!charge.wasPosted || this.consumption.get(charge.license)?.takenBack === true),
    );
  }

  knowsStatement(statement: string): boolean {
    return this.accepted.some((line) => this.statementOf(line) === statement);
  }

  /** Consumption of a licence was read; a month that is closed for it takes none. */
  consume(license: string, amount: string): void {
    if (this.isClosed(license)) return;
    const arrowCustomer = this.consumption.get(license)?.arrowCustomer ?? this.owners.get(license)!;
    this.consumption.set(license, { amount: new Decimal(amount), arrowCustomer, takenBack: false });
  }

  /**
   * A person reverses the consumption; answers whether the month was still open for it. Issued money of its charge is
   * credited at once; other charges of the licence go on waiting.
   */
  cleanUp(license: string): boolean {
    const consumption = this.consumption.get(license);
    if (!consumption || this.isClosed(license)) return false;
    consumption.takenBack = true;
    for (const charge of this.charges.values()) {
      if (charge.license !== license) continue;
      charge.target = ZERO;
      if (isFirst(charge, consumption)) this.post(charge, true);
    }
    return true;
  }

  /** A person reopens the month for a licence, with what it consumed. */
  reopen(license: string, amount: string): void {
    this.reopened.add(license);
    for (const charge of this.charges.values()) if (charge.license === license) charge.closed = false;
    this.consume(license, amount);
  }

  issue(organisation: string, currency: string, month: string): void {
    this.book(organisation, currency).issued.add(month);
  }

  /** Invoices that are drafts with money on them. */
  drafts(): { organisation: string; currency: string; month: string }[] {
    return [...this.books].flatMap(([key, { months, issued }]) => {
      const [organisation, currency] = key.split('|') as [string, string];
      return [...months]
        .filter(([month, amount]) => !issued.has(month) && !amount.isZero())
        .map(([month]) => ({ organisation, currency, month }));
    });
  }

  /** An export is accepted, and everything brought to its target. */
  run(lines: readonly ReferenceLine[], { close, force, monthIsOver }: RunOptions): void {
    this.accepted = lines;
    for (const line of lines) {
      if (!line.named && !this.firstOwners.has(line.id))
        this.firstOwners.set(line.id, this.owners.get(line.license) ?? '');
    }
    this.closeStatements(lines, close && monthIsOver, force);
    if (close) this.reopened.clear();
    const held = new Set(lines.filter(({ price }) => price === null).map((line) => this.customerOf(line)));
    this.match(lines);
    for (const charge of this.charges.values()) {
      charge.closed = this.closes(charge.license);
      charge.held = held.has(charge.arrowCustomer);
      if (!charge.held) charge.target = this.targetOf(charge);
      this.post(charge, force);
    }
    for (const key of this.books.keys()) this.postRounding(key);
  }

  private closeStatements(lines: readonly ReferenceLine[], close: boolean, force: boolean): void {
    for (const statement of new Set(lines.map((line) => this.statementOf(line)))) {
      const state = this.stateOf(statement);
      if (state === 'Rejected') this.closedStatements.delete(statement);
      else if (close && (force || state === 'Validated')) this.closedStatements.add(statement);
    }
  }

  /** Every row to exactly one place; the sums of the charges anew. */
  private match(lines: readonly ReferenceLine[]): void {
    for (const charge of this.charges.values()) charge.lines = ZERO;
    [this.unmatched, this.excludedLines] = [[], []];
    for (const line of lines) {
      if (line.price === null) continue;
      const customer = this.customerOf(line);
      const organisation = this.organisationOf(line.license, customer);
      if (line.excluded || this.stateOf(this.statementOf(line)) === 'Rejected') this.excludedLines.push(line);
      else if (line.ofOtherPeriod || !organisation) this.unmatched.push(line);
      else {
        const charge = this.charge(line.license, organisation, line.currency, customer);
        charge.lines = charge.lines.plus(line.price);
      }
    }
    for (const [license, { arrowCustomer }] of this.consumption) {
      const organisation = this.organisationOf(license, arrowCustomer);
      if (organisation) this.charge(license, organisation, 'EUR', arrowCustomer);
    }
  }

  /** What is closed or issued stands; else the mapping of today; else whoever is charged already. */
  private organisationOf(license: string, customer: string): string | undefined {
    // A bill-to party that the draft has left keeps a charge of 0.
    const charges = [...this.charges.values()]
      .filter((charge) => charge.license === license && charge.arrowCustomer === customer)
      .sort((a, b) => Number(a.target.isZero()) - Number(b.target.isZero()));
    const standing = charges.find((charge) => charge.closed || this.isIssued(charge));
    const mapping = this.mappings.get(customer);
    if (standing) return standing.organisation;
    return mapping?.active ? mapping.organisation : charges[0]?.organisation;
  }

  /** Money of it stands on an issued invoice; what the draft had left by then does not. */
  private isIssued({ organisation, currency, months }: Charge): boolean {
    const { issued } = this.book(organisation, currency);
    return [...months].some(([month, amount]) => issued.has(month) && !amount.isZero());
  }

  /** All statements that the licence's lines stand on; without lines, all of its customer's. */
  private closes(license: string): boolean {
    if (this.reopened.has(license)) return false;
    const own = this.accepted.filter((line) => line.license === license);
    const customers = new Set(
      [...this.charges.values()].filter((charge) => charge.license === license).map((charge) => charge.arrowCustomer),
    );
    const standsOn = own.length ? own : this.accepted.filter((line) => customers.has(this.customerOf(line)));
    const statements = standsOn.map((line) => this.statementOf(line));
    return statements.length > 0 && statements.every((statement) => this.closedStatements.has(statement));
  }

  private targetOf(charge: Charge): Decimal {
    const consumption = this.consumption.get(charge.license);
    if (charge.closed || !consumption) return charge.lines;
    return consumption.takenBack || !isFirst(charge, consumption) ? ZERO : consumption.amount;
  }

  private post(charge: Charge, force: boolean): void {
    const book = this.book(charge.organisation, charge.currency);
    const difference = roundTo(charge.target, charge.currency).minus(charge.posted);
    charge.pending = ZERO;
    if (difference.isZero()) return;
    if (book.issued.has(MONTHS[0]!) && !charge.closed && !force) {
      charge.pending = difference;
      return;
    }
    charge.posted = charge.posted.plus(difference);
    charge.wasPosted = true;
    const month = add(book, difference);
    charge.months.set(month, (charge.months.get(month) ?? ZERO).plus(difference));
  }

  private roundingOf(key: string): { target: Decimal; waits: boolean; exact: Decimal } {
    const charges = this.chargesOf(key);
    const exact = sum(charges.map(({ target }) => target));
    const rounded = sum(charges.map(({ target, currency }) => roundTo(target, currency)));
    const waits = charges.some(({ pending }) => !pending.isZero());
    return { target: roundTo(exact, key.split('|')[1]!).minus(rounded), waits, exact };
  }

  private postRounding(key: string): void {
    const book = this.books.get(key)!;
    const { target, waits } = this.roundingOf(key);
    const difference = target.minus(book.rounding);
    if (difference.isZero() || (book.issued.has(MONTHS[0]!) && waits)) return;
    book.rounding = target;
    add(book, difference);
  }

  /** `2026-01 EUR created 95.00`, of invoices with money. */
  bills(organisation: string): string[] {
    return [...this.books]
      .filter(([key]) => key.startsWith(`${organisation}|`))
      .flatMap(([key, { months, issued }]) =>
        [...months]
          .filter(([, amount]) => !amount.isZero())
          .map(([month, amount]) => {
            const places = Math.max(2, amount.decimalPlaces());
            return `${month} ${key.split('|')[1]} ${issued.has(month) ? 'created' : 'pending'} ${amount.toFixed(places)}`;
          }),
      )
      .sort();
  }

  get currencies(): string[] {
    const seen = [...this.accepted, ...this.charges.values()].map(({ currency }) => currency);
    return [...new Set(seen)].sort();
  }

  get hasUnreadable(): boolean {
    return this.accepted.some(({ price }) => price === null);
  }

  /** The parts, each summed from its own rows. */
  tieOut(currency: string): ReferenceTieOut {
    const of = <T extends { currency: string }>(rows: Iterable<T>) =>
      [...rows].filter((row) => row.currency === currency);
    const prices = (rows: readonly ReferenceLine[]) => sum(of(rows).map(({ price }) => new Decimal(price ?? 0)));
    const charges = of(this.charges.values());
    const books = [...this.books.keys()].filter((key) => key.endsWith(`|${currency}`));
    const waiting = books.map((key) => {
      const { target, waits } = this.roundingOf(key);
      const book = this.books.get(key)!;
      return book.issued.has(MONTHS[0]!) && waits ? target.minus(book.rounding) : ZERO;
    });
    const parts = {
      statement: prices(this.accepted),
      provisional: sum(charges.filter(({ held }) => !held).map(({ target, lines }) => target.minus(lines))),
      posted: sum(charges.map(({ posted }) => posted)).plus(sum(books.map((key) => this.books.get(key)!.rounding))),
      pending: sum(charges.map(({ pending }) => pending)).plus(sum(waiting)),
      unmatched: prices(this.unmatched),
      excluded: prices(this.excludedLines),
      held: sum(charges.filter(({ held }) => held).map(({ target, lines }) => lines.minus(target))),
      carried: sum(books.map((key) => this.roundingOf(key).exact.minus(roundTo(this.roundingOf(key).exact, currency)))),
    };
    return Object.fromEntries(
      Object.entries(parts).map(([name, amount]) => [name, amount.toNumber()]),
    ) as unknown as ReferenceTieOut;
  }

  private charge(license: string, organisation: string, currency: string, arrowCustomer: string): Charge {
    const key = [license, organisation, currency].join('|');
    this.book(organisation, currency);
    const known = this.charges.get(key);
    if (known) return known;
    const fresh = { target: ZERO, posted: ZERO, lines: ZERO, pending: ZERO, months: new Map<string, Decimal>() };
    const flags = { wasPosted: false, closed: false, held: false };
    const charge: Charge = { license, organisation, currency, arrowCustomer, ...fresh, ...flags };
    this.charges.set(key, charge);
    return charge;
  }

  private book(organisation: string, currency: string) {
    const key = `${organisation}|${currency}`;
    const known = this.books.get(key);
    if (known) return known;
    const fresh = { months: new Map<string, Decimal>(), issued: new Set<string>(), rounding: ZERO };
    this.books.set(key, fresh);
    return fresh;
  }

  private chargesOf(key: string): Charge[] {
    return [...this.charges.values()].filter((charge) => `${charge.organisation}|${charge.currency}` === key);
  }
}

function isFirst(charge: Charge, { arrowCustomer }: Consumption): boolean {
  return charge.arrowCustomer === arrowCustomer && charge.currency === 'EUR';
}

/** On the draft of the month itself, or of the first later one that is not issued: answers which. */
function add({ months, issued }: { months: Map<string, Decimal>; issued: Set<string> }, amount: Decimal): string {
  const month = MONTHS.find((candidate) => !issued.has(candidate))!;
  months.set(month, (months.get(month) ?? ZERO).plus(amount));
  return month;
}

function roundTo(amount: Decimal, currency: string): Decimal {
  return amount.toDecimalPlaces(DIGITS[currency]!, Decimal.ROUND_HALF_UP);
}

function sum(amounts: readonly Decimal[]): Decimal {
  return amounts.reduce((total, amount) => total.plus(amount), ZERO);
}
