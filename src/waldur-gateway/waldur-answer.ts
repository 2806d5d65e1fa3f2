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
  const { status, text } = answer;
  if (status < 200 || status >= 300) throw failure(question, answer, now);
  try {
    return parseExactJson(text);
  } catch {
    if (isWebPage(answer)) throw malformed(question, WEB_PAGE);
    throw malformed(question, text.trim() ? 'it is not JSON, or cut short' : 'it is empty', true);
  }
}

/** Waldur's own web site answers every address that it does not know. */
const WEB_PAGE = 'it is a web page, not JSON: WALDUR_URL has to be where /api/ is';

function isWebPage({ text, headers }: TransportAnswer): boolean {
  return text.trimStart().startsWith('<') || /html/i.test(headers['content-type'] ?? '');
}

export function malformed({ content }: WaldurQuestion, why: string, passing = false): FailedAttempt {
  return new FailedAttempt(new WaldurMalformedAnswerError(content, why), { passing });
}

function failure(question: WaldurQuestion, answer: TransportAnswer, now: number): FailedAttempt {
  const { status, headers } = answer;
  const refused = (error: FailedAttempt['error']) => new FailedAttempt(error, { passing: false });
  // Somebody before Waldur, or the wrong address: it says nothing of tokens and objects.
  if ([401, 403, 404].includes(status) && isWebPage(answer)) return malformed(question, WEB_PAGE);
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
