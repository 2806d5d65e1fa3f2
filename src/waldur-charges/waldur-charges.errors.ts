import { appError } from '../common/app.error.js';
import { notFoundError } from '../common/http-errors.js';

export class PushedItemNotFoundError extends notFoundError('PushedItem', 'pushed_item_not_found') {}

/** Charges stay here (400). */
export class ChargesNotPushedError extends appError(
  'invalid',
  'charges_not_pushed',
  'WALDUR_PUSH_CHARGES is not set: charges stay here, and nothing is put on invoices of Waldur.',
) {}
