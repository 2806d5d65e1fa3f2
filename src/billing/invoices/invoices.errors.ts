import { AppError } from '../../common/app.error.js';
import { ObjectNotFoundError } from '../../common/http-errors.js';

export class InvoiceNotFoundError extends ObjectNotFoundError {
  override readonly code = 'invoice_not_found';
  constructor() {
    super('Invoice');
  }
}

/** Amounts in one currency were to go on an invoice in another: they are reported, never added up. */
export class InvoiceCurrencyError extends AppError {
  readonly kind = 'conflict';
  readonly code = 'invoice_currency_conflict';

  constructor(invoice: { readonly month: string; readonly currency: string }, currency: string) {
    super(
      `The invoice of ${invoice.month.slice(0, 7)} is in ${invoice.currency}; amounts in ${currency} cannot go on it.`,
    );
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
