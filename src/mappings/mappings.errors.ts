import { AppError, appError } from '../common/app.error.js';
import { notFoundError } from '../common/http-errors.js';

export class CustomerMappingNotFoundError extends notFoundError('ArrowCustomerMapping', 'customer_mapping_not_found') {}

/** The ArrowSphere customer has a mapping under these settings already, active or not. */
export class ArrowCustomerAlreadyMappedError extends AppError {
  readonly kind = 'fields';
  readonly code = 'arrow_customer_already_mapped';
  override readonly fields = { non_field_errors: ['The fields arrow_reference, settings must make a unique set.'] };
}

/** While auto-mapping asked ArrowSphere, an organisation of its plan or the account was deleted. Nothing was written. */
export class AutoMapPlanOutdatedError extends appError(
  'conflict',
  'auto_map_plan_outdated',
  'An organisation of the plan, or the settings, were deleted meanwhile. Nothing was mapped; run it again.',
) {}

/** The organisation was deleted while it was being mapped. */
export class OrganisationGoneError extends appError(
  'conflict',
  'organisation_gone',
  'An organisation was deleted meanwhile. Look again and repeat.',
) {}

export class VendorOfferingMappingNotFoundError extends notFoundError(
  'ArrowVendorOfferingMapping',
  'vendor_offering_mapping_not_found',
) {}

/** The vendor has a mapping under these settings already, active or not. */
export class ArrowVendorAlreadyMappedError extends AppError {
  readonly kind = 'fields';
  readonly code = 'arrow_vendor_already_mapped';
  override readonly fields = { non_field_errors: ['The fields settings, arrow_vendor_name must make a unique set.'] };
}

/** Waldur's own Arrow plugin has nothing to take over. */
export class NoArrowAccountInWaldurError extends appError(
  'invalid',
  'no_arrow_account_in_waldur',
  'Waldur has no Arrow settings of its own, or WALDUR_URL leads back here: it has to be the address of Waldur itself.',
) {}
