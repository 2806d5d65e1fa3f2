import fc from 'fast-check';
import { assign, AssignmentPair } from './assignment.js';

const pair = (left: string, right: string, score: number): AssignmentPair => ({ left, right, score });
const names = (pairs: AssignmentPair[]): string[] => pairs.map(({ left, right }) => `${left}-${right}`).sort();
const total = (pairs: AssignmentPair[]): number => pairs.reduce((sum, { score }) => sum + score, 0);

/** Every one-to-one choice there is: slow, and plainly right. */
function bestTotal(pairs: AssignmentPair[], usedRights: ReadonlySet<string> = new Set()): number {
  const left = pairs[0]?.left;
  if (left === undefined) return 0;
  const others = pairs.filter((candidate) => candidate.left !== left);
  let best = bestTotal(others, usedRights);
  for (const candidate of pairs) {
    if (candidate.left !== left || usedRights.has(candidate.right)) continue;
    best = Math.max(best, candidate.score + bestTotal(others, new Set([...usedRights, candidate.right])));
  }
  return best;
}

const somePairs = fc.array(
  fc.record({
    left: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
    right: fc.constantFrom('v', 'w', 'x', 'y', 'z'),
    score: fc.integer({ min: -1, max: 8 }).map((n) => n / 8),
  }),
  { maxLength: 16 },
);

describe('assign', () => {
  it('gives nothing for nothing', () => {
    expect(assign([])).toEqual([]);
  });

  it('gives up a best pair when the total of the others is higher', () => {
    const pairs = [pair('a', 'x', 0.9), pair('a', 'y', 0.85), pair('b', 'x', 0.85), pair('b', 'y', 0.1)];
    expect(names(assign(pairs))).toEqual(['a-y', 'b-x']);
  });

  it('leaves somebody alone when that is worth more', () => {
    expect(names(assign([pair('a', 'x', 0.9), pair('a', 'y', 0.2), pair('b', 'x', 0.6)]))).toEqual(['a-x']);
  });

  it('uses no left and no right twice', () => {
    const chosen = assign(['a', 'b', 'c'].flatMap((left) => ['x', 'y'].map((right) => pair(left, right, 0.7))));
    expect(chosen).toHaveLength(2);
    expect(new Set(chosen.map(({ left }) => left)).size).toBe(2);
    expect(new Set(chosen.map(({ right }) => right)).size).toBe(2);
  });

  it('never chooses a score that is not a positive finite number', () => {
    expect(assign([pair('a', 'x', 0), pair('b', 'y', -1), pair('c', 'z', NaN), pair('d', 'w', Infinity)])).toEqual([]);
  });

  it('takes the better of a pair that is given twice, and hands back the object it was given', () => {
    const better = { ...pair('a', 'x', 0.8), reason: 'number' };
    expect(assign([{ ...pair('a', 'x', 0.5), reason: 'name' }, better])[0]).toBe(better);
  });

  it('lists the highest score first', () => {
    expect(assign([pair('a', 'x', 0.5), pair('b', 'y', 0.9), pair('c', 'z', 0.7)]).map(({ score }) => score)).toEqual([
      0.9, 0.7, 0.5,
    ]);
  });

  it('reaches the highest total there is', () => {
    fc.assert(
      fc.property(somePairs, (pairs) =>
        expect(total(assign(pairs))).toBeCloseTo(bestTotal(pairs.filter(({ score }) => score > 0)), 9),
      ),
    );
  });

  it('does not depend on the order of the input', () => {
    fc.assert(
      fc.property(
        somePairs.chain((pairs) =>
          fc.tuple(fc.constant(pairs), fc.shuffledSubarray(pairs, { minLength: pairs.length })),
        ),
        ([pairs, shuffled]) => expect(names(assign(shuffled))).toEqual(names(assign(pairs))),
      ),
    );
  });

  it('stays one-to-one when its effort is used up', () => {
    fc.assert(
      fc.property(somePairs, fc.integer({ min: 0, max: 10 }), (pairs, effort) => {
        const chosen = assign(pairs, { effort });
        expect(new Set(chosen.map(({ left }) => left)).size).toBe(chosen.length);
        expect(new Set(chosen.map(({ right }) => right)).size).toBe(chosen.length);
      }),
    );
  });

  it('decides two thousand that all want the same two thousand', () => {
    const pairs = Array.from({ length: 2000 }, (_, left) =>
      Array.from({ length: 20 }, (_, step) => pair(`l${left}`, `r${(left + step) % 2000}`, 0.95)),
    ).flat();
    expect(assign(pairs)).toHaveLength(2000);
  });

  it('decides two thousand that all want the same twenty', () => {
    const pairs = Array.from({ length: 2000 }, (_, left) =>
      Array.from({ length: 20 }, (_, right) => pair(`l${left}`, `r${right}`, 0.95)),
    ).flat();
    expect(assign(pairs)).toHaveLength(20);
  });
});
