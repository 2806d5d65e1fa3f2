import { AppError, InvalidFieldsError, appError } from '../common/app.error.js';
import { notFoundError } from '../common/http-errors.js';

export class UserNotFoundError extends notFoundError('User', 'user_not_found') {}

export class PersonalAccessTokenNotFoundError extends notFoundError(
  'PersonalAccessToken',
  'personal_access_token_not_found',
) {}

export class CustomerNotFoundError extends notFoundError('Customer', 'customer_not_found') {}

export class ProjectNotFoundError extends notFoundError('Project', 'project_not_found') {}

export class OfferingNotFoundError extends notFoundError('Offering', 'offering_not_found') {}

export class PlanNotFoundError extends notFoundError('Plan', 'plan_not_found') {}

export class ResourceNotFoundError extends notFoundError('Resource', 'resource_not_found') {}

export class OrderNotFoundError extends notFoundError('Order', 'order_not_found') {}

/** It is Waldur's, and is made, changed and deleted there (409). */
export class OwnedByWaldurError extends appError(
  'conflict',
  'owned_by_waldur',
  /** `what`: plural. `url`: where Waldur is. */
  (what: string, url: string) =>
    `Here ${what} are copies of Waldur's. Do it in Waldur, at ${url}: it shows here after the next reading.`,
) {}

/** A user of that name exists. */
export class UsernameTakenError extends AppError {
  readonly kind = 'fields';
  readonly code = 'username_taken';
  override readonly fields = { username: ['A user with that username already exists.'] };
}

/** There would be no active staff user any more: nobody could make anybody staff again. */
export class LastStaffUserError extends appError(
  'conflict',
  'last_staff_user',
  'This is the last active staff user. Make another active user staff first.',
) {}

/** The token of the environment is somebody else's: nobody could tell the two apart. */
export class TokenTakenError extends appError(
  'conflict',
  'token_taken',
  'STAFF_TOKEN is the token of another user already: choose another one.',
) {}

/** The user has a token of that name. */
export class TokenNameTakenError extends InvalidFieldsError {
  override readonly code = 'token_name_taken';

  constructor() {
    super({ name: ['The user has a token of that name already.'] });
  }
}

/** The token would never open anything. */
export class TokenExpiresInThePastError extends InvalidFieldsError {
  override readonly code = 'token_expires_in_the_past';

  constructor() {
    super({ expires_at: ['Must be in the future.'] });
  }
}

/** The password would be guessed. */
export class UnfitPasswordError extends InvalidFieldsError {
  override readonly code = 'unfit_password';

  constructor(sentences: string[]) {
    super({ new_password: sentences });
  }
}

/** So many log in at once that one more would only wait (429). */
export class LoginsBusyError extends appError(
  'too-many',
  'logins_busy',
  'Too many logins are waiting for their turn. Try again in a few seconds.',
) {}

/** One address asks for the owners of so many tokens that are nobody's that it has to wait (429). */
export class TooManyUnknownTokensError extends AppError {
  readonly kind = 'too-many';
  readonly code = 'too_many_unknown_tokens';
  override readonly retryAfterSeconds = 60;

  constructor() {
    super('Too many unknown tokens came from this address. Try again in a minute.');
  }
}

/** The plan is another offering's. */
export class PlanOfAnotherOfferingError extends AppError {
  readonly kind = 'fields';
  readonly code = 'plan_of_another_offering';
  override readonly fields = { plan: ['Plan must belong to the selected offering.'] };
}

/** The licence is linked to another live resource already. `field` is the one of the request that would have put it here. */
export class LicenseOnAnotherResourceError extends AppError {
  readonly kind = 'fields';
  readonly code = 'license_on_another_resource';
  override readonly fields;

  constructor(field: string, license: string, holder?: { readonly uuid: string; readonly name: string }) {
    const sentence = heldBy(license, holder);
    super(sentence, { uuids: holder && [holder.uuid] });
    this.fields = { [field]: [sentence] };
  }
}

/** The sentence that says where a licence is; the holder may be gone by the time it is looked for. */
export function heldBy(license: string, holder?: { readonly uuid: string; readonly name: string }): string {
  return `License ${license} is already linked to ${holder ? `the resource "${holder.name}" (${holder.uuid})` : 'another resource'}.`;
}
