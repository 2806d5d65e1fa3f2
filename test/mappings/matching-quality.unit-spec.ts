import { Organisations, ownPairs } from '../../bench/matching/labelled.js';
import { bestOfAll, expectedOf, listComparer, oneToOne, qualityOf } from '../../bench/matching/quality.js';
import { characterRatio } from '../../bench/matching/ratio.js';

describe('Matching the labelled names', () => {
  const pairs = ownPairs();

  it('has labels enough that do not contradict each other', () => {
    const organisations = new Organisations(pairs);
    expect(pairs.length).toBeGreaterThanOrEqual(200);
    expect(pairs.filter(({ same }) => !same).length).toBeGreaterThanOrEqual(80);
    expect(pairs.filter(({ left, right, same }) => organisations.same(left, right) !== same)).toEqual([]);
  });

  it('finds nine in ten among all names, and is nearly always right where it is sure', () => {
    const { at } = qualityOf(bestOfAll(pairs, listComparer(pairs)), expectedOf(pairs, 'names'));
    expect(at[0]!.recall).toBeGreaterThanOrEqual(0.9);
    expect(at[2]!.precision).toBeGreaterThanOrEqual(0.97);
  });

  it('loses little of that by looking at few candidates and pairing one-to-one', () => {
    const { at } = qualityOf(oneToOne(pairs), expectedOf(pairs, 'organisations'));
    expect(at[0]!.recall).toBeGreaterThanOrEqual(0.9);
    expect(at[2]!.precision).toBeGreaterThanOrEqual(0.97);
  });

  it('is far better than the character ratio', () => {
    const names = expectedOf(pairs, 'names');
    const ours = qualityOf(bestOfAll(pairs, listComparer(pairs)), names);
    const plain = qualityOf(bestOfAll(pairs, characterRatio), names);
    expect(ours.averagePrecision).toBeGreaterThan(plain.averagePrecision + 0.2);
  });
});

describe('The character ratio', () => {
  it.each([
    ['abcd', 'bcde', 0.75],
    ['Nordic Foods', 'nordic foods', 1],
    ['', '', 1],
    ['a', '', 0],
    ['abxcd', 'abcd', 8 / 9],
  ])('of %s and %s is %d', (a, b, ratio) => expect(characterRatio(a, b)).toBeCloseTo(ratio, 12));
});
