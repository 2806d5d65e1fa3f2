import { LoginQueue } from './login-queue.js';

/** Tries that take until they are released, in the order they got their turn. */
class Tries {
  readonly started: string[] = [];
  readonly refused: string[] = [];
  private readonly ends: (() => void)[] = [];

  constructor(private readonly queue: LoginQueue) {}

  from(place: string, times = 1): this {
    for (let n = 1; n <= times; n++) {
      const name = `${place}${n}`;
      const work = () => {
        this.started.push(name);
        return new Promise<void>((end) => this.ends.push(end));
      };
      void this.queue.run(place, work).catch((error: { code: string }) => this.refused.push(`${name} ${error.code}`));
    }
    return this;
  }

  async letAllGo(): Promise<void> {
    while (this.ends.length) {
      this.ends.shift()!();
      await new Promise(setImmediate);
    }
  }
}

describe('Logins', () => {
  it('run one at a time, in their order', async () => {
    const tries = new Tries(new LoginQueue(10)).from('a', 3);
    await new Promise(setImmediate);
    expect(tries.started).toEqual(['a1']);
    await tries.letAllGo();
    expect(tries.started).toEqual(['a1', 'a2', 'a3']);
  });

  it('of another place wait behind one of each place, however many those sent', async () => {
    const tries = new Tries(new LoginQueue(100)).from('a', 40).from('b', 40).from('c');
    await tries.letAllGo();
    expect(tries.started.slice(0, 4)).toEqual(['a1', 'a2', 'b1', 'c1']);
    expect([tries.started.length, tries.refused]).toEqual([81, []]);
  });

  it('beyond the longest queue are refused where most of them come from', async () => {
    const tries = new Tries(new LoginQueue(4)).from('a', 6).from('b', 3);
    await tries.letAllGo();
    expect(tries.refused).toEqual(['a6', 'a5', 'a4', 'b3'].map((name) => `${name} logins_busy`));
    expect(tries.started).toEqual(['a1', 'a2', 'b1', 'a3', 'b2']);
  });

  it('go on after one that failed', async () => {
    const queue = new LoginQueue(1);
    await expect(queue.run('a', () => Promise.reject(new Error('wrong')))).rejects.toThrow('wrong');
    expect(await queue.run('a', () => Promise.resolve('right'))).toBe('right');
  });
});
