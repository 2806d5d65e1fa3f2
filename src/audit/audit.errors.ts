import { appError } from '../common/app.error.js';
import { notFoundError } from '../common/http-errors.js';

export class AuditEventNotFoundError extends notFoundError('AuditEvent', 'audit_event_not_found') {}

/** Months of the audit trail that are to be kept (409). */
export class AuditTooYoungError extends appError(
  'conflict',
  'audit_too_young',
  (before: string, keepMonths: number) =>
    `AUDIT_KEEP_MONTHS is ${keepMonths}: months before ${before} may be dropped, later ones are kept.`,
) {}

/** A month of the audit trail is not exported, or has grown since (409). */
export class AuditNotExportedError extends appError(
  'conflict',
  'audit_not_exported',
  (month: string) => `${month} is not exported as it is now. Run waldur-arrow audit export first, and keep its file.`,
) {}
