import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { type EntityManager, In, Repository, type SelectQueryBuilder } from 'typeorm';
import { Clock } from '../../common/clock.js';
import type { DecimalString } from '../../common/money.js';
import type { Count, Page } from '../../common/page.js';
import { parseUuid } from '../../common/uuid.js';
import { YearMonth } from '../../common/year-month.js';
import { countOnly, orderOf, paginate } from '../../database/paginate.js';
import type { ListInvoicesQuery } from './invoice.dto.js';
import { Invoice, type InvoiceState } from './invoice.entity.js';
import { InvoiceCurrencyError, InvoiceNotFoundError, InvoiceStateError } from './invoices.errors.js';

/** An open month is always found: nobody issues invoices years ahead. */
const MONTHS_AHEAD = 36;

interface InvoiceRow {
  readonly uuid: string;
  readonly customer_uuid: string;
  readonly month: string;
  readonly state: InvoiceState;
  readonly currency: string;
}

/** Sums of an invoice, two decimals, in its currency. */
export interface InvoiceTotals {
  readonly price: DecimalString;
  readonly tax: DecimalString;
  readonly total: DecimalString;
}

/** Invoices: which one takes the next posting, and their way from open to paid. */
@Injectable()
export class InvoicesService {
  constructor(
    @InjectRepository(Invoice) private readonly invoices: Repository<Invoice>,
    private readonly clock: Clock,
  ) {}

  /**
   * For each customer the invoice that takes postings for a month: its own while it is open, else that of the first open
   * month from the current one on. Creates it if need be, and keeps it open until the transaction ends.
   * Throws `InvoiceCurrencyError`.
   */
  async openFor(
    manager: EntityManager,
    parties: readonly { readonly customer_uuid: string; readonly currency: string }[],
    { month, currentMonth, taxPercent }: { month: YearMonth; currentMonth: YearMonth; taxPercent: DecimalString },
  ): Promise<Map<string, string>> {
    const chosen = new Map<string, string>();
    let waiting = parties;
    const later = currentMonth.isBefore(month.plus(1)) ? month.plus(1) : currentMonth;
    for (const candidate of [month, ...YearMonth.range(later, later.plus(MONTHS_AHEAD))]) {
      if (!waiting.length) break;
      const found = await this.lock(manager, candidate, waiting, taxPercent);
      for (const { customer_uuid, currency } of waiting) {
        const invoice = found.get(customer_uuid)!;
        if (invoice.state !== 'open') continue;
        if (invoice.currency !== currency) throw new InvoiceCurrencyError(invoice, currency);
        chosen.set(customer_uuid, invoice.uuid);
      }
      waiting = waiting.filter(({ customer_uuid }) => !chosen.has(customer_uuid));
    }
    return chosen;
  }

  private async lock(
    manager: EntityManager,
    month: YearMonth,
    parties: readonly { readonly customer_uuid: string; readonly currency: string }[],
    taxPercent: DecimalString,
  ): Promise<Map<string, InvoiceRow>> {
    const customers = parties.map((party) => party.customer_uuid);
    await manager.query(
      `INSERT INTO invoice (customer_uuid, month, currency, tax_percent)
       SELECT DISTINCT ON (customer) customer, $3::date, currency, $4::numeric FROM unnest($1::uuid[], $2::text[]) AS party (customer, currency)
       ORDER BY customer ON CONFLICT (customer_uuid, month) DO NOTHING`,
      [customers, parties.map((party) => party.currency), month.firstDay, taxPercent],
    );
    // Held against whoever would issue it meanwhile, not against others who post.
    const rows = await manager.query<InvoiceRow[]>(
      'SELECT uuid, customer_uuid, month, state, currency FROM invoice WHERE customer_uuid = ANY($1::uuid[]) AND month = $2 ORDER BY uuid FOR SHARE',
      [customers, month.firstDay],
    );
    return new Map(rows.map((row) => [row.customer_uuid, row]));
  }

  /** Throws `PageNotFoundError`. */
  list(query: ListInvoicesQuery): Promise<Page<Invoice>> {
    const order = orderOf(query.o, { created: 'created', month: 'month', number: 'number' }, [['month', 'DESC']]);
    return paginate(this.filtered(query), query, order, (uuids) =>
      this.invoices.find({ where: { uuid: In([...uuids]) }, relations: { customer: true } }),
    );
  }

  /** Throws `PageNotFoundError`. */
  count(query: ListInvoicesQuery): Promise<Count> {
    return countOnly(this.filtered(query), query);
  }

  /** With its `customer`. Throws `InvoiceNotFoundError`. */
  async get(uuid: string): Promise<Invoice> {
    const known = parseUuid(uuid);
    const invoice = known && (await this.invoices.findOne({ where: { uuid: known }, relations: { customer: true } }));
    if (!invoice) throw new InvoiceNotFoundError();
    return invoice;
  }

  /** What the postings on these invoices add up to. */
  async totals(uuids: readonly string[]): Promise<Map<string, InvoiceTotals>> {
    const rows = await this.invoices.query<({ uuid: string } & InvoiceTotals)[]>(
      `SELECT uuid, price::text, tax::text, (price + tax)::text AS total
       FROM (SELECT invoice.uuid, round(coalesce(sum(amount), 0), 2) AS price,
                    round(coalesce(sum(amount), 0) * tax_percent / 100, 2) AS tax
             FROM invoice LEFT JOIN invoice_posting ON invoice_uuid = invoice.uuid
             WHERE invoice.uuid = ANY($1::uuid[]) GROUP BY invoice.uuid) summed`,
      [uuids],
    );
    return new Map(rows.map(({ uuid, price, tax, total }) => [uuid, { price, tax, total }]));
  }

  /** Closes an open invoice: from now on nothing can be posted on it. `dueDate` is `YYYY-MM-DD`. Throws `InvoiceNotFoundError`, `InvoiceStateError`. */
  issue(uuid: string, by: string, dueDate?: string): Promise<Invoice> {
    const issuedAt = this.clock.now();
    const due = dueDate ?? new Date(issuedAt.getTime() + 30 * 86_400_000).toISOString().slice(0, 10);
    return this.step(uuid, ['open'], 'issued', { issuedAt, dueDate: due, changedBy: by });
  }

  /** Throws `InvoiceNotFoundError`, `InvoiceStateError`. */
  paid(uuid: string, by: string): Promise<Invoice> {
    return this.step(uuid, ['issued'], 'paid', { paidAt: this.clock.now(), changedBy: by });
  }

  private async step(
    uuid: string,
    from: readonly InvoiceState[],
    to: InvoiceState,
    changes: Partial<Invoice>,
  ): Promise<Invoice> {
    const { uuid: known } = await this.get(uuid);
    await this.invoices.manager.transaction(async (manager) => {
      const invoice = await manager.findOneOrFail(Invoice, {
        where: { uuid: known },
        lock: { mode: 'pessimistic_write' },
      });
      if (invoice.state === to) return;
      if (!from.includes(invoice.state)) throw new InvoiceStateError(invoice.state, to);
      await manager.update(Invoice, { uuid: known }, { ...changes, state: to, modified: this.clock.now() });
    });
    return this.get(known);
  }

  private filtered({ customer_uuid, customer, year, month, state }: ListInvoicesQuery): SelectQueryBuilder<Invoice> {
    const found = this.invoices.createQueryBuilder('invoice');
    if (customer) found.andWhere('invoice.customerUuid = :customer', { customer });
    if (customer_uuid) found.andWhere('invoice.customerUuid = :customer_uuid', { customer_uuid });
    if (year !== undefined) found.andWhere('extract(year from invoice.month) = :year', { year });
    if (month !== undefined) found.andWhere('extract(month from invoice.month) = :month', { month });
    if (state) found.andWhere('invoice.state IN (:...state)', { state });
    return found;
  }
}
