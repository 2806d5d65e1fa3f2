import {
  ArrowCredentialsRejectedError,
  type ArrowErrorDetails,
  ArrowMalformedAnswerError,
  ArrowNotAllowedError,
  ArrowNotFoundError,
  ArrowRefusedError,
  ArrowUnavailableError,
} from './arrow-gateway.errors.js';
import { AnswerFault } from './answers.js';
import type { TransportAnswer } from '../http-client/http-transport.js';
import { FailedAttempt, PASSING_STATUS, retryAfter } from '../http-client/upstream.js';
import { parseExactJson } from '../http-client/exact-json.js';
import { shortened } from '../http-client/sentences.js';

/** What a request is called in sentences, and how its answer is read. */
export interface ArrowQuestion<T> {
  /** After "to": `list the customers`. */
  readonly toDo: string;
  /** What the answer holds: `customers`. */
  readonly content: string;
  /** What is not there on a 404: `the customer XSP1`. Default: nothing at all is there. */
  readonly thing?: string;
  /** The key that a good answer has; ArrowSphere sometimes leaves it out. Default: `data`. */
  readonly promises?: 'data' | 'results';
  /** The answer in our words. Throws {@link AnswerFault}. */
  read(answer: unknown): T;
}

/** Turns an answer into its value, or throws {@link FailedAttempt}. `secret` is blotted out of ArrowSphere's sentences. */
export function readAnswer<T>(question: ArrowQuestion<T>, answer: TransportAnswer, secret: string, now: number): T {
  const body = parseBody(answer.text);
  const status = effectiveStatus(answer.status, body.value);
  const details = detailsOf(body.value, status, secret);
  if (status < 200 || status >= 300) throw failure(question, status, answer, body.value, details, now);
  try {
    if (body.fault) throw body.fault;
    if (missing(body.value, question.promises ?? 'data'))
      throw new AnswerFault(`it has no ${question.promises ?? 'data'}`, true);
    return question.read(body.value);
  } catch (fault) {
    if (!(fault instanceof AnswerFault)) throw fault;
    throw new FailedAttempt(new ArrowMalformedAnswerError(question.content, fault.message, details), {
      passing: fault.passing,
    });
  }
}

function parseBody(text: string): { value?: unknown; fault?: AnswerFault } {
  try {
    return { value: parseExactJson(text) };
  } catch {
    const start = text.trimStart()[0];
    // A page of HTML is what the wrong address or a maintenance page gives; broken JSON is an accident of the moment.
    if (start === undefined) return { fault: new AnswerFault('it is empty', true) };
    if (start === '<') return { fault: new AnswerFault('it is a web page, not JSON') };
    return { fault: new AnswerFault('it is not JSON, or cut short', start === '{' || start === '[') };
  }
}

function failure(
  question: ArrowQuestion<unknown>,
  status: number,
  answer: TransportAnswer,
  body: unknown,
  details: ArrowErrorDetails,
  now: number,
): FailedAttempt {
  if (status === 401) return new FailedAttempt(new ArrowCredentialsRejectedError(details), { passing: false });
  if (status === 403) return new FailedAttempt(new ArrowNotAllowedError(question.toDo, details), { passing: false });
  if (status === 404)
    return new FailedAttempt(
      new ArrowNotFoundError(question.thing ?? 'anything at this address: check the API URL', details),
      { passing: false },
    );
  if (status >= 300 && status < 400) {
    const error = new ArrowMalformedAnswerError(
      question.content,
      'it sends us to another address, which is not followed',
      details,
    );
    return new FailedAttempt(error, { passing: false });
  }
  const retryAfterMs = retryAfter(answer.headers['retry-after'], now);
  if (status === 429) {
    const error = new ArrowUnavailableError(
      'ArrowSphere is limiting our calls and did not stop doing so in time.',
      undefined,
      details,
    );
    return new FailedAttempt(error, { passing: true, throttled: true, retryAfterMs });
  }
  if (status >= 500) {
    const said = details.arrowMessage ? `: ${details.arrowMessage}` : '';
    return new FailedAttempt(
      new ArrowUnavailableError(
        `ArrowSphere failed to ${question.toDo} (status ${status})${said}.`.replace(/\.\.$/, '.'),
        undefined,
        details,
      ),
      {
        passing: PASSING_STATUS.includes(status),
        // A 500 in ArrowSphere's own words is about this one thing; any other is about ArrowSphere.
        unwell: status !== 500 || !isArrowError(body),
        retryAfterMs,
      },
    );
  }
  return new FailedAttempt(new ArrowRefusedError(question.toDo, details), { passing: false });
}

/**
 * The status of an answer. Envelopes may say error under HTTP 200, with data or without: by `status` or `code` of 400 and
 * above, `success: false`, or an `error`. Only the envelope is looked at: data may have keys of these names.
 */
function effectiveStatus(status: number, body: unknown): number {
  if (status < 200 || status >= 300 || !isObject(body)) return status;
  const error = errorIn(body);
  const said = [body['status'], body['code'], error?.['status'], error?.['code']].map(Number);
  const failed = said.find((code) => code >= 400);
  // A code of ArrowSphere's own, beyond those of HTTP, says only that it refused.
  if (failed !== undefined) return failed < 600 ? failed : REFUSED;
  return error || saysFalse(body['success']) || saysFalse(body['status']) ? REFUSED : status;
}

const REFUSED = 400;

function saysFalse(value: unknown): boolean {
  return value === false || (typeof value === 'string' && /^(false|fail(ed|ure)?|error)$/i.test(value.trim()));
}

/** What the envelope gives as its error, as an object; `undefined` where it gives none, or one that is empty. */
function errorIn(body: Record<string, unknown>): Record<string, unknown> | undefined {
  const error = [body['error'], body['errors']].find(isGiven);
  const first: unknown = Array.isArray(error) ? error.find(isGiven) : error;
  if (first === undefined) return undefined;
  return isObject(first) ? first : { message: first };
}

function isGiven(value: unknown): boolean {
  if (typeof value === 'string') return value.trim() !== '';
  if (Array.isArray(value)) return value.some(isGiven);
  return isObject(value) ? Object.keys(value).length > 0 : Boolean(value);
}

function missing(body: unknown, key: string): boolean {
  return !isObject(body) || body[key] === undefined || body[key] === null;
}

function isArrowError(body: unknown): boolean {
  return (
    isObject(body) && ['error', 'errors', 'errorCode', 'messages', 'message'].some((key) => body[key] !== undefined)
  );
}

function detailsOf(body: unknown, httpStatus: number, secret: string): ArrowErrorDetails {
  if (!isObject(body)) return { httpStatus };
  const say = (value: unknown, length: number): string | undefined => {
    const said = Array.isArray(value) ? value.filter((one) => typeof one === 'string').join(' ') : value;
    if (typeof said !== 'string' && typeof said !== 'number') return undefined;
    return shortened(withoutSecret(String(said), secret), length) || undefined;
  };
  return {
    httpStatus,
    arrowMessage: [body['messages'], body['message'], errorIn(body)?.['message']]
      .map((said) => say(said, 300))
      // Billing says "success" in every envelope.
      .find((said) => said !== undefined && !/^(success|ok)$/i.test(said)),
    errorCode: say(body['errorCode'], 100),
    correlationId: say(body['correlationId'], 100),
  };
}

function withoutSecret(text: string, secret: string): string {
  return secret.length >= 4 ? text.replaceAll(secret, '…') : text;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
