import { AppError } from '../../common/app.error.js';
import { ObjectNotFoundError } from '../../common/http-errors.js';

export class InvoiceNotFoundError extends ObjectNotFoundError {
  override readonly code = 'invoice_not_found';
  constructor() {
    super('Invoice');
  }
}

/** The invoice is not in the state that the step asked for needs. */
export class InvoiceStateError extends AppError {
  readonly kind = 'conflict';
  readonly code = 'invoice_state_conflict';

  constructor(state: string, step: string) {
    super(`The invoice is ${state}; it cannot be ${step}.`);
  }
}
