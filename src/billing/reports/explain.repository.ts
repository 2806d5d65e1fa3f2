import { Injectable } from '@nestjs/common';
import { Any, DataSource } from 'typeorm';
import type { PriceSource } from '../../arrow-export/columns.js';
import { currencyDigits } from '../../arrow-export/currency.js';
import { groupBy } from '../../common/group-by.js';
import { type DecimalString, round, subtract, sum } from '../../common/money.js';
import { Charge } from '../ledger/charge.entity.js';
import { InvoicePosting } from '../ledger/invoice-posting.entity.js';
import { PendingPosting } from '../ledger/pending-posting.entity.js';
import { BillingSync } from '../statements/billing-sync.entity.js';
import { BillingSyncItem } from '../statements/billing-sync-item.entity.js';

/** A charge as its lines see it. Amounts in `currency`. */
export interface ExplainedCharge extends Charge, LinesOfCharge {
  readonly pending: PendingPosting | undefined;
  /** With their invoices. */
  readonly postings: readonly InvoicePosting[];
  /** In the digits of the currency. */
  readonly posted: DecimalString;
  /** What the last line takes beside its own rounded amount, so that the lines add up to what is posted. */
  readonly rest: DecimalString;
}

interface LinesOfCharge {
  /** Billable lines that the latest accepted export has, over all statements. */
  readonly lines: number;
  readonly lastLineUuid: string;
}

const COUNTS = `item.presence = 'present' AND item.status = 'billable'`;

/**
 * What the lines of charges add up to, each rounded, over all statements, and which line is the last: of those that are
 * billable, else of those that the export has, else of all. `$1` charges, `$2` the digits of their currencies.
 */
const LINES_OF_CHARGES = (price: PriceSource) => `
  SELECT
    charge.uuid AS "chargeUuid",
    summed.rounded,
    summed.lines,
    last.uuid AS "lastLineUuid"
  FROM unnest($1::uuid[], $2::integer[]) AS charge (uuid, digits)
  CROSS JOIN LATERAL (
    SELECT
      coalesce(sum(round(item.${price}, charge.digits)), 0) AS rounded,
      count(*)::integer AS lines
    FROM billing_sync_item item
    WHERE item.charge_uuid = charge.uuid
      AND ${COUNTS}
  ) summed
  CROSS JOIN LATERAL (
    SELECT item.uuid
    FROM billing_sync_item item
    WHERE item.charge_uuid = charge.uuid
    ORDER BY ${COUNTS} DESC, item.presence = 'present' DESC, item.arrow_line_reference DESC, item.occurrence DESC
    LIMIT 1
  ) last`;

/** Lines of a statement with the charges that they count towards. */
@Injectable()
export class ExplainRepository {
  constructor(private readonly dataSource: DataSource) {}

  statement(uuid: string): Promise<BillingSync | null> {
    return this.dataSource.manager.findOneBy(BillingSync, { uuid });
  }

  countLines({ uuid }: BillingSync): Promise<number> {
    return this.dataSource.manager.countBy(BillingSyncItem, { billingSyncUuid: uuid });
  }

  /** In the order of licence, key and occurrence: the first `limit` after that line. */
  lines(statement: BillingSync, limit: number, skip = 0, after?: BillingSyncItem): Promise<BillingSyncItem[]> {
    const { uuid: billingSyncUuid, accountUuid, month } = statement;
    const found = this.dataSource
      .createQueryBuilder(BillingSyncItem, 'line')
      .where({ billingSyncUuid, accountUuid, month })
      .orderBy({ 'line.licenseReference': 'ASC', 'line.arrowLineReference': 'ASC', 'line.occurrence': 'ASC' })
      .limit(limit)
      .offset(skip);
    if (after)
      found.andWhere(
        '(line.licenseReference, line.arrowLineReference, line.occurrence) > (:licenseReference, :arrowLineReference, :occurrence)',
        after,
      );
    return found.getMany();
  }

  async charges(uuids: string[], price: PriceSource): Promise<ExplainedCharge[]> {
    if (!uuids.length) return [];
    const { manager } = this.dataSource;
    const charges = await manager.findBy(Charge, { uuid: Any(uuids) });
    const digits = charges.map((charge) => currencyDigits(charge.currency));
    const chargeUuid = Any(uuids);
    const [pending, postings, lines] = await Promise.all([
      manager.findBy(PendingPosting, { chargeUuid }),
      manager.find(InvoicePosting, { where: { chargeUuid }, relations: { invoice: true }, order: { revision: 'ASC' } }),
      manager.query<(LinesOfCharge & { chargeUuid: string; rounded: DecimalString })[]>(LINES_OF_CHARGES(price), [
        charges.map((charge) => charge.uuid),
        digits,
      ]),
    ]);
    const postingsOf = groupBy(postings, (posting) => posting.chargeUuid);
    const pendingOf = new Map(pending.map((row) => [row.chargeUuid, row]));
    const linesOf = new Map(lines.map(({ chargeUuid, ...row }) => [chargeUuid, row]));
    return charges.map((charge, i) => {
      const own = postingsOf.get(charge.uuid) ?? [];
      const posted = round(sum(own.map((posting) => posting.amount)), digits[i]!);
      const { rounded, ...facts } = linesOf.get(charge.uuid)!;
      const rest = subtract(posted, rounded);
      return Object.assign(charge, { pending: pendingOf.get(charge.uuid), postings: own, posted, rest, ...facts });
    });
  }
}
