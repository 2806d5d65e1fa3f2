import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { add, type DecimalString, isZero, subtract, sum } from '../../common/money.js';
import type { BillingContext } from '../core/billing-context.js';
import type { LockedMonth } from '../core/month-lock.repository.js';
import { TieOutRepository } from './tie-out.repository.js';
import { TIE_OUT_PARTS, type TieOut, type TieOutParts } from './tie-out.js';

/** What the export amounts to in one currency, taken from the export itself. */
export interface StatementTotal {
  readonly currency: string;
  readonly total: DecimalString;
  readonly lines: number;
}

/** Checks that what was billed and what was not is, to the last digit, what ArrowSphere stated. */
@Injectable()
export class TieOutService {
  constructor(private readonly repository: TieOutRepository) {}

  /** Whether every charge stands at its target or waits, and every issued invoice at its total. */
  async stands(manager: EntityManager, context: BillingContext): Promise<boolean> {
    return (await this.repository.away(manager, context)).size === 0;
  }

  /** One entry per currency. `statements`: the sums of the export. */
  async check(locked: LockedMonth, statements: readonly StatementTotal[]): Promise<TieOut[]> {
    const stated = statements.map((statement) => statement.currency);
    const parts = await this.repository.parts(locked);
    const away = await this.repository.away(locked.manager, locked);
    const currencies = [...new Set([...stated, ...parts.map((part) => part.currency)])].sort();
    return currencies.map((currency) => {
      const own = parts.filter((part) => part.currency === currency);
      const { total = '0', lines = 0 } = statements.find((entry) => entry.currency === currency) ?? {};
      const totals = TIE_OUT_PARTS.map((name) => [name, sum(own.map((part) => part[name]))]);
      const sums = { ...(Object.fromEntries(totals) as TieOutParts), statement: total };
      const difference = differenceOf(sums);
      const counts = {
        linesAstray: Math.abs(lines - own.reduce((count, part) => count + part.lines, 0)),
        unreadableLines: own.reduce((count, part) => count + part.unreadable, 0),
        chargesAway: 0,
        invoicesAway: 0,
        ...away.get(currency),
      };
      const organisations = own.map((part) => ({ ...part, difference: differenceOf(part) }));
      // What one organisation has too much must not hide what another lacks.
      const differences = [difference, ...organisations.map((part) => part.difference)];
      const tiesOut = differences.every(isZero) && Object.values(counts).every((count) => count === 0);
      return { currency, ...sums, difference, lines, ...counts, tiesOut, organisations };
    });
  }
}

function differenceOf(parts: TieOutParts): DecimalString {
  const { statement, provisional, posted, pending, unmatched, excluded, held, carried } = parts;
  return subtract(add(statement, provisional), sum([posted, pending, unmatched, excluded, held, carried]));
}
