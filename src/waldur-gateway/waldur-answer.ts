import { z } from 'zod';
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
  assertGood(question, answer, now);
  const { text } = answer;
  try {
    return parseExactJson(text);
  } catch {
    if (isWebPage(answer)) throw malformed(question, WEB_PAGE);
    throw malformed(question, text.trim() ? 'it is not JSON, or cut short' : 'it is empty', true);
  }
}

/** The status alone, 2xx. Throws {@link FailedAttempt}. `now`: milliseconds since 1970. */
export function assertGood(question: WaldurQuestion, answer: TransportAnswer, now: number): void {
  if (answer.status < 200 || answer.status >= 300) throw failure(question, answer, now);
}

/** A row in our words. Throws {@link FailedAttempt} that names the field which cannot be read. */
export function readRow<Row>(question: WaldurQuestion, row: unknown, read: (row: unknown) => Row): Row {
  try {
    return read(row);
  } catch (error) {
    if (!(error instanceof z.ZodError)) throw error;
    const [{ path, message } = { path: [], message: '' }] = error.issues;
    throw malformed(question, `${path.join('.') || 'a row'}: ${message}`);
  }
}

const ROWS = z.array(z.unknown());

/** The rows of a list's page. Throws as {@link bodyOf} and {@link readRow}. */
export function readRows<Row>(
  question: WaldurQuestion,
  answer: TransportAnswer,
  now: number,
  read: (row: unknown) => Row,
): Row[] {
  const rows = ROWS.safeParse(bodyOf(question, answer, now));
  if (!rows.success) throw malformed(question, 'it is no list');
  return rows.data.map((row) => readRow(question, row, read));
}

/** Waldur's own web site answers every address that it does not know. */
const WEB_PAGE = 'it is a web page, not JSON: WALDUR_URL has to be where /api/ is';
/** And Waldur itself those below `/api/` that it does not have. */
const NO_ADDRESS = `${WEB_PAGE}, and Waldur has to be recent enough to have that address`;

function isWebPage({ text, headers }: TransportAnswer): boolean {
  return text.trimStart().startsWith('<') || /html/i.test(headers['content-type'] ?? '');
}

export function malformed({ content }: WaldurQuestion, why: string, passing = false): FailedAttempt {
  return new FailedAttempt(new WaldurMalformedAnswerError(content, why), { passing });
}

/** Also for ever. */
const NOT_THERE = [404, 410];

function failure(question: WaldurQuestion, answer: TransportAnswer, now: number): FailedAttempt {
  const { status, headers } = answer;
  const refused = (error: FailedAttempt['error']) => new FailedAttempt(error, { passing: false });
  // Somebody before Waldur, or the wrong address: it says nothing of tokens and objects.
  if ([401, 403, ...NOT_THERE].includes(status) && isWebPage(answer))
    return malformed(question, NOT_THERE.includes(status) ? NO_ADDRESS : WEB_PAGE);
  if (status === 401) return refused(new WaldurTokenRejectedError());
  if (status === 403) return refused(new WaldurNotAllowedError(question.toDo));
  if (NOT_THERE.includes(status)) return refused(new WaldurNotFoundError(question.content));
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
