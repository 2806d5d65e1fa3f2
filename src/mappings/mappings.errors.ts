import { AppError } from '../common/app.error.js';
import { ObjectNotFoundError } from '../common/http-errors.js';

export class CustomerMappingNotFoundError extends ObjectNotFoundError {
  override readonly code = 'customer_mapping_not_found';
  constructor() {
    super('ArrowCustomerMapping');
  }
}

/** The ArrowSphere customer has a mapping under these settings already, active or not. */
export class ArrowCustomerAlreadyMappedError extends AppError {
  readonly kind = 'fields';
  readonly code = 'arrow_customer_already_mapped';
  override readonly fields = { non_field_errors: ['The fields arrow_reference, settings must make a unique set.'] };
}
