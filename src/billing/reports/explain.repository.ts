import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { PriceSource } from '../../arrow-export/columns.js';
import { currencyDigits } from '../../arrow-export/currency.js';
import { type DecimalString, round, subtract, sum } from '../../common/money.js';
import type { Reason } from '../core/reasons.js';
import type { ChargeBasis } from '../ledger/charge.entity.js';
import type { PostingKind } from '../ledger/invoice-posting.entity.js';
import type { AmountState, ItemPresence, ItemStatus } from '../statements/billing-sync-item.entity.js';
import { CHARGES, COUNT_LINES, LINES, LINES_OF_CHARGES, POSTINGS, STATEMENT } from './explain.sql.js';

/** A statement whose lines are explained. */
export interface ExplainedStatement {
  readonly uuid: string;
  readonly accountUuid: string;
  /** First day. */
  readonly month: string;
  readonly statementReference: string;
}

/** A line as it is kept. Amounts exact, in `currency`. */
export interface StatementLine {
  readonly uuid: string;
  readonly lineReference: string;
  readonly occurrence: number;
  readonly licenseReference: string;
  readonly status: ItemStatus;
  /** `""` when billable. */
  readonly reason: Reason | '';
  readonly presence: ItemPresence;
  readonly amountState: AmountState;
  readonly sell: DecimalString | null;
  readonly buy: DecimalString | null;
  readonly currency: string;
  readonly quantity: DecimalString;
  readonly vendorName: string;
  readonly description: string;
  readonly classification: string;
  readonly subscriptionReference: string;
  readonly serviceStart: string | null;
  readonly serviceEnd: string | null;
  /** `""`: unknown. */
  readonly arrowCustomer: string;
  readonly chargeUuid: string | null;
  /** Where its raw cells are. */
  readonly pageHash: string;
  readonly pageRow: number;
}

export interface ChargePosting {
  readonly uuid: string;
  readonly revision: number;
  readonly kind: PostingKind;
  readonly amount: DecimalString;
  readonly target: DecimalString;
  readonly invoiceUuid: string;
  /** `YYYY-MM` */
  readonly invoiceMonth: string;
  readonly jobUuid: string | null;
  readonly created: Date;
}

/** A charge as its lines see it. Amounts in `currency`. */
export interface ExplainedCharge {
  readonly uuid: string;
  readonly licenseReference: string;
  readonly customerUuid: string;
  readonly projectUuid: string | null;
  readonly resourceUuid: string | null;
  readonly currency: string;
  readonly basis: ChargeBasis;
  readonly heldReason: Reason | '';
  readonly pending: { readonly amount: DecimalString; readonly reason: Reason } | null;
  readonly postings: readonly ChargePosting[];
  /** In the digits of the currency. */
  readonly posted: DecimalString;
  /** Lines that the latest accepted export has, over all statements. */
  readonly lines: number;
  readonly lastLineUuid: string;
  /** What the last line takes beside its own rounded amount, so that the lines add up to what is posted. */
  readonly rest: DecimalString;
}

/** The line before a page of lines. */
export type LinePosition = Pick<StatementLine, 'licenseReference' | 'lineReference' | 'occurrence'>;

const START: LinePosition = { licenseReference: '', lineReference: '', occurrence: 0 };

/** Lines of a statement with the charges that they count towards. */
@Injectable()
export class ExplainRepository {
  constructor(private readonly dataSource: DataSource) {}

  async statement(uuid: string): Promise<ExplainedStatement | undefined> {
    const [row] = await this.dataSource.query<ExplainedStatement[]>(STATEMENT, [uuid]);
    return row;
  }

  async countLines({ uuid }: ExplainedStatement): Promise<number> {
    const [row] = await this.dataSource.query<{ count: number }[]>(COUNT_LINES, [uuid]);
    return row!.count;
  }

  /** In the order of licence, key and occurrence: the first `limit` after that position. */
  lines(
    { uuid, accountUuid, month }: ExplainedStatement,
    limit: number,
    skip = 0,
    after = START,
  ): Promise<StatementLine[]> {
    const position = [after.licenseReference, after.lineReference, after.occurrence];
    return this.dataSource.query(LINES, [uuid, accountUuid, month, limit, skip, ...position]);
  }

  async charges(uuids: readonly string[], price: PriceSource): Promise<ExplainedCharge[]> {
    if (!uuids.length) return [];
    const charges = await this.dataSource.query<StoredCharge[]>(CHARGES, [uuids]);
    const digits = charges.map((charge) => currencyDigits(charge.currency));
    const [postings, lines] = await Promise.all([
      this.dataSource.query<(ChargePosting & OfCharge)[]>(POSTINGS, [uuids]),
      this.dataSource.query<(LinesOfCharge & OfCharge)[]>(LINES_OF_CHARGES(price), [
        charges.map((charge) => charge.uuid),
        digits,
      ]),
    ]);
    const linesOf = new Map(lines.map((row) => [row.chargeUuid, row]));
    const postingsOf = new Map<string, ChargePosting[]>(charges.map((charge) => [charge.uuid, []]));
    for (const { chargeUuid, ...posting } of postings) postingsOf.get(chargeUuid)!.push(posting);
    return charges.map((charge, i) => {
      const entries = postingsOf.get(charge.uuid)!;
      const posted = round(sum(entries.map((entry) => entry.amount)), digits[i]!);
      const { rounded, lines: count, lastLineUuid } = linesOf.get(charge.uuid)!;
      return { ...charge, postings: entries, posted, lines: count, lastLineUuid, rest: subtract(posted, rounded) };
    });
  }
}

type StoredCharge = Omit<ExplainedCharge, 'postings' | 'posted' | 'lines' | 'lastLineUuid' | 'rest'>;

interface OfCharge {
  readonly chargeUuid: string;
}

interface LinesOfCharge {
  readonly rounded: DecimalString;
  readonly lines: number;
  readonly lastLineUuid: string;
}
