import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { add, type DecimalString, isZero, subtract, sum } from '../../common/money.js';
import type { BillingContext } from '../core/billing-context.js';
import { type Away, type OrganisationParts, TieOutRepository } from './tie-out.repository.js';
import type { OrganisationTieOut, TieOut, TieOutParts } from './tie-out.js';

/** What the export amounts to in one currency, taken from the export itself. */
export interface StatementTotal {
  readonly currency: string;
  readonly total: DecimalString;
  readonly lines: number;
}

const PARTS = ['provisional', 'posted', 'pending', 'unmatched', 'excluded', 'held', 'carried'] as const;

/** Checks that what was billed and what was not is, to the last digit, what ArrowSphere stated. */
@Injectable()
export class TieOutService {
  constructor(private readonly repository: TieOutRepository) {}

  /** Whether every charge stands at its target or waits, and every issued invoice at its total. */
  async stands(manager: EntityManager, context: BillingContext): Promise<boolean> {
    const charges = await this.repository.chargesAway(manager, context);
    const invoices = await this.repository.invoicesAway(manager, context);
    return !charges.length && !invoices.length;
  }

  /** One entry per currency. `statements`: the sums of the export. */
  async check(
    manager: EntityManager,
    context: BillingContext,
    statements: readonly StatementTotal[],
  ): Promise<TieOut[]> {
    const stated = statements.map((statement) => statement.currency);
    const parts = await this.repository.parts(manager, context, stated);
    const chargesAway = await this.repository.chargesAway(manager, context);
    const invoicesAway = await this.repository.invoicesAway(manager, context);
    const currencies = [...new Set([...stated, ...parts.map((part) => part.currency)])].sort();
    return currencies.map((currency) => {
      const own = parts.filter((part) => part.currency === currency);
      const { total = '0', lines = 0 } = statements.find((entry) => entry.currency === currency) ?? {};
      const sums = { statement: add(total, '0'), ...totalOf(own) };
      const difference = differenceOf(sums);
      const counts = {
        linesAstray: Math.abs(lines - own.reduce((count, part) => count + part.lines, 0)),
        unreadableLines: own.reduce((count, part) => count + part.unreadable, 0),
        chargesAway: countOf(chargesAway, currency),
        invoicesAway: countOf(invoicesAway, currency),
      };
      const tiesOut = isZero(difference) && Object.values(counts).every((count) => count === 0);
      return { currency, ...sums, difference, lines, ...counts, tiesOut, organisations: own.map(organisation) };
    });
  }
}

function countOf(away: readonly Away[], currency: string): number {
  return away.find((entry) => entry.currency === currency)?.count ?? 0;
}

function totalOf(parts: readonly OrganisationParts[]): Omit<TieOutParts, 'statement'> {
  const entries = PARTS.map((key) => [key, sum(parts.map((part) => part[key]))]);
  return Object.fromEntries(entries) as Omit<TieOutParts, 'statement'>;
}

function differenceOf(parts: TieOutParts): DecimalString {
  const { statement, provisional, posted, pending, unmatched, excluded, held, carried } = parts;
  return subtract(add(statement, provisional), sum([posted, pending, unmatched, excluded, held, carried]));
}

function organisation({ customerUuid, ...part }: OrganisationParts): OrganisationTieOut {
  const { statement, provisional, posted, pending, unmatched, excluded, held, carried } = part;
  const parts = { statement, provisional, posted, pending, unmatched, excluded, held, carried };
  return { customerUuid, ...parts, difference: differenceOf(parts) };
}
