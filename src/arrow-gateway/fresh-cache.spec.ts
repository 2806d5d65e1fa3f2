import { ArrowCallCancelledError } from './arrow-gateway.errors.js';
import { FreshCache } from './fresh-cache.js';
import { GatewayTimer } from '../http-client/gateway-timer.js';

class StandingTimer extends GatewayTimer {
  time = Date.parse('2026-11-23T12:00:00Z');

  now(): number {
    return this.time;
  }

  after(): () => void {
    return () => undefined;
  }
}

describe('The cache', () => {
  let timer: StandingTimer;
  let cache: FreshCache;
  let fetches: Array<{ signal: AbortSignal; answer(value: string): void; fail(error: Error): void }>;

  const fetch = (signal: AbortSignal): Promise<string> =>
    new Promise((resolve, reject) => {
      fetches.push({ signal, answer: resolve, fail: reject });
      signal.addEventListener('abort', () => reject(signal.reason as Error));
    });

  beforeEach(() => {
    timer = new StandingTimer();
    cache = new FreshCache(60_000, timer, 3);
    fetches = [];
  });

  it('asks once for all who ask at once, and gives what it has until it is too old', async () => {
    const asked = Array.from({ length: 10 }, () => cache.get('a', fetch));
    fetches[0]?.answer('first');
    const fetchedAt = new Date(timer.now());
    expect(await Promise.all(asked)).toEqual(Array(10).fill({ data: 'first', fetchedAt }));
    timer.time += 59_999;
    expect(await cache.get('a', fetch)).toEqual({ data: 'first', fetchedAt });
    expect(fetches).toHaveLength(1);
    timer.time += 1;
    const again = cache.get('a', fetch);
    fetches[1]?.answer('second');
    expect((await again).data).toBe('second');
    expect(cache.snapshot).toEqual({ hits: 1, misses: 2, shared: 9, entries: 1 });
  });

  it('keeps no failure', async () => {
    const failing = cache.get('a', fetch);
    fetches[0]?.fail(new Error('broken'));
    await expect(failing).rejects.toThrow('broken');
    const good = cache.get('a', fetch);
    fetches[1]?.answer('good');
    expect((await good).data).toBe('good');
  });

  it('asks anew on refresh, once for all who refresh, and not with an answer that began before', async () => {
    const before = cache.get('a', fetch);
    const refreshed = [cache.get('a', fetch, { refresh: true }), cache.get('a', fetch, { refresh: true })];
    expect(fetches).toHaveLength(2);
    fetches[1]?.answer('new');
    fetches[0]?.answer('old');
    expect((await before).data).toBe('old');
    expect((await Promise.all(refreshed)).map(({ data }) => data)).toEqual(['new', 'new']);
    expect((await cache.get('a', fetch)).data).toBe('new');
  });

  it('forgets what is kept and does not keep what was on its way', async () => {
    const kept = cache.get('account 1', fetch);
    fetches[0]?.answer('one');
    await kept;
    const underway = cache.get('account 2', fetch);
    cache.forget('account ');
    fetches[1]?.answer('two');
    expect((await underway).data).toBe('two');
    expect(cache.snapshot.entries).toBe(0);
  });

  it('stops the work when the last who wait have gone, and only then', async () => {
    const [first, second] = [new AbortController(), new AbortController()];
    const waiting = [cache.get('a', fetch, { signal: first.signal }), cache.get('a', fetch, { signal: second.signal })];
    first.abort();
    await expect(waiting[0]).rejects.toThrow(ArrowCallCancelledError);
    expect(fetches[0]?.signal.aborted).toBe(false);
    second.abort();
    await expect(waiting[1]).rejects.toThrow(ArrowCallCancelledError);
    expect(fetches[0]?.signal.aborted).toBe(true);
    const next = cache.get('a', fetch);
    expect(fetches).toHaveLength(2);
    fetches[1]?.answer('fresh');
    expect((await next).data).toBe('fresh');
    await expect(cache.get('a', fetch, { signal: first.signal })).rejects.toThrow(ArrowCallCancelledError);
  });

  it('keeps so many answers at most, the oldest going first', async () => {
    for (const key of ['a', 'b', 'c', 'd']) {
      const asked = cache.get(key, fetch);
      fetches.at(-1)?.answer(key);
      await asked;
    }
    expect(cache.snapshot.entries).toBe(3);
    await cache.get('d', fetch);
    void cache.get('a', fetch);
    expect(fetches).toHaveLength(5);
  });

  it('keeps nothing where it is told to keep for no time', async () => {
    cache = new FreshCache(0, timer);
    const asked = cache.get('a', fetch);
    fetches[0]?.answer('a');
    await asked;
    expect(cache.snapshot.entries).toBe(0);
  });
});
