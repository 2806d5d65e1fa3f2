import { AppError, appError } from '../common/app.error.js';
import { notFoundError } from '../common/http-errors.js';

export class SettingsNotFoundError extends notFoundError('ArrowSettings', 'settings_not_found') {}

/** An action needs the active account and there is none. */
export class NoActiveSettingsError extends appError(
  'invalid',
  'no_active_settings',
  (how: 'configured' | 'found' = 'configured') => `No active Arrow settings ${how}`,
) {}

/** An action named an account that is not there, or none and none is active. */
export class SettingsMissingError extends appError('invalid', 'settings_missing', 'No Arrow settings found') {}

/** ArrowSphere does not take the key that is to be saved. */
export class ApiKeyRefusedError extends AppError {
  readonly kind = 'fields';
  readonly code = 'api_key_refused';
  override readonly fields;

  constructor(sentence: string) {
    super(sentence);
    this.fields = { api_key: [sentence] };
  }
}

/** A stored key must not travel to an address it was not given for. */
export class ApiKeyNeededForNewUrlError extends AppError {
  readonly kind = 'fields';
  readonly code = 'api_key_needed_for_new_url';
  override readonly fields = { api_key: ['Give the API key again: a stored key is not sent to a new address.'] };
}

/** The key belongs to another partner than the account, and mappings or bills of the account are that partner's. */
export class PartnerChangedError extends AppError {
  readonly kind = 'fields';
  readonly code = 'partner_changed';
  override readonly fields;

  constructor(before: string, after: string) {
    const sentence =
      `This API key belongs to ${after}, and the account to ${before}. ` +
      'Its mappings and bills stay with their partner: add an account for the other one.';
    super(sentence);
    this.fields = { api_key: [sentence] };
  }
}

/** The key was saved while ArrowSphere could not be asked about it, and is not that of the account's partner. */
export class KeyOfAnotherPartnerError extends appError(
  'invalid',
  'key_of_another_partner',
  (owner: string, partner: string) =>
    `The API key of this account belongs to ${owner}, and the account to ${partner}. Nothing was written: save a key of ${partner}.`,
) {}

/** The UUID that an account is to have here is that of another partner's. */
export class AccountOfAnotherPartnerError extends appError(
  'conflict',
  'account_of_another_partner',
  'The account with this UUID is here already, and belongs to another partner. Nothing was written.',
) {}

/** The stored key cannot be decrypted: `SECRET_KEY` is not the one it was stored with. */
export class ApiKeyUnreadableError extends appError(
  'invalid',
  'api_key_unreadable',
  'The stored API key cannot be decrypted: SECRET_KEY has changed. Save the API key again.',
) {}

/** The service must not start with this key, or without one. */
export class SecretKeyError extends Error {
  constructor(what: string) {
    super(
      `${what} The stored ArrowSphere API keys cannot be decrypted without the key they were saved with: bring it back. ` +
        'If it is lost for good, start once with SECRET_KEY_REPLACED=true and save the API keys again.',
    );
    this.name = 'SecretKeyError';
  }
}

/** The key was rotated while this process ran: what it would store, the others could not read for long. */
export class SecretKeyOutdatedError extends appError(
  'conflict',
  'secret_key_outdated',
  'API keys are stored under another SECRET_KEY than this instance was started with: start it again with the settings of the others.',
) {}

/** There is nothing to rotate away from. */
export class PreviousKeyMissingError extends appError(
  'invalid',
  'previous_key_missing',
  'Set SECRET_KEY_PREVIOUS to what SECRET_KEY is, SECRET_KEY to a new key, and restart every instance first.',
) {}

/** The instance that got the job has other keys than the one that it was asked of. */
export class OtherSecretKeyError extends appError(
  'conflict',
  'other_secret_key',
  (asked: string, own: string, worker: string) =>
    `The rotation to the key ${asked} came to ${worker}, whose SECRET_KEY is ${own}: restart every instance with the same keys, and rotate again.`,
) {}
