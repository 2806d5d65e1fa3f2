import { setMaxListeners } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import type { AppError } from '../common/app.error.js';
import type { AttemptEnd } from './circuit-breaker.js';
import type { CallRecord, CallRecorder } from './call-recorder.js';
import type { GatewayTimer } from './gateway-timer.js';
import { type HttpTransport, type TransportAnswer, TransportError } from './http-transport.js';
import { FailedAttempt, type Upstream } from './upstream.js';
import type { UpstreamState } from './upstream-state.js';

/** One request; a read, which may be sent again, unless it says otherwise. */
export interface UpstreamRequest<T> {
  /** After "to": `list the customers`. */
  readonly toDo: string;
  /** What the answer holds: `customers`. */
  readonly content: string;
  /** Name in logs and metrics, without references: `GET customers/{ref}`. */
  readonly endpoint: string;
  readonly method: 'GET' | 'POST';
  /** Below the base URL, its parts encoded. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | readonly string[]>>;
  /** Who asks. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** Slow by nature: an attempt may take all of the call's time. */
  readonly slow?: boolean;
  /** It changes something: never sent a second time. */
  readonly once?: boolean;
  /** The answer in our words. Throws {@link FailedAttempt}. `now`: milliseconds since 1970. */
  read(answer: TransportAnswer, now: number): T;
}

export interface UpstreamCallOptions {
  /** Aborting ends the call. */
  readonly signal?: AbortSignal;
  /** Whose turn it is: calls of one lane wait behind each other. */
  readonly lane?: string;
}

/** Times in milliseconds. */
export interface UpstreamLimits {
  /** Of one call: its waiting, its attempts and its back-off together. */
  readonly timeoutMs: number;
  readonly connectTimeoutMs: number;
  /** To a whole answer of one attempt of a quick endpoint. */
  readonly responseTimeoutMs: number;
  readonly maxRetries: number;
  /** Longest back-off of the first retry; doubles with each further one. */
  readonly backoffMs: number;
  readonly maxBackoffMs: number;
}

/** Who is asking, when nobody says: the request being served. */
export type CurrentCaller = () => UpstreamCallOptions;

const LONGEST_PAUSE_MS = 600_000;

/** Asks one thing: in turn, within the time, again where that may help, and gives a value or a named error. */
export class UpstreamClient {
  constructor(
    private readonly upstream: Upstream,
    private readonly transport: HttpTransport,
    private readonly options: UpstreamLimits,
    private readonly timer: GatewayTimer,
    private readonly recorder: CallRecorder,
    private readonly caller: CurrentCaller = () => ({}),
  ) {}

  /** Throws the errors of the {@link Upstream}, and those that `request.read` answers with. */
  async call<T>(state: UpstreamState, request: UpstreamRequest<T>, options: UpstreamCallOptions = {}): Promise<T> {
    const record = this.recorder.start(request.endpoint, state);
    const deadline = new Deadline(
      this.timer,
      this.upstream,
      this.options.timeoutMs,
      request.toDo,
      options.signal ?? this.caller().signal,
    );
    const lane = options.lane ?? this.caller().lane ?? 'background';
    try {
      state.breaker.check();
      const value = await this.tryUntilDone(state, request, { deadline, lane, record });
      record.succeeded();
      state.lastSuccessAt = new Date(this.timer.now());
      return value;
    } catch (thrown) {
      const error = deadline.reasonFor(thrown);
      record.failed(error);
      throw error;
    } finally {
      deadline.end();
    }
  }

  private async tryUntilDone<T>(state: UpstreamState, request: UpstreamRequest<T>, running: Running): Promise<T> {
    const { maxRetries, backoffMs: first, maxBackoffMs } = this.options;
    for (let retries = 0; ; retries++) {
      try {
        return await this.attempt(state, request, running);
      } catch (failed) {
        if (!(failed instanceof FailedAttempt)) throw failed;
        const backoffMs = Math.floor(Math.random() * Math.min(maxBackoffMs, first * 2 ** retries));
        this.slowDown(state, failed, backoffMs);
        if (request.once || !failed.how.passing || retries >= maxRetries) throw failed.error;
        await this.waitBefore(retries + 1, failed, backoffMs, running);
      }
    }
  }

  /** A pause that was asked for is kept by the whole account, so only our own back-off is waited for here. */
  private async waitBefore(
    attempt: number,
    last: FailedAttempt,
    backoffMs: number,
    { deadline, record }: Running,
  ): Promise<void> {
    const wait = last.how.retryAfterMs === undefined && !last.how.throttled ? backoffMs : 0;
    if (this.timer.now() + wait >= deadline.at) throw last.error;
    record.retried(attempt);
    if (wait > 0) await this.timer.sleep(wait, deadline.signal);
  }

  private slowDown({ gate }: UpstreamState, { how }: FailedAttempt, backoffMs: number): void {
    if (how.throttled) gate.slowDown();
    if (how.throttled || how.retryAfterMs !== undefined) {
      gate.pauseFor(Math.min(how.retryAfterMs ?? Math.max(backoffMs, this.options.backoffMs), LONGEST_PAUSE_MS));
    }
  }

  private async attempt<T>(state: UpstreamState, request: UpstreamRequest<T>, running: Running): Promise<T> {
    const { deadline, lane, record } = running;
    const release = await state.gate.acquire({ lane, signal: deadline.signal, deadlineAt: deadline.at });
    // A call that waited until its time was nearly over says nothing of the other side when it then times out.
    const hadTime = deadline.at - this.timer.now() >= this.options.connectTimeoutMs;
    let end: AttemptEnd = 'unknown';
    let ended: (end: AttemptEnd) => void = () => undefined;
    const patience = deadline.attempt(request.slow ? this.options.timeoutMs : this.options.responseTimeoutMs);
    try {
      ended = state.breaker.enter();
      record.sent();
      const answer = await this.transport.send({
        method: request.method,
        url: urlOf(state.baseUrl, request),
        headers: request.headers,
        body: request.body,
        signal: patience.signal,
      });
      record.answered(answer.status, answer.text.length);
      const date = Date.parse(answer.headers['date'] ?? '');
      if (date) state.clockSkewMs = date - this.timer.now();
      end = 'answered';
      // The next call is on its way while this answer is read; where it says to slow down, none is.
      if (answer.status < 300) {
        release();
        await setImmediate();
      }
      const value = request.read(answer, this.timer.now());
      state.gate.answered();
      return value;
    } catch (thrown) {
      const failed = this.failedAttempt(thrown, request, deadline, hadTime);
      if (failed?.how.unwell) end = 'failed';
      throw failed ?? thrown;
    } finally {
      patience.end();
      ended(end);
      release();
    }
  }

  private failedAttempt(
    thrown: unknown,
    { content }: UpstreamRequest<unknown>,
    deadline: Deadline,
    hadTime: boolean,
  ): FailedAttempt | undefined {
    if (thrown instanceof FailedAttempt) return thrown;
    if (deadline.isTimeOut(thrown)) return new FailedAttempt(thrown as AppError, { passing: true, unwell: hadTime });
    if (!(thrown instanceof TransportError)) return undefined;
    switch (thrown.fault) {
      case 'address':
        return new FailedAttempt(this.upstream.addressNotAllowed(thrown.message), { passing: false });
      case 'too-large':
        return new FailedAttempt(this.upstream.malformed(content, thrown.message), { passing: false });
      case 'certificate':
      case 'network': {
        const error = this.upstream.unavailable(`${this.upstream.name} cannot be reached: ${thrown.message}.`);
        return new FailedAttempt(error, { passing: thrown.fault === 'network', unwell: true });
      }
    }
  }
}

interface Running {
  readonly deadline: Deadline;
  readonly lane: string;
  readonly record: CallRecord;
}

/** The end of a call's time or the caller's going away, whichever comes first, as one signal with the error as reason. */
export class Deadline {
  readonly at: number;
  readonly signal: AbortSignal;
  private readonly controller = new AbortController();
  private readonly timeOuts = new Set<unknown>();
  private readonly cancelTimer: () => void;
  private readonly onCancel = (): void => this.controller.abort(this.upstream.cancelled());

  constructor(
    private readonly timer: GatewayTimer,
    private readonly upstream: Upstream,
    private readonly milliseconds: number,
    private readonly toDo: string,
    private readonly outer: AbortSignal | undefined,
  ) {
    this.at = timer.now() + milliseconds;
    this.signal = this.controller.signal;
    setMaxListeners(0, this.signal);
    this.cancelTimer = timer.after(milliseconds, () => this.controller.abort(this.timedOut(milliseconds)));
    if (!outer) return;
    setMaxListeners(0, outer);
    if (outer.aborted) this.onCancel();
    else outer.addEventListener('abort', this.onCancel, { once: true });
  }

  /** A shorter deadline inside this one. */
  attempt(milliseconds: number): { readonly signal: AbortSignal; end(): void } {
    const inner = new AbortController();
    const onOuter = (): void => inner.abort(this.signal.reason);
    const cancel = this.timer.after(Math.min(milliseconds, this.milliseconds), () =>
      inner.abort(this.timedOut(milliseconds)),
    );
    if (this.signal.aborted) onOuter();
    else this.signal.addEventListener('abort', onOuter, { once: true });
    return {
      signal: inner.signal,
      end: () => {
        cancel();
        this.signal.removeEventListener('abort', onOuter);
      },
    };
  }

  /** Whether this error is one of ours that says the time is over. */
  isTimeOut(error: unknown): boolean {
    return this.timeOuts.has(error);
  }

  private timedOut(milliseconds: number): AppError {
    const error = this.upstream.timedOut(this.toDo, milliseconds);
    this.timeOuts.add(error);
    return error;
  }

  /** What to throw: why the time is over if it is, else the error itself. */
  reasonFor(error: unknown): unknown {
    return this.signal.aborted ? this.signal.reason : error;
  }

  end(): void {
    this.cancelTimer();
    this.outer?.removeEventListener('abort', this.onCancel);
  }
}

function urlOf(baseUrl: string, { path, query }: UpstreamRequest<unknown>): string {
  const parameters = Object.entries(query ?? {}).flatMap(([name, value]) =>
    [value].flat().map((each) => `${name}=${encodeURIComponent(each)}`),
  );
  return `${baseUrl}/${path}${parameters.length > 0 ? `?${parameters.join('&')}` : ''}`;
}
