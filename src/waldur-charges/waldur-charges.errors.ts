import { AppError } from '../common/app.error.js';
import { notFoundError } from '../common/http-errors.js';

export class PushedItemNotFoundError extends notFoundError('PushedItem', 'pushed_item_not_found') {}

/** Charges stay here (400). */
export class ChargesNotPushedError extends AppError {
  readonly kind = 'invalid';
  readonly code = 'charges_not_pushed';

  constructor() {
    super('WALDUR_PUSH_CHARGES is not set: charges stay here, and nothing is put on invoices of Waldur.');
  }
}
