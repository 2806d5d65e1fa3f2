import { AppError } from '../common/app.error.js';
import { notFoundError } from '../common/http-errors.js';

export class AuditEventNotFoundError extends notFoundError('AuditEvent', 'audit_event_not_found') {}

/** Months of the audit trail that are to be kept (409). */
export class AuditTooYoungError extends AppError {
  readonly kind = 'conflict';
  readonly code = 'audit_too_young';

  constructor(before: string, keepMonths: number) {
    super(`AUDIT_KEEP_MONTHS is ${keepMonths}: months before ${before} may be dropped, later ones are kept.`);
  }
}

/** A month of the audit trail is not exported, or has grown since (409). */
export class AuditNotExportedError extends AppError {
  readonly kind = 'conflict';
  readonly code = 'audit_not_exported';

  constructor(month: string) {
    super(`${month} is not exported as it is now. Run waldur-arrow audit export first, and keep its file.`);
  }
}
