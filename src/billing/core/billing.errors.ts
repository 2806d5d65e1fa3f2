import { AppError } from '../../common/app.error.js';
import { ObjectNotFoundError } from '../../common/http-errors.js';
import type { YearMonth } from '../../common/year-month.js';

export class BillingSyncNotFoundError extends ObjectNotFoundError {
  override readonly code = 'billing_sync_not_found';
  constructor() {
    super('ArrowBillingSync');
  }
}

export class BillingSyncItemNotFoundError extends ObjectNotFoundError {
  override readonly code = 'billing_sync_item_not_found';
  constructor() {
    super('ArrowBillingSyncItem');
  }
}

export class ConsumptionRecordNotFoundError extends ObjectNotFoundError {
  override readonly code = 'consumption_record_not_found';
  constructor() {
    super('ArrowConsumptionRecord');
  }
}

/** The account has no export type, so there is nothing to ask ArrowSphere for. */
export class ExportTypeMissingError extends AppError {
  readonly kind = 'invalid';
  readonly code = 'export_type_missing';
  constructor() {
    super('The account has no export type: set export_type_reference in its settings.');
  }
}

/** What ArrowSphere sent cannot be billed from. Nothing was changed. */
export class ExportRefusedError extends AppError {
  readonly kind = 'conflict';
  readonly code = 'export_refused';
  constructor(month: YearMonth, faults: readonly string[]) {
    super(`The export of ${month.toString()} was refused: ${faults.join(' ')}`);
  }
}

/** A newer export of the month is being applied already. */
export class ExportSupersededError extends AppError {
  readonly kind = 'conflict';
  readonly code = 'export_superseded';
  constructor(month: YearMonth) {
    super(`A newer export of ${month.toString()} has been applied meanwhile; this one was dropped.`);
  }
}

/** The month cannot be closed before it is over. */
export class MonthNotOverError extends AppError {
  readonly kind = 'invalid';
  readonly code = 'month_not_over';
  constructor(month: YearMonth) {
    super(`${month.toString()} is not over yet; a running month cannot be forced.`);
  }
}

/** Somebody paused what was asked for. */
export class BillingPausedError extends AppError {
  readonly kind = 'conflict';
  readonly code = 'billing_paused';
  constructor(what: string, by: string) {
    super(
      `${what} is paused${by ? ` by ${by}` : ''}. Resume it first (POST /api/admin/arrow/billing-syncs/resume_sync/).`,
    );
  }
}

/** Two accounts of billing turned out to be one partner. */
export class AccountAmbiguousError extends AppError {
  readonly kind = 'conflict';
  readonly code = 'billing_account_ambiguous';
  constructor(partner: string) {
    super(
      `The partner ${partner} is billed under other settings already. Bill it under those, or give these another key.`,
    );
  }
}

/** The resource carries no licence reference. */
export class ResourceNotLinkedError extends AppError {
  readonly kind = 'invalid';
  readonly code = 'resource_not_linked';
  constructor() {
    super('Resource does not have a backend_id (Arrow license reference)');
  }
}

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
export class LicenseNotBillableError extends AppError {
  readonly kind = 'invalid';
  readonly code = 'license_not_billable';
  constructor(license: string, reason: string) {
    super(`Nobody can be charged for the licence ${license}: ${reason.replaceAll('_', ' ')}.`);
  }
}

/** What ArrowSphere gives as the currency of an amount is no ISO 4217 code. */
export class CurrencyUnknownError extends AppError {
  readonly kind = 'conflict';
  readonly code = 'currency_unknown';
  constructor(currency: string) {
    super(`"${currency}" is no ISO 4217 currency. Nothing was charged; ask Arrow to correct it.`);
  }
}

/** The database lost the lines that were being worked on. Nothing was changed; the run can simply be started again. */
export class StagingLostError extends AppError {
  readonly kind = 'conflict';
  readonly code = 'staging_lost';
  constructor() {
    super('The database restarted while the export was being applied. Start the run again.');
  }
}
