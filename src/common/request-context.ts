import { AsyncLocalStorage } from 'node:async_hooks';

/** What holds for the whole of one HTTP request, without being passed through every method. */
export interface RequestContext {
  /** Goes out as `X-Request-Id` and stands in every log line of the request. */
  readonly requestId: string;
  /** Scheme and host that hyperlinks in the answer start with, without a last slash. */
  readonly baseUrl: string;
  /** Aborts when the client goes away. */
  readonly signal: AbortSignal;
  /** What it asks for, without the object: requests for one collection use the same tables. */
  readonly collection: string;
  /** Key of the caller, once known: whose turn it is when calls to ArrowSphere wait. */
  caller?: string;
}

const storage = new AsyncLocalStorage<RequestContext>();

/** The context of the request being served, or `undefined` in jobs and at start. */
export function currentRequest(): RequestContext | undefined {
  return storage.getStore();
}

/** Aborts when the client of the request being served goes away; never where there is none. */
export function requestSignal(): AbortSignal {
  return storage.getStore()?.signal ?? new AbortController().signal;
}

/** Runs `work` as part of a request. */
export function runInRequest<T>(context: RequestContext, work: () => T): T {
  return storage.run(context, work);
}
