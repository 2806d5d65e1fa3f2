import { compare, type DecimalString, multiply } from '../../common/money.js';

/** What an export amounts to, for comparing it with the one before. */
export interface ExportSize {
  readonly rows: number;
  /** Sum of the absolute amounts of all lines, so that credits do not hide what is missing. */
  readonly turnover: DecimalString;
}

export interface Shrinkage {
  /** The export applied last for that month; none at the first time. */
  readonly before: ExportSize | null;
  readonly now: ExportSize;
  /** Lines known from before, and how many of them the export does not have any more. */
  readonly known: number;
  readonly vanished: number;
  /** Share (0 to 1) by which an export may shrink without a person saying that it is all right. */
  readonly tolerated: number;
}

/**
 * Why an export cannot be what it says, one sentence each; none = plausible. An export that lost a large part of its
 * lines is far more often a truncated answer, a renamed column or a changed template than a real credit.
 */
export function implausible({ before, now, known, vanished, tolerated }: Shrinkage): string[] {
  if (!before || before.rows === 0) return [];
  if (now.rows === 0) return [`The export is empty, but the one before had ${before.rows} lines. Nothing was changed.`];
  const kept = String(1 - tolerated);
  const faults: string[] = [];
  if (now.rows < before.rows * (1 - tolerated))
    faults.push(`The export shrank from ${before.rows} to ${now.rows} lines.`);
  if (compare(now.turnover, multiply(before.turnover, kept)) < 0) {
    faults.push(`The amounts in the export shrank from ${before.turnover} to ${now.turnover}.`);
  }
  if (vanished > known * tolerated) faults.push(`${vanished} of ${known} known lines are not in the export any more.`);
  return faults;
}
