import type { TransportAnswer } from '../http-client/http-transport.js';
import type { UpstreamRequest } from '../http-client/upstream-client.js';
import { bodyOf, readRow, readRows, type WaldurQuestion } from './waldur-answer.js';

/** What is made of an answer. Throws `FailedAttempt`. `now`: milliseconds since 1970. */
export type ReadAnswer<T> = (question: WaldurQuestion, answer: TransportAnswer, now: number) => T;

interface RequestParts extends Pick<UpstreamRequest<unknown>, 'headers' | 'query' | 'body' | 'slow' | 'once'> {
  /** What `{uuid}` of the endpoint stands for. */
  readonly uuid?: string;
}

/** A request of Waldur. `endpoint`: below `/api/`, `GET customers/{uuid}/`. */
export function requestOf<T>(
  endpoint: `${UpstreamRequest<T>['method']} ${string}`,
  question: WaldurQuestion,
  read: ReadAnswer<T>,
  { uuid = '', ...more }: RequestParts,
): UpstreamRequest<T> {
  const [method, path] = endpoint.split(' ') as [UpstreamRequest<T>['method'], string];
  return {
    ...question,
    ...more,
    endpoint,
    method,
    path: `api/${path.replace('{uuid}', uuid)}`,
    read: (answer, now) => read(question, answer, now),
  };
}

/** An answer that is one object. */
export const object =
  <T>(read: (body: unknown) => T): ReadAnswer<T> =>
  (question, answer, now) =>
    readRow(question, bodyOf(question, answer, now), read);

/** An answer that is a list. */
export const list =
  <T>(read: (row: unknown) => T): ReadAnswer<T[]> =>
  (question, answer, now) =>
    readRows(question, answer, now, read);
