import { setMaxListeners } from 'node:events';
import { ArrowCallCancelledError } from './arrow-gateway.errors.js';
import type { Fetched } from './arrow-gateway.js';
import type { GatewayTimer } from '../http-client/gateway-timer.js';

interface Flight<T> {
  readonly key: string;
  readonly result: Promise<Fetched<T>>;
  readonly stop: AbortController;
  readonly isRefresh: boolean;
  waiting: number;
}

export interface CacheFigures {
  hits: number;
  misses: number;
  /** Callers that were given the answer another caller was already waiting for. */
  shared: number;
  entries: number;
}

/**
 * Keeps complete answers for a short time and lets callers who ask for the same thing at once share one walk. The walk
 * is stopped when the last of them has gone away. Failures are not kept.
 */
export class FreshCache {
  private readonly kept = new Map<string, Fetched<unknown>>();
  private readonly flights = new Map<string, Flight<unknown>>();
  private readonly figures = { hits: 0, misses: 0, shared: 0 };

  constructor(
    private readonly keepMs: number,
    private readonly timer: GatewayTimer,
    private readonly maxEntries = 500,
  ) {}

  get snapshot(): CacheFigures {
    return { ...this.figures, entries: this.kept.size };
  }

  /** The answer to `key`: a fresh one at hand, the one being fetched, or a new one by `fetch`. */
  async get<T>(
    key: string,
    fetch: (signal: AbortSignal) => Promise<T>,
    { refresh, signal }: { refresh?: boolean; signal?: AbortSignal } = {},
  ): Promise<Fetched<T>> {
    if (signal?.aborted) throw new ArrowCallCancelledError();
    const kept = this.kept.get(key) as Fetched<T> | undefined;
    if (kept && !refresh && this.timer.now() - kept.fetchedAt.getTime() < this.keepMs) {
      this.figures.hits += 1;
      return kept;
    }
    const running = this.flights.get(key) as Flight<T> | undefined;
    // Who asks for news must not be given an answer that began before somebody asked for news.
    const join = running && (!refresh || running.isRefresh);
    if (join) this.figures.shared += 1;
    else this.figures.misses += 1;
    return this.wait(join ? running : this.begin(key, fetch, refresh ?? false), signal);
  }

  /** Forgets all keys that start with `prefix`; answers on their way are given to those who wait, and not kept. */
  forget(prefix: string): void {
    for (const entries of [this.kept, this.flights]) {
      for (const key of entries.keys()) if (key.startsWith(prefix)) entries.delete(key);
    }
  }

  private begin<T>(key: string, fetch: (signal: AbortSignal) => Promise<T>, isRefresh: boolean): Flight<T> {
    const stop = new AbortController();
    const result = fetch(stop.signal).then((data): Fetched<T> => ({ data, fetchedAt: new Date(this.timer.now()) }));
    const flight: Flight<T> = { key, result, stop, isRefresh, waiting: 0 };
    this.flights.set(key, flight);
    result.then(
      (fetched) => this.land(flight, fetched),
      () => this.land(flight),
    );
    return flight;
  }

  private land<T>(flight: Flight<T>, fetched?: Fetched<T>): void {
    const { key } = flight;
    if (this.flights.get(key) !== flight) return;
    this.flights.delete(key);
    if (!fetched || this.keepMs === 0) return;
    this.kept.delete(key);
    this.kept.set(key, fetched);
    const [oldest] = this.kept.keys();
    if (this.kept.size > this.maxEntries && oldest !== undefined) this.kept.delete(oldest);
  }

  private wait<T>(flight: Flight<T>, signal: AbortSignal | undefined): Promise<Fetched<T>> {
    flight.waiting += 1;
    if (!signal) return flight.result;
    setMaxListeners(0, signal);
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        flight.waiting -= 1;
        if (flight.waiting === 0) {
          // Out of the way first, so that the next caller does not board a flight that is being called back.
          this.land(flight);
          flight.stop.abort(new ArrowCallCancelledError());
        }
        reject(new ArrowCallCancelledError());
      };
      signal.addEventListener('abort', leave, { once: true });
      flight.result.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave));
    });
  }
}
