import { AppError, appError } from '../../common/app.error.js';
import { notFoundError } from '../../common/http-errors.js';
import type { YearMonth } from '../../common/year-month.js';

export class BillingSyncNotFoundError extends notFoundError('ArrowBillingSync', 'billing_sync_not_found') {}

export class BillingSyncItemNotFoundError extends notFoundError(
  'ArrowBillingSyncItem',
  'billing_sync_item_not_found',
) {}

export class ConsumptionRecordNotFoundError extends notFoundError(
  'ArrowConsumptionRecord',
  'consumption_record_not_found',
) {}

/** The account has no export type, so there is nothing to ask ArrowSphere for. */
export class ExportTypeMissingError extends appError(
  'invalid',
  'export_type_missing',
  'The account has no export type: set export_type_reference in its settings.',
) {}

/** What ArrowSphere sent cannot be billed from. Nothing was changed. */
export class ExportRefusedError extends appError(
  'conflict',
  'export_refused',
  (month: YearMonth, faults: readonly string[]) => `The export of ${month.toString()} was refused: ${faults.join(' ')}`,
) {}

/** A newer export of the month is being applied already. */
export class ExportSupersededError extends appError(
  'conflict',
  'export_superseded',
  (month: YearMonth) => `A newer export of ${month.toString()} has been applied meanwhile; this one was dropped.`,
) {}

/** The month cannot be closed before it is over. */
export class MonthNotOverError extends appError(
  'invalid',
  'month_not_over',
  (month: YearMonth) => `${month.toString()} is not over yet; a running month cannot be forced.`,
) {}

/** Somebody paused what was asked for. */
export class BillingPausedError extends appError(
  'conflict',
  'billing_paused',
  (what: string, by: string) =>
    `${what} is paused${by ? ` by ${by}` : ''}. Resume it first (POST /api/admin/arrow/billing-syncs/resume_sync/).`,
) {}

/** Two accounts of billing turned out to be one partner. */
export class AccountAmbiguousError extends appError(
  'conflict',
  'billing_account_ambiguous',
  (partner: string) =>
    `The partner ${partner} is billed under other settings already. Bill it under those, or give these another key.`,
) {}

/** The resource carries no licence reference. */
export class ResourceNotLinkedError extends appError(
  'invalid',
  'resource_not_linked',
  'Resource does not have a backend_id (Arrow license reference)',
) {}

/** What a request names is not there: `settings_not_found`, `resource_not_found`. */
export class NamedNotFoundError extends AppError {
  readonly kind = 'not-found';
  constructor(
    readonly code: string,
    sentence: string,
  ) {
    super(sentence);
  }
}

/** Nobody can be charged for the licence; the reason is one of the matching reasons. */
export class LicenseNotBillableError extends appError(
  'invalid',
  'license_not_billable',
  (license: string, reason: string) =>
    `Nobody can be charged for the licence ${license}: ${reason.replaceAll('_', ' ')}.`,
) {}

/** What ArrowSphere gives as the currency of an amount is no ISO 4217 code. */
export class CurrencyUnknownError extends appError(
  'conflict',
  'currency_unknown',
  (currency: string) => `"${currency}" is no ISO 4217 currency. Nothing was charged; ask Arrow to correct it.`,
) {}

/** The database lost the lines that were being worked on. Nothing was changed; the run can simply be started again. */
export class StagingLostError extends appError(
  'conflict',
  'staging_lost',
  'The database restarted while the export was being applied. Start the run again.',
) {}
