import type { TransportAnswer } from '../http-client/http-transport.js';
import { parseExactJson } from '../http-client/exact-json.js';
import { shortened } from '../http-client/sentences.js';
import { FailedAttempt, PASSING_STATUS, retryAfter } from '../http-client/upstream.js';
import {
  WaldurMalformedAnswerError,
  WaldurNotAllowedError,
  WaldurNotFoundError,
  WaldurRefusedError,
  WaldurTokenRejectedError,
  WaldurUnavailableError,
} from './waldur-gateway.errors.js';

/** What a request is called in sentences. */
export interface WaldurQuestion {
  /** After "to": `list the projects`. */
  readonly toDo: string;
  /** What the answer holds: `projects`. */
  readonly content: string;
}

/** The JSON of a good answer. Throws {@link FailedAttempt}. `now`: milliseconds since 1970. */
export function bodyOf(question: WaldurQuestion, answer: TransportAnswer, now: number): unknown {
  const { status, text, headers } = answer;
  if (status < 200 || status >= 300) throw failure(question, answer, now);
  try {
    return parseExactJson(text);
  } catch {
    const start = text.trimStart()[0];
    if (start === '<' || /html/i.test(headers['content-type'] ?? ''))
      // Waldur's own web site answers every address that it does not know.
      throw malformed(question, 'it is a web page, not JSON: WALDUR_URL has to be where /api/ is', false);
    throw malformed(question, start === undefined ? 'it is empty' : 'it is not JSON, or cut short', true);
  }
}

export function malformed({ content }: WaldurQuestion, why: string, passing = false): FailedAttempt {
  return new FailedAttempt(new WaldurMalformedAnswerError(content, why), { passing });
}

function failure(question: WaldurQuestion, answer: TransportAnswer, now: number): FailedAttempt {
  const { status, headers } = answer;
  const refused = (error: FailedAttempt['error']) => new FailedAttempt(error, { passing: false });
  if (status === 401) return refused(new WaldurTokenRejectedError());
  if (status === 403) return refused(new WaldurNotAllowedError(question.toDo));
  if (status === 404) return refused(new WaldurNotFoundError(question.content));
  if (status >= 300 && status < 400) {
    const where = shortened(headers['location'] ?? '', 200);
    return malformed(question, `it sends us to ${where || 'another address'}, which is not followed`);
  }
  const retryAfterMs = retryAfter(headers['retry-after'], now);
  if (status === 429) {
    const error = new WaldurUnavailableError('Waldur is limiting our calls and did not stop doing so in time.');
    return new FailedAttempt(error, { passing: true, throttled: true, retryAfterMs });
  }
  if (status >= 500) {
    const error = new WaldurUnavailableError(`Waldur failed to ${question.toDo} (status ${status}).`);
    return new FailedAttempt(error, { passing: PASSING_STATUS.includes(status), unwell: true, retryAfterMs });
  }
  return refused(new WaldurRefusedError(question.toDo, saidIn(answer.text)));
}

/** Waldur's own words of a refusal, in one short line. */
function saidIn(text: string): string {
  try {
    const { detail } = JSON.parse(text) as { detail?: unknown };
    return shortened(typeof detail === 'string' ? detail : text, 300);
  } catch {
    return '';
  }
}
