import { SystemTimer } from './gateway-timer.js';

describe("The machine's timer", () => {
  const timer = new SystemTimer();

  it('runs what is due, unless it was called off', async () => {
    const ran: string[] = [];
    timer.after(1, () => ran.push('called off'))();
    await new Promise<void>((resolve) => {
      timer.after(2, () => {
        ran.push('due');
        resolve();
      });
    });
    expect(ran).toEqual(['due']);
  });

  it('ends a sleep when its signal aborts, before and during it', async () => {
    const stop = new AbortController();
    const sleeping = timer.sleep(60_000, stop.signal);
    stop.abort(new Error('woken'));
    await expect(sleeping).rejects.toThrow('woken');
    await expect(timer.sleep(60_000, stop.signal)).rejects.toThrow('woken');
    await expect(timer.sleep(1, new AbortController().signal)).resolves.toBeUndefined();
  });

  it('tells the time of the clock it is given', () => {
    expect(new SystemTimer(() => 5).now()).toBe(5);
    const before = Date.now();
    const now = timer.now();
    expect(now).toBeGreaterThanOrEqual(before);
    expect(now).toBeLessThanOrEqual(Date.now());
  });
});
