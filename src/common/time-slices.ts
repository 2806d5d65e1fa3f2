import { setImmediate } from 'node:timers/promises';

export interface SliceOptions {
  /** Stops the work at the next pause; the promise rejects with the signal's reason. */
  signal?: AbortSignal;
  /** How long to hold the thread at a time, in milliseconds. A single step may take longer; keep steps short. */
  sliceMs?: number;
}

/** Short enough that a request waiting behind it does not notice, long enough that pausing costs nothing. */
const DEFAULT_SLICE_MS = 8;

/**
 * Runs long work on this thread without holding it: the generator yields wherever it can pause, and after every slice
 * timers and sockets get their turn. For work that is too much for one go and too little for a thread of its own.
 */
export async function runInSlices<T>(steps: Generator<void, T>, options: SliceOptions = {}): Promise<T> {
  const { signal, sliceMs = DEFAULT_SLICE_MS } = options;
  for (;;) {
    if (signal?.aborted) {
      // Lets the generator's own `finally` blocks run.
      steps.return(undefined as T);
      signal.throwIfAborted();
    }
    const until = performance.now() + sliceMs;
    do {
      const step = steps.next();
      if (step.done) return step.value;
    } while (performance.now() < until);
    await setImmediate();
  }
}

/** The same work in one go, for small amounts of it. */
export function runAtOnce<T>(steps: Generator<void, T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}
