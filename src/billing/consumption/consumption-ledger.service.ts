import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { equal } from '../../common/money.js';
import type { BillingContext } from '../core/billing-context.js';
import { MonthLockRepository } from '../core/month-lock.repository.js';
import { LedgerRepository } from '../ledger/ledger.repository.js';
import { PosterService } from '../ledger/poster.service.js';
import type { ConsumptionRecord } from './consumption-record.entity.js';
import { ConsumptionRepository, type Consumed } from './consumption.repository.js';

/** What became of one licence. */
export type ConsumptionOutcome = 'changed' | 'unchanged' | 'finalized' | 'better_known' | 'older_answer';

/** Takes consumption into the records of a month and, where the account charges it, into the ledger; and back. */
@Injectable()
export class ConsumptionLedgerService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly consumption: ConsumptionRepository,
    private readonly months: MonthLockRepository,
    private readonly ledger: LedgerRepository,
    private readonly poster: PosterService,
  ) {}

  /**
   * All of it in one transaction. What is closed is looked at under the lock and left alone, unless `reopen`: then the
   * month is provisional again for these licences, until the next reconcile. Answers the outcome per licence.
   */
  store(
    context: BillingContext,
    consumed: readonly Consumed[],
    reopen = false,
  ): Promise<Map<string, ConsumptionOutcome>> {
    return this.dataSource.transaction(async (manager) => {
      const locked = await this.months.take(manager, context);
      const licenses = consumed.map((entry) => entry.licenseReference);
      const known = await this.consumption.known(locked, licenses);
      const knownOf = new Map(known.map((record) => [record.licenseReference, record]));
      const outcomes = new Map(
        consumed.map((entry) => [entry.licenseReference, judge(entry, knownOf.get(entry.licenseReference), reopen)]),
      );
      const stored = consumed.filter((entry) => isTaken(outcomes.get(entry.licenseReference)!));
      if (!stored.length) return outcomes;
      await this.consumption.write(locked, stored, reopen);
      const written = stored.map((entry) => entry.licenseReference);
      await this.ledger.closeCharges(locked, false, written);
      const customers = await this.ledger.chargedCustomers(locked, written);
      const touched = new Set(written);
      await this.poster.post(locked, {
        customers: customers.map((customer) => customer.customerUuid),
        includes: (charge) => touched.has(charge.licenseReference),
        // Held until an accepted export says otherwise.
        held: null,
        force: false,
      });
      return outcomes;
    });
  }

  /**
   * Credits what was charged for these records of the month, and nothing else but its rounding. `reopen`: also what is final,
   * which is provisional again until the next reconcile. Answers how many were reversed.
   */
  reverse(context: BillingContext, records: readonly ConsumptionRecord[], reopen: boolean): Promise<number> {
    return this.dataSource.transaction(async (manager) => {
      const locked = await this.months.take(manager, context);
      const uuids = records.map((record) => record.uuid);
      const count = await this.consumption.reverse(locked, uuids, reopen);
      const licenses = records.map((record) => record.licenseReference);
      if (reopen) await this.ledger.closeCharges(locked, false, licenses);
      const named = new Set(records.map((record) => record.chargeUuid));
      await this.poster.post(locked, {
        customers: [...new Set(records.map((record) => record.customerUuid))],
        includes: (charge) => named.has(charge.uuid),
        held: new Map(),
        force: true,
      });
      return count;
    });
  }
}

/** Whether it stands in the records now. */
export function isTaken(outcome: ConsumptionOutcome): outcome is 'changed' | 'unchanged' {
  return outcome === 'changed' || outcome === 'unchanged';
}

function judge(consumed: Consumed, known: ConsumptionRecord | undefined, reopen: boolean): ConsumptionOutcome {
  if (!known) return 'changed';
  const isClosed = known.charge.closedAt !== null;
  const isTakenBack = known.reversedAt !== null;
  if (isClosed && !reopen) return 'finalized';
  if (consumed.askedAt < known.askedAt) return 'older_answer';
  if (consumed.isEstimate && !known.isEstimate && !isTakenBack) return 'better_known';
  const isSame =
    equal(known.consumedSell, consumed.sell) &&
    equal(known.consumedBuy, consumed.buy) &&
    known.currency === consumed.currency &&
    known.projectUuid === consumed.projectUuid &&
    known.isEstimate === consumed.isEstimate;
  return isSame && !isClosed && !isTakenBack ? 'unchanged' : 'changed';
}
