import { AccountGate, type Turn } from './account-gate.js';
import { ArrowQueueFullError, ArrowUnavailableError } from '../arrow-gateway/arrow-gateway.errors.js';
import { ARROWSPHERE } from '../arrow-gateway/arrowsphere.js';
import { CircuitBreaker } from './circuit-breaker.js';
import { GatewayTimer } from './gateway-timer.js';

class StandingTimer extends GatewayTimer {
  time = Date.parse('2026-11-23T12:00:00Z');
  private readonly due: Array<{ at: number; run: () => void }> = [];

  now(): number {
    return this.time;
  }

  after(milliseconds: number, run: () => void): () => void {
    const entry = { at: this.time + milliseconds, run };
    this.due.push(entry);
    return () => this.due.splice(this.due.indexOf(entry) >>> 0, 1);
  }

  advance(milliseconds: number): void {
    this.time += milliseconds;
    for (const entry of this.due.filter(({ at }) => at <= this.time)) {
      this.due.splice(this.due.indexOf(entry), 1);
      entry.run();
    }
  }
}

const soon = async (): Promise<void> => {
  for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
};

describe('The gate of an account', () => {
  const timer = new StandingTimer();
  const started: string[] = [];
  const releases: Array<() => void> = [];
  let gate: AccountGate;

  const enter = (lane: string, name = lane, turn: Partial<Turn> = {}): Promise<void> =>
    gate
      .acquire({ lane, signal: new AbortController().signal, deadlineAt: timer.now() + 30_000, ...turn })
      .then((release) => {
        started.push(name);
        releases.push(release);
      });
  const finishOne = async (): Promise<void> => {
    releases.shift()?.();
    await soon();
  };

  beforeEach(() => {
    started.length = 0;
    releases.length = 0;
    gate = new AccountGate({ maxConcurrency: 2, maxQueue: 6 }, timer, ARROWSPHERE);
  });

  it('lets so many calls run at once, and the next when one ends', async () => {
    for (const name of ['a', 'b', 'c']) void enter('lane', name);
    await soon();
    expect(started).toEqual(['a', 'b']);
    expect([gate.running, gate.waiting]).toEqual([2, 1]);
    await finishOne();
    expect(started).toEqual(['a', 'b', 'c']);
  });

  it('serves lanes in turn, so that a page view waits for one call and not for a whole job', async () => {
    for (const name of ['job 1', 'job 2', 'job 3', 'job 4', 'job 5']) void enter('job', name);
    void enter('anna', 'anna 1');
    void enter('bert', 'bert 1');
    await soon();
    for (let n = 0; n < 5; n += 1) await finishOne();
    expect(started).toEqual(['job 1', 'job 2', 'job 3', 'anna 1', 'bert 1', 'job 4', 'job 5']);
  });

  it('refuses a call when too many wait, but not one of a short lane: the newest of the longest makes room', async () => {
    const refused: string[] = [];
    for (let n = 1; n <= 8; n += 1) void enter('job', `job ${n}`).catch(() => refused.push(`job ${n}`));
    await expect(enter('job', 'job 9')).rejects.toThrow(ArrowQueueFullError);
    await expect(enter('job', 'job 9')).rejects.toThrow('6 calls to ArrowSphere are waiting already.');
    void enter('anna');
    await soon();
    expect(refused).toEqual(['job 8']);
    expect(gate.waiting).toBe(6);
  });

  it('lets a waiting call leave when it is stopped', async () => {
    const stop = new AbortController();
    for (const name of ['a', 'b']) void enter('lane', name);
    const waiting = enter('lane', 'c', { signal: stop.signal });
    stop.abort(new Error('gone'));
    await expect(waiting).rejects.toThrow('gone');
    expect(gate.waiting).toBe(0);
    await finishOne();
    expect(started).toEqual(['a', 'b']);
    await expect(enter('lane', 'd', { signal: stop.signal })).rejects.toThrow('gone');
  });

  it('gives a place back once, however often it is given back', async () => {
    await enter('lane', 'a');
    releases[0]?.();
    releases[0]?.();
    expect(gate.running).toBe(0);
  });

  it('starts nothing during a pause, and refuses at once what could not wait so long', async () => {
    gate.pauseFor(10_000);
    void enter('lane', 'patient');
    await expect(enter('lane', 'hasty', { deadlineAt: timer.now() + 9_999 })).rejects.toThrow(
      'ArrowSphere asks us to slow down: next try at 2026-11-23 12:00:10 UTC.',
    );
    timer.advance(9_999);
    await soon();
    expect(started).toEqual([]);
    timer.advance(1);
    await soon();
    expect(started).toEqual(['patient']);
    expect(gate.pausedUntil).toBeUndefined();
  });

  it('refuses waiting calls when a pause begins that outlasts them', async () => {
    for (const name of ['a', 'b']) void enter('lane', name);
    const hasty = enter('lane', 'hasty');
    gate.pauseFor(60_000);
    await expect(hasty).rejects.toThrow(ArrowUnavailableError);
    gate.pauseFor(1_000);
    expect(gate.pausedUntil?.getTime()).toBe(timer.now() + 60_000);
  });

  it('halves the calls at once on a 429, down to one, and wins them back with good answers', async () => {
    gate = new AccountGate({ maxConcurrency: 8, maxQueue: 6 }, timer, ARROWSPHERE);
    const seen: number[] = [];
    for (let n = 0; n < 4; n += 1) {
      gate.slowDown();
      seen.push(gate.concurrency);
    }
    expect(seen).toEqual([4, 2, 1, 1]);
    for (let n = 0; n < 2; n += 1) gate.answered();
    expect(gate.concurrency).toBe(2);
    for (let n = 0; n < 200; n += 1) gate.answered();
    expect(gate.concurrency).toBe(8);
    await soon();
  });
});

describe('A wave of 429s', () => {
  it('halves the calls at once only once', () => {
    const timer = new StandingTimer();
    const gate = new AccountGate({ maxConcurrency: 8, maxQueue: 6 }, timer, ARROWSPHERE);
    for (let n = 0; n < 8; n += 1) {
      gate.slowDown();
      gate.pauseFor(1_000);
    }
    expect(gate.concurrency).toBe(4);
    timer.advance(1_000);
    gate.slowDown();
    expect(gate.concurrency).toBe(2);
  });
});

describe('The circuit breaker', () => {
  const timer = new StandingTimer();
  let breaker: CircuitBreaker;
  const fail = (times: number): void => {
    for (let n = 0; n < times; n += 1) breaker.enter()('failed');
  };

  beforeEach(() => {
    breaker = new CircuitBreaker(3, 30_000, timer, ARROWSPHERE);
  });

  it('opens after so many failures in a row, and says when the next try is', () => {
    fail(2);
    breaker.enter()('answered');
    fail(2);
    expect(breaker.state).toBe('closed');
    fail(1);
    expect(breaker.state).toBe('open');
    const at = new Date(timer.now() + 30_000);
    expect(breaker.nextTryAt).toEqual(at);
    expect(() => breaker.enter()).toThrow(
      `ArrowSphere is unavailable, next try at ${at.toISOString().slice(0, 19).replace('T', ' ')} UTC.`,
    );
  });

  it('then lets one probe through, whose end decides', () => {
    fail(3);
    timer.advance(30_000);
    const probe = breaker.enter();
    expect(() => breaker.check()).toThrow(ArrowUnavailableError);
    probe('failed');
    expect(breaker.state).toBe('open');
    timer.advance(30_000);
    breaker.enter()('answered');
    expect(breaker.state).toBe('closed');
    fail(2);
    expect(breaker.state).toBe('closed');
  });

  it('lets the next one probe when the first was cancelled', () => {
    fail(3);
    timer.advance(30_000);
    breaker.enter()('unknown');
    expect(breaker.state).toBe('half-open');
    breaker.enter()('answered');
    expect(breaker.state).toBe('closed');
  });
});
