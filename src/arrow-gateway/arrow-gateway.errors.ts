import { AppError, type AppErrorKind } from '../common/app.error.js';

/** What ArrowSphere itself said about a failure; safe to show and to log. */
export interface ArrowErrorDetails {
  /** ArrowSphere's own sentence, shortened to 300 characters. */
  readonly arrowMessage?: string;
  readonly errorCode?: string;
  readonly correlationId?: string;
  /** Of HTTP; of the body where it says error under an HTTP status of success. */
  readonly httpStatus?: number;
}

/** Base of everything that can go wrong between us and ArrowSphere. */
export abstract class ArrowError extends AppError {
  readonly kind: AppErrorKind = 'upstream';

  constructor(
    message: string,
    readonly details: ArrowErrorDetails = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
  }

  /** With what ArrowSphere itself said. */
  override get sentence(): string {
    const { arrowMessage } = this.details;
    return !arrowMessage || this.message.includes(arrowMessage)
      ? this.message
      : `${this.message} ArrowSphere said: ${arrowMessage}`;
  }
}

/** ArrowSphere does not know the API key (401, or a body that says so). */
export class ArrowCredentialsRejectedError extends ArrowError {
  readonly code = 'arrow_credentials_rejected';

  constructor(details?: ArrowErrorDetails) {
    super('ArrowSphere rejected the API key. Check the key in the ArrowSphere portal under API > API Keys.', details);
  }
}

/** The key is good but lacks the right (403). */
export class ArrowNotAllowedError extends ArrowError {
  readonly code = 'arrow_not_allowed';

  constructor(what: string, details?: ArrowErrorDetails) {
    super(`ArrowSphere does not allow this API key to ${what}.`, details);
  }
}

/** ArrowSphere does not have the thing asked for (404). */
export class ArrowNotFoundError extends ArrowError {
  readonly code = 'arrow_not_found';

  constructor(what: string, details?: ArrowErrorDetails) {
    super(`ArrowSphere does not have ${what}.`, details);
  }
}

/** ArrowSphere understood the request and refused it (any other 4xx, or a 200 whose body says so). */
export class ArrowRefusedError extends ArrowError {
  readonly code = 'arrow_refused';

  constructor(what: string, details: ArrowErrorDetails = {}) {
    super(`ArrowSphere refused to ${what}${details.arrowMessage ? `: ${details.arrowMessage}` : '.'}`, details);
  }
}

/** No connection, or a 5xx that lasted through all retries, or the circuit breaker is open. */
export class ArrowUnavailableError extends ArrowError {
  readonly code = 'arrow_unavailable';

  constructor(
    message: string,
    /** When the circuit breaker lets the next call through, if it is what refused (UTC). */
    readonly nextTryAt?: Date,
    details?: ArrowErrorDetails,
  ) {
    super(message, details);
  }
}

/** No complete answer within the time allowed. */
export class ArrowTimedOutError extends ArrowError {
  readonly code = 'arrow_timed_out';

  constructor(what: string, milliseconds: number) {
    super(`ArrowSphere did not ${what} within ${Math.round(milliseconds / 100) / 10} s.`);
  }
}

/** An answer that is not what ArrowSphere promises: not JSON, or not of the expected shape. */
export class ArrowMalformedAnswerError extends ArrowError {
  readonly code = 'arrow_malformed_answer';

  constructor(what: string, why: string, details?: ArrowErrorDetails) {
    super(`ArrowSphere gave an answer that cannot be read (${what}): ${why}.`, details);
  }
}

/** A list that could not be proven complete: a page repeated or missing, totals that changed, or the cap was met. */
export class ArrowIncompleteAnswerError extends ArrowError {
  readonly code: string = 'arrow_incomplete_answer';

  constructor(what: string, why: string) {
    super(`The list of ${what} from ArrowSphere is not complete: ${why}. Nothing was used of it.`);
  }
}

/** The rows of an export seem to have moved on while it was paged: a row of one page came again at the top of the next. */
export class ArrowExportShiftedError extends ArrowIncompleteAnswerError {
  override readonly code = 'arrow_export_shifted';

  constructor(
    what: string,
    /** The page that begins with a row of the page before it. */
    readonly page: number,
    /** Of that row. The same page and hash when the export is read again: its rows do stand there twice. */
    readonly rowHash: string,
  ) {
    super(what, `page ${page} begins with a row of page ${page - 1}, so that a line may come twice`);
  }
}

/** Too many calls to this account are waiting already. */
export class ArrowQueueFullError extends ArrowError {
  override readonly kind: AppErrorKind = 'overloaded';
  readonly code = 'arrow_queue_full';

  constructor(waiting: number) {
    super(`${waiting} calls to ArrowSphere are waiting already. Try again in a minute.`);
  }
}

/** The caller went away or stopped the work. */
export class ArrowCallCancelledError extends ArrowError {
  readonly code = 'arrow_call_cancelled';

  constructor() {
    super('The call to ArrowSphere was cancelled.');
  }
}

/** The account's address may not be called: not https, or it leads (now) to an address that is not public. */
export class ArrowAddressNotAllowedError extends ArrowError {
  override readonly kind: AppErrorKind = 'invalid';
  readonly code = 'arrow_address_not_allowed';

  constructor(why: string) {
    super(`The ArrowSphere address of this account may not be called. ${why}`);
  }
}

/** A reference that cannot be part of an ArrowSphere address: empty, `.`, `..`, too long or not text. */
export class ArrowReferenceNotUsableError extends ArrowError {
  override readonly kind: AppErrorKind = 'invalid';
  readonly code = 'arrow_reference_not_usable';

  constructor(what: string, why: string) {
    super(`This ${what} cannot be asked of ArrowSphere: ${why}.`);
  }
}
