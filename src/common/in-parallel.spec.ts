import { inParallel } from './in-parallel.js';

describe('inParallel', () => {
  it('answers in the order of the items, whichever ends first, and never runs more at once than allowed', async () => {
    let running = 0;
    let most = 0;
    const answers = await inParallel([5, 1, 4, 2, 3, 0], 3, async (turns) => {
      most = Math.max(most, ++running);
      for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
      running -= 1;
      return turns * 10;
    });
    expect(answers).toEqual([50, 10, 40, 20, 30, 0]);
    expect(most).toBe(3);
  });

  it('begins nothing new after a failure, and throws it when the rest has ended', async () => {
    const begun: number[] = [];
    const ended: number[] = [];
    const work = async (item: number) => {
      begun.push(item);
      if (item === 1) throw new Error('one failed');
      for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
      ended.push(item);
    };
    await expect(inParallel([0, 1, 2, 3, 4, 5], 2, work)).rejects.toThrow('one failed');
    expect(begun).toEqual([0, 1]);
    expect(ended).toEqual([0]);
  });

  it('has nothing to do for no items', async () => {
    await expect(inParallel([], 4, () => Promise.reject(new Error('never')))).resolves.toEqual([]);
  });
});
