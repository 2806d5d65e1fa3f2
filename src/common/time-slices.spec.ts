import { runAtOnce, runInSlices } from './time-slices.js';

function* countTo(limit: number, seen: number[] = []): Generator<void, number> {
  for (let step = 1; step <= limit; step += 1) {
    seen.push(step);
    yield;
  }
  return limit;
}

describe('runInSlices', () => {
  it('gives what the work returns', async () => {
    await expect(runInSlices(countTo(1000))).resolves.toBe(1000);
    expect(runAtOnce(countTo(1000))).toBe(1000);
  });

  it('lets other things happen between slices', async () => {
    const seen: number[] = [];
    const work = runInSlices(countTo(50, seen), { sliceMs: 0 });
    const stepsAtNextTurn = await new Promise<number>((resolve) => setImmediate(() => resolve(seen.length)));
    expect(stepsAtNextTurn).toBeLessThan(50);
    await expect(work).resolves.toBe(50);
  });

  it('passes on what the work throws', async () => {
    // eslint-disable-next-line require-yield
    function* broken(): Generator<void, never> {
      throw new Error('no more');
    }
    await expect(runInSlices(broken())).rejects.toThrow('no more');
  });

  it('stops at the next pause when told to, with the reason it was given', async () => {
    const controller = new AbortController();
    const seen: number[] = [];
    const work = runInSlices(countTo(1_000_000, seen), { sliceMs: 0, signal: controller.signal });
    controller.abort(new Error('the caller went away'));
    await expect(work).rejects.toThrow('the caller went away');
    expect(seen.length).toBeLessThan(1_000_000);
  });

  it('does nothing when it was told to stop before', async () => {
    const seen: number[] = [];
    await expect(runInSlices(countTo(5, seen), { signal: AbortSignal.abort(new Error('too late')) })).rejects.toThrow(
      'too late',
    );
    expect(seen).toEqual([]);
  });
});
