import type { JobControl } from '../../jobs/job-handlers.js';
import type { BillingContext } from '../core/billing-context.js';
import { graceIsOver } from '../core/finality.js';
import type { BillingMonth } from './billing-month.entity.js';

/** What a run for a month is asked to do. */
export interface ImportStatements {
  /** Also close what may be closed. */
  readonly reconcile: boolean;
  /** With `reconcile`: do not wait for ArrowSphere's validation and the days of grace. */
  readonly force: boolean;
  /** Do everything and undo it: the answer shows what would be posted. */
  readonly dryRun: boolean;
  /** A person has looked at it: the export may shrink, and lines may be gone. */
  readonly acceptShrinkage: boolean;
  /** Only this licence. Statements and the state of the month stay as they are. */
  readonly onlyLicense: string | null;
}

/** How a run says where it is, and hears that it should stop. */
export type RunControl = Pick<JobControl, 'signal' | 'progress'>;

/** A run on its way. */
export interface ImportRun extends ImportStatements, RunControl {
  readonly context: BillingContext;
  /** The month as the last run left it. */
  readonly before: BillingMonth | null;
}

/** What says nothing about its state is closed by this run. */
export function closesByCalendar({ context, reconcile, force }: ImportRun): boolean {
  return reconcile && graceIsOver(context, force);
}
