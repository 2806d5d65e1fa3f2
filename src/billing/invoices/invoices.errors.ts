import { appError } from '../../common/app.error.js';
import { notFoundError } from '../../common/http-errors.js';

export class InvoiceNotFoundError extends notFoundError('Invoice', 'invoice_not_found') {}

/** The invoice is not in the state that the step asked for needs. */
export class InvoiceStateError extends appError(
  'conflict',
  'invoice_state_conflict',
  (state: string, step: string) => `The invoice is ${state}; it cannot be ${step}.`,
) {}
