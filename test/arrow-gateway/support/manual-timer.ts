import { GatewayTimer } from '../../../src/http-client/gateway-timer.js';

interface Entry {
  readonly at: number;
  readonly run: () => void;
}

/**
 * Time that only a test moves, and that jumps ahead by itself over every back-off (`sleep`), so that waiting takes
 * none but is seen in `now()`.
 */
export class ManualTimer extends GatewayTimer {
  /** Back-offs slept through, in milliseconds. */
  readonly slept: number[] = [];
  private time: number;
  private readonly entries = new Set<Entry>();

  constructor(start = '2026-11-23T12:00:00Z') {
    super();
    this.time = Date.parse(start);
  }

  now(): number {
    return this.time;
  }

  after(milliseconds: number, run: () => void): () => void {
    const entry: Entry = { at: this.time + milliseconds, run };
    this.entries.add(entry);
    return () => this.entries.delete(entry);
  }

  override sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
    this.slept.push(milliseconds);
    const slept = super.sleep(milliseconds, signal);
    this.advance(milliseconds);
    return slept;
  }

  /** Timers set and not yet run or cancelled. */
  get pending(): number {
    return this.entries.size;
  }

  /** Moves the time to the next thing that is due. */
  advanceToNext(): void {
    const next = Math.min(...[...this.entries].map(({ at }) => at));
    if (Number.isFinite(next)) this.advance(next - this.time);
  }

  /** Moves the time, running what comes due on the way, in order. */
  advance(milliseconds: number): void {
    const target = this.time + milliseconds;
    for (;;) {
      const [next] = [...this.entries].filter(({ at }) => at <= target).sort((a, b) => a.at - b.at);
      if (!next) break;
      this.entries.delete(next);
      this.time = Math.max(this.time, next.at);
      next.run();
    }
    this.time = target;
  }
}
