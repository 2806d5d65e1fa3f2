import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { inCurrency } from '../../arrow-export/currency.js';
import { type DecimalString, subtract } from '../../common/money.js';
import type { BillingContext } from '../core/billing-context.js';
import type { LockedMonth } from '../core/month-lock.repository.js';
import type { TieOutParts } from './tie-out.js';
import { AWAY, PARTS } from './tie-out.sql.js';

/** The parts of one organisation in one currency; of lines that reach nobody where `customerUuid` is null. */
export type OrganisationParts = TieOutParts & {
  readonly currency: string;
  readonly customerUuid: string | null;
  readonly lines: number;
  readonly unreadable: number;
};

/** `exact`: the sum of exact targets. */
type SummedParts = Omit<OrganisationParts, 'carried'> & { readonly exact: DecimalString };

/** Charges without a pending difference that do not stand at their rounded target, and issued invoices not at their total. */
export interface Away {
  readonly chargesAway: number;
  readonly invoicesAway: number;
}

/** What the tie-out is summed from. Only sums rows, and shares no code with what wrote them. */
@Injectable()
export class TieOutRepository {
  async parts({ manager, scope, rule }: LockedMonth): Promise<OrganisationParts[]> {
    const rows = await manager.query<SummedParts[]>(PARTS(rule.priceSource), scope);
    return rows.map(({ exact, ...parts }) => ({
      ...parts,
      carried: subtract(exact, inCurrency(exact, parts.currency)),
    }));
  }

  /** By currency; those without any are left out. */
  async away(manager: EntityManager, { scope }: BillingContext): Promise<Map<string, Away>> {
    const rows = await manager.query<(Away & { currency: string })[]>(AWAY, scope);
    return new Map(rows.map(({ currency, ...away }) => [currency, away]));
  }
}
