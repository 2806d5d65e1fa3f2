/** Time as the gateway sees it; tests bring their own, so that none of them waits for a back-off or a deadline. */
export abstract class GatewayTimer {
  /** Milliseconds since 1970, UTC. */
  abstract now(): number;

  /**
   * Runs `run` once, `milliseconds` from now, unless the returned function is called before. `idle`: nobody waits for
   * it, so that it need not keep the process alive.
   */
  abstract after(milliseconds: number, run: () => void, idle?: boolean): () => void;

  /** Resolves after the time; rejects with the reason of `signal` when that aborts first. */
  sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason as Error);
      const onAbort = (): void => {
        cancel();
        reject(signal.reason as Error);
      };
      const cancel = this.after(milliseconds, () => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      });
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }
}

/** The machine's own timers, and the time of the injected clock. */
export class SystemTimer extends GatewayTimer {
  constructor(private readonly currentTime: () => number = Date.now) {
    super();
  }

  now(): number {
    return this.currentTime();
  }

  after(milliseconds: number, run: () => void, idle = false): () => void {
    const timer = setTimeout(run, Math.max(0, milliseconds));
    if (idle) timer.unref();
    return () => clearTimeout(timer);
  }
}
