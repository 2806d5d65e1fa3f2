import { setMaxListeners } from 'node:events';
import type { AccountState, ArrowAccounts } from '../arrow-gateway/arrow-accounts.js';
import { type ArrowQuestion, FailedAttempt, readAnswer } from '../arrow-gateway/arrow-answer.js';
import type { ArrowAccount, ArrowCallOptions } from '../arrow-gateway/arrow-gateway.js';
import {
  ArrowAddressNotAllowedError,
  ArrowCallCancelledError,
  ArrowMalformedAnswerError,
  ArrowTimedOutError,
  ArrowUnavailableError,
} from '../arrow-gateway/arrow-gateway.errors.js';
import type { ArrowGatewayOptions } from '../arrow-gateway/arrow-gateway.options.js';
import { type ArrowTransport, TransportError } from './http-transport.js';
import type { AttemptEnd } from './circuit-breaker.js';
import type { CallRecord, CallRecorder } from './call-recorder.js';
import type { GatewayTimer } from './gateway-timer.js';

/** One request to ArrowSphere; only reads, so that it may be sent again. */
export interface ArrowRequest<T> extends ArrowQuestion<T> {
  /** Name in logs and metrics, without references: `GET customers/{ref}`. */
  readonly endpoint: string;
  readonly method: 'GET' | 'POST';
  /** Below the base URL, its parts encoded. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number>>;
  readonly body?: unknown;
  /** Slow by nature: an attempt may take all of the call's time. */
  readonly slow?: boolean;
}

/** Who is asking, when nobody says: the request being served. */
export type CurrentCaller = () => Pick<ArrowCallOptions, 'signal' | 'lane'>;

const LONGEST_PAUSE_MS = 600_000;

/** Asks ArrowSphere one thing: in turn, within the time, again where that may help, and gives a value or a named error. */
export class ArrowClient {
  constructor(
    private readonly transport: ArrowTransport,
    private readonly accounts: ArrowAccounts,
    private readonly options: ArrowGatewayOptions,
    private readonly timer: GatewayTimer,
    private readonly recorder: CallRecorder,
    private readonly caller: CurrentCaller = () => ({}),
  ) {}

  async call<T>(account: ArrowAccount, request: ArrowRequest<T>, options: ArrowCallOptions = {}): Promise<T> {
    const state = this.accounts.get(account);
    const record = this.recorder.start(request.endpoint, state);
    const deadline = new Deadline(
      this.timer,
      this.options.timeoutMs,
      request.toDo,
      options.signal ?? this.caller().signal,
    );
    const lane = options.lane ?? this.caller().lane ?? 'background';
    try {
      state.breaker.check();
      const value = await this.tryUntilDone(account.apiKey, state, request, { deadline, lane, record });
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

  private async tryUntilDone<T>(
    apiKey: string,
    state: AccountState,
    request: ArrowRequest<T>,
    running: Running,
  ): Promise<T> {
    const { maxRetries, backoffMs: first, maxBackoffMs } = this.options;
    for (let retries = 0; ; retries++) {
      try {
        return await this.attempt(apiKey, state, request, running);
      } catch (failed) {
        if (!(failed instanceof FailedAttempt)) throw failed;
        const backoffMs = Math.floor(Math.random() * Math.min(maxBackoffMs, first * 2 ** retries));
        this.slowDown(state, failed, backoffMs);
        if (!failed.how.passing || retries >= maxRetries) throw failed.error;
        await this.waitBefore(retries + 1, failed, backoffMs, running);
      }
    }
  }

  /** A pause that ArrowSphere asked for is kept by the whole account, so only our own back-off is waited for here. */
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

  private slowDown({ gate }: AccountState, { how }: FailedAttempt, backoffMs: number): void {
    if (how.throttled) gate.slowDown();
    if (how.throttled || how.retryAfterMs !== undefined) {
      gate.pauseFor(Math.min(how.retryAfterMs ?? Math.max(backoffMs, this.options.backoffMs), LONGEST_PAUSE_MS));
    }
  }

  private async attempt<T>(
    apiKey: string,
    state: AccountState,
    request: ArrowRequest<T>,
    running: Running,
  ): Promise<T> {
    const { deadline, lane, record } = running;
    const release = await state.gate.acquire({ lane, signal: deadline.signal, deadlineAt: deadline.at });
    // A call that waited until its time was nearly over says nothing of ArrowSphere when it then times out.
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
        apiKey,
        body: request.body,
        signal: patience.signal,
      });
      record.answered(answer.status, answer.text.length);
      const date = Date.parse(answer.headers['date'] ?? '');
      if (date) state.clockSkewMs = date - this.timer.now();
      end = 'answered';
      const value = readAnswer(request, answer, apiKey, this.timer.now());
      state.gate.answered();
      return value;
    } catch (thrown) {
      const failed = failedAttempt(thrown, request, hadTime);
      if (failed?.how.unwell) end = 'failed';
      throw failed ?? thrown;
    } finally {
      patience.end();
      ended(end);
      release();
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
  private readonly cancelTimer: () => void;
  private readonly onCancel = (): void => this.controller.abort(new ArrowCallCancelledError());

  constructor(
    private readonly timer: GatewayTimer,
    private readonly milliseconds: number,
    private readonly toDo: string,
    private readonly outer: AbortSignal | undefined,
  ) {
    this.at = timer.now() + milliseconds;
    this.signal = this.controller.signal;
    setMaxListeners(0, this.signal);
    this.cancelTimer = timer.after(milliseconds, () =>
      this.controller.abort(new ArrowTimedOutError(toDo, milliseconds)),
    );
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
      inner.abort(new ArrowTimedOutError(this.toDo, milliseconds)),
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

  /** What to throw: why the time is over if it is, else the error itself. */
  reasonFor(error: unknown): unknown {
    return this.signal.aborted ? this.signal.reason : error;
  }

  end(): void {
    this.cancelTimer();
    this.outer?.removeEventListener('abort', this.onCancel);
  }
}

function failedAttempt(thrown: unknown, request: ArrowRequest<unknown>, hadTime: boolean): FailedAttempt | undefined {
  if (thrown instanceof FailedAttempt) return thrown;
  if (thrown instanceof ArrowTimedOutError) return new FailedAttempt(thrown, { passing: true, unwell: hadTime });
  if (!(thrown instanceof TransportError)) return undefined;
  switch (thrown.fault) {
    case 'address':
      return new FailedAttempt(new ArrowAddressNotAllowedError(thrown.message), { passing: false });
    case 'too-large':
      return new FailedAttempt(new ArrowMalformedAnswerError(request.content, thrown.message), { passing: false });
    case 'certificate':
    case 'network': {
      const error = new ArrowUnavailableError(`ArrowSphere cannot be reached: ${thrown.message}.`);
      return new FailedAttempt(error, { passing: thrown.fault === 'network', unwell: true });
    }
  }
}

function urlOf(baseUrl: string, { path, query }: ArrowRequest<unknown>): string {
  const parameters = Object.entries(query ?? {}).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
  return `${baseUrl}/${path}${parameters.length > 0 ? `?${parameters.join('&')}` : ''}`;
}
