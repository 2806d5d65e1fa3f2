import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { currencyDigits } from '../../arrow-export/currency.js';
import type { BillingContext } from '../core/billing-context.js';
import type { TieOutParts } from './tie-out.js';
import { AWAY, CURRENCIES, PARTS } from './tie-out.sql.js';

/** The parts of one organisation in one currency; of lines that reach nobody where `customerUuid` is null. */
export type OrganisationParts = TieOutParts & {
  readonly currency: string;
  readonly customerUuid: string | null;
  readonly lines: number;
  readonly unreadable: number;
};

/** Charges without a pending difference that do not stand at their rounded target, and issued invoices not at their total. */
export interface Away {
  readonly chargesAway: number;
  readonly invoicesAway: number;
}

/** What the tie-out is summed from. Only sums rows, and shares no code with what wrote them. */
@Injectable()
export class TieOutRepository {
  async parts(
    manager: EntityManager,
    { account, month, rule }: BillingContext,
    currencies: readonly string[],
  ): Promise<OrganisationParts[]> {
    const scope = [account.uuid, month.firstDay];
    const charged = await manager.query<{ currency: string }[]>(CURRENCIES, scope);
    const known = [...new Set([...currencies, ...charged.map((row) => row.currency)])];
    return manager.query(PARTS(rule.priceSource), [...scope, known, known.map(currencyDigits)]);
  }

  /** By currency; those without any are left out. */
  async away(manager: EntityManager, { account, month }: BillingContext): Promise<Map<string, Away>> {
    const rows = await manager.query<(Away & { currency: string })[]>(AWAY, [account.uuid, month.firstDay]);
    return new Map(rows.map(({ currency, ...away }) => [currency, away]));
  }
}
