import type { PostingSample } from '../ledger/ledger.repository.js';
import type { HeldCharge } from '../ledger/poster.service.js';
import type { TieOut } from '../ledger/tie-out.js';

/** An organisation that could not be posted, and why; nothing of it was changed. */
export interface PostingFailure {
  readonly customerUuid: string;
  readonly error: string;
}

/** What a run for a month did, or would do. */
export interface MonthReport {
  /** `YYYY-MM` */
  readonly period: string;
  /** `unchanged`: export and inputs are those of the last run, and every charge stands at its target or waits. */
  readonly outcome: 'applied' | 'unchanged' | 'no_data' | 'planned';
  readonly snapshotUuid: string;
  readonly lines: number;
  /** Organisations whose invoices changed. */
  readonly changed: number;
  readonly postings: number;
  readonly failures: readonly PostingFailure[];
  /** At most 100. */
  readonly held: readonly HeldCharge[];
  /** Organisations that stand as a whole, as what the export says of them cannot be right. */
  readonly leftOut: number;
  readonly tieOut: readonly TieOut[];
  /** Everything of the month is closed and posted. */
  readonly settled: boolean;
  readonly warnings: readonly string[];
  /** The first postings, made or planned; at most 100. */
  readonly sample: readonly PostingSample[];
}
