/**
 * What went wrong, in the words of whoever has to act on it. The error filter maps each kind to one HTTP status.
 *
 * - `invalid`: the request cannot be done as asked (400)
 * - `fields`: one or more fields are wrong; {@link AppError.fields} says which (400)
 * - `forbidden`: the caller may not (403)
 * - `not-found`: a thing named in the request is not there (404)
 * - `no-such-object`: the object or page at the address itself is not there (404, `detail` only)
 * - `conflict`: something else stands in the way (409)
 * - `upstream`: ArrowSphere failed and the request was not at fault (400, as Waldur answers it)
 * - `too-many`: too many such requests at once; try again (429)
 * - `overloaded`: too much is waiting already; try again (503)
 */
export type AppErrorKind =
  | 'invalid'
  | 'fields'
  | 'forbidden'
  | 'not-found'
  | 'no-such-object'
  | 'conflict'
  | 'upstream'
  | 'too-many'
  | 'overloaded';

/** Field name → sentences, or a nested tree of them, as Waldur's clients expect it. */
export type FieldErrors = { [field: string]: string[] | FieldErrors | FieldErrors[] };

/** Base of every named error. It knows nothing of HTTP, so jobs throw the same ones as controllers do. */
export abstract class AppError extends Error {
  abstract readonly kind: AppErrorKind;

  /** Snake case, stable once published: clients and log searches rely on it. */
  abstract readonly code: string;

  /** UUIDs of ours that the sentence names: answers have them as the application writes UUIDs. */
  readonly uuids: readonly string[];

  constructor(message?: string, options: ErrorOptions & { readonly uuids?: readonly string[] } = {}) {
    super(message, options);
    this.uuids = options.uuids ?? [];
  }

  /** The tree of wrong fields, for `kind: 'fields'`. */
  readonly fields?: FieldErrors;

  override get name(): string {
    return this.constructor.name;
  }

  /** After how many seconds trying again helps, where that is known; for `too-many` and `overloaded`. */
  readonly retryAfterSeconds?: number;

  /** What is told of it where nobody can be asked back: on a job, a statement. */
  get sentence(): string {
    return this.message;
  }
}

/**
 * A named {@link AppError} of one sentence, which may say what it is about:
 * `class JobFinishedError extends appError('conflict', 'job_finished', (state: string) => `It has ended: ${state}.`) {}`.
 */
export function appError<About extends readonly unknown[] = []>(
  kind: AppErrorKind,
  code: string,
  sentence: string | ((...about: About) => string),
) {
  return class extends AppError {
    readonly kind = kind;
    readonly code = code;

    constructor(...about: About) {
      super(typeof sentence === 'string' ? sentence : sentence(...about));
    }
  };
}

/** One or more fields of the request are wrong. */
export class InvalidFieldsError extends AppError {
  readonly kind = 'fields';
  readonly code: string = 'invalid_fields';

  constructor(override readonly fields: FieldErrors) {
    super(Object.keys(fields).join(', '));
  }
}
