import { Batches } from './batches.js';

const rows = (count: number) => Array.from({ length: count }, (_, at) => at);

describe('Rows on their way into the database', () => {
  /** Each write, and how it ends. */
  let writes: { readonly count: number; done(): void; fail(error: Error): void }[];
  let batches: Batches<number>;

  beforeEach(() => {
    writes = [];
    batches = new Batches((written) => {
      return new Promise<void>((resolve, reject) => {
        writes.push({ count: written.length, done: resolve, fail: reject });
      });
    });
  });

  const turn = () => new Promise((resolve) => setImmediate(resolve));

  it('are written in whole batches, one after the other, and the rest of them at the end', async () => {
    await batches.add(rows(1_999));
    expect(writes).toHaveLength(0);
    await batches.add(rows(1));
    await batches.add(rows(2_300));
    expect(writes.map(({ count }) => count)).toEqual([2_000]);
    const end = batches.end();
    for (const [at, count] of [2_000, 2_000, 300].entries()) {
      expect(writes[at]!.count).toBe(count);
      writes[at]!.done();
      await turn();
    }
    await end;
    expect(writes).toHaveLength(3);
  });

  it('hold back who brings them, where writing is slower than reading', async () => {
    await batches.add(rows(8_000));
    let mayGoOn = false;
    const adding = batches.add(rows(300)).then(() => (mayGoOn = true));
    await turn();
    expect([mayGoOn, writes.length]).toEqual([false, 1]);
    writes[0]!.done();
    await adding;
    expect(writes).toHaveLength(2);
  });

  it('come to an end with what a write has thrown, and nothing is written after it', async () => {
    await batches.add(rows(4_000));
    writes[0]!.fail(new Error('the disk is full'));
    await expect(batches.end()).rejects.toThrow('the disk is full');
    await expect(batches.add(rows(2_000))).rejects.toThrow('the disk is full');
    expect(writes).toHaveLength(1);
  });
});
