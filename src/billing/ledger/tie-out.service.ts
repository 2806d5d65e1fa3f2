import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { add, type DecimalString, isZero, subtract, sum } from '../../common/money.js';
import type { PriceSource } from '../../arrow-export/columns.js';
import { CHARGES } from './charges.sql.js';

/** How a month adds up, in one currency. All amounts exact. */
export interface TieOut {
  readonly currency: string;
  /** Sum of the export, as ArrowSphere sent it. */
  readonly statement: DecimalString;
  /** Sum of the postings, on whichever invoice. */
  readonly posted: DecimalString;
  /** Lines that reach no mapping or no licence. */
  readonly unmatched: DecimalString;
  /** Lines that are not to be billed. */
  readonly excluded: DecimalString;
  /** Charged, though the export does not have it (any more): credited when the statement is closed. */
  readonly held: DecimalString;
  /** Charged by consumption beyond what the lines of those licences say; becomes zero when they are final. */
  readonly provisional: DecimalString;
  /** What rounding to cents gave or took, once per organisation. */
  readonly rounding: DecimalString;
  /** `statement - (posted + unmatched + excluded - held - provisional - rounding)`: must be zero. */
  readonly difference: DecimalString;
  readonly ties_out: boolean;
}

type Sums = Omit<TieOut, 'statement' | 'difference' | 'ties_out'>;

/** Checks that what was billed and what was not is, to the last cent, what ArrowSphere stated. */
@Injectable()
export class TieOutService {
  /** One entry per currency; `statements` are the sums of the export, taken from the export itself. */
  async check(
    manager: EntityManager,
    accountUuid: string,
    month: string,
    price: PriceSource,
    statements: readonly { currency: string; total: DecimalString }[],
  ): Promise<TieOut[]> {
    const sums = await manager.query<Sums[]>(SUMS(price), [accountUuid, month, null]);
    const currencies = [...new Set([...statements, ...sums].map((entry) => entry.currency))].sort();
    return currencies.map((currency) => {
      const ledger = sums.find((entry) => entry.currency === currency) ?? { ...NOTHING, currency };
      const statement = statements.find((entry) => entry.currency === currency)?.total ?? '0';
      const { posted, unmatched, excluded, held, provisional, rounding } = ledger;
      const accounted = subtract(sum([posted, unmatched, excluded]), sum([held, provisional, rounding]));
      const difference = add(subtract(statement, accounted), '0');
      return { ...ledger, statement: add(statement, '0'), difference, ties_out: isZero(difference) };
    });
  }
}

const NOTHING = { posted: '0', unmatched: '0', excluded: '0', held: '0', provisional: '0', rounding: '0' };

/** Each sum is taken from the rows themselves, so that the check can fail. `$1` account, `$2` month, `$3` null. */
const SUMS = (price: PriceSource) => `
  WITH ${CHARGES(price)},
  line AS (
    SELECT item.currency,
      sum(${price}) FILTER (WHERE status = 'unmatched' AND presence = 'present' AND priced) AS unmatched,
      sum(${price}) FILTER (WHERE status = 'excluded' AND presence = 'present' AND priced) AS excluded,
      sum(${price}) FILTER (WHERE status = 'billable' AND (presence = 'missing' OR presence = 'present' AND NOT priced)) AS held,
      sum(${price}) FILTER (WHERE status = 'billable' AND presence <> 'gone' AND path = 'license') AS of_licenses
    FROM billing_sync_item item LEFT JOIN license_charge charge USING (account_uuid, month, license_reference)
    WHERE account_uuid = $1 AND month = $2 GROUP BY 1
  ),
  posting AS (SELECT currency, sum(amount) AS amount FROM invoice_posting WHERE account_uuid = $1 AND month = $2 GROUP BY 1),
  customer AS (SELECT currency, round(sum(exact), 2) - sum(exact) AS rounding FROM spend GROUP BY currency, customer_uuid),
  rounded AS (SELECT currency, sum(rounding) AS amount FROM customer GROUP BY 1),
  license AS (SELECT currency, sum(exact) AS amount FROM spend WHERE path = 'license' GROUP BY 1)
  SELECT currency, trim_scale(coalesce(posting.amount, 0))::text AS posted, trim_scale(coalesce(unmatched, 0))::text AS unmatched,
         trim_scale(coalesce(excluded, 0))::text AS excluded, trim_scale(coalesce(held, 0))::text AS held,
         trim_scale(coalesce(license.amount, 0) - coalesce(of_licenses, 0))::text AS provisional,
         trim_scale(coalesce(rounded.amount, 0))::text AS rounding
  FROM (SELECT currency FROM line UNION SELECT currency FROM posting UNION SELECT currency FROM license) every
  LEFT JOIN line USING (currency) LEFT JOIN posting USING (currency) LEFT JOIN rounded USING (currency) LEFT JOIN license USING (currency)
  ORDER BY currency`;
