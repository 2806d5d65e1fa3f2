import { compare, type DecimalString, multiply } from '../../common/money.js';
import type { BillingRule } from '../accounts/billing-rule.entity.js';
import type { StatementTotal } from '../ledger/tie-out.service.js';
import type { ExportSize } from './billing-month.entity.js';

/** Lines and sums of a staged export in one currency. `total` is what is charged, `turnover` the sum of absolute amounts. */
export interface StagedTotal extends StatementTotal {
  readonly turnover: DecimalString;
}

export function sizeOf(
  totals: readonly StagedTotal[],
  { priceSource, numberLocale, defaultCurrency }: BillingRule,
): ExportSize {
  return {
    readBy: `${priceSource} ${numberLocale} ${defaultCurrency}`,
    rows: totals.reduce((rows, { lines }) => rows + lines, 0),
    turnover: Object.fromEntries(totals.map(({ currency, turnover }) => [currency, turnover])),
  };
}

/**
 * Why an export cannot be what it says, one sentence each; none = plausible. An export that lost a large part of its
 * lines is far more often a truncated answer or a changed template than a credit. `share` (0 to 1): by how much it may
 * shrink, measured from the largest one accepted since a person last accepted one. Amounts that were read by another rule
 * say nothing of these.
 */
export function shrinkage(largest: ExportSize | null, now: ExportSize, share: string): string[] {
  if (!largest || largest.rows === 0) return [];
  const advice = 'If that is right, run the month again with accept_shrinkage.';
  if (now.rows === 0) return [`The export is empty, but one before had ${largest.rows} lines. ${advice}`];
  const kept = String(1 - Number(share));
  const faults: string[] = [];
  if (compare(String(now.rows), multiply(String(largest.rows), kept)) < 0)
    faults.push(`The export shrank from ${largest.rows} to ${now.rows} lines. ${advice}`);
  if (largest.readBy !== now.readBy) return faults;
  for (const [currency, before] of Object.entries(largest.turnover)) {
    const after = now.turnover[currency] ?? '0';
    if (compare(after, multiply(before, kept)) < 0)
      faults.push(`The amounts in ${currency} shrank from ${before} to ${after}. ${advice}`);
  }
  return faults;
}

/** The largest that was accepted; a person's acceptance starts anew. */
export function largestOf(largest: ExportSize | null, now: ExportSize, isAcceptedByPerson: boolean): ExportSize {
  if (!largest || isAcceptedByPerson) return now;
  const rows = Math.max(largest.rows, now.rows);
  if (largest.readBy !== now.readBy) return { ...now, rows };
  const turnover: Record<string, string> = { ...now.turnover };
  for (const [currency, before] of Object.entries(largest.turnover))
    if (compare(before, turnover[currency] ?? '0') > 0) turnover[currency] = before;
  return { ...now, rows, turnover };
}
