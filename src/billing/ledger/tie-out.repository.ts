import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { currencyDigits } from '../../arrow-export/currency.js';
import type { BillingContext } from '../core/billing-context.js';
import type { TieOutParts } from './tie-out.js';
import { CHARGES_AWAY, CURRENCIES, INVOICES_AWAY, TIE_OUT_PARTS } from './tie-out.sql.js';

/** The parts of one organisation in one currency; of lines that reach nobody where `customerUuid` is null. */
export type OrganisationParts = TieOutParts & {
  readonly currency: string;
  readonly customerUuid: string | null;
  readonly lines: number;
  readonly unreadable: number;
};

/** How many there are in one currency. */
export interface Away {
  readonly currency: string;
  readonly count: number;
}

/** What the tie-out is summed from. Only sums rows, and shares no code with what wrote them. */
@Injectable()
export class TieOutRepository {
  async parts(
    manager: EntityManager,
    context: BillingContext,
    currencies: readonly string[],
  ): Promise<OrganisationParts[]> {
    const charged = await manager.query<{ currency: string }[]>(CURRENCIES, scopeOf(context));
    const known = [...new Set([...currencies, ...charged.map((row) => row.currency)])];
    return manager.query(TIE_OUT_PARTS(context.rule.priceSource), [
      ...scopeOf(context),
      known,
      known.map(currencyDigits),
    ]);
  }

  /** Charges without a pending difference that do not stand at their rounded target. */
  chargesAway(manager: EntityManager, context: BillingContext): Promise<Away[]> {
    return manager.query(CHARGES_AWAY, scopeOf(context));
  }

  /** Issued invoices whose postings are not the total stored at issue. */
  invoicesAway(manager: EntityManager, context: BillingContext): Promise<Away[]> {
    return manager.query(INVOICES_AWAY, scopeOf(context));
  }
}

function scopeOf({ account, month }: BillingContext): [account: string, month: string] {
  return [account.uuid, month.firstDay];
}
