import fc from 'fast-check';
import { lettersOf, mayBeSimilar, SAME_WORD, soundOf, wordSimilarity } from './similarity.js';

describe('wordSimilarity', () => {
  it.each([
    ['thunderbird', 'thunderbrid', 'swapped letters'],
    ['marchetti', 'marcheti', 'a letter not doubled'],
    ['vetrinary', 'veterinary', 'a letter left out'],
    ['muellenhoff', 'mullenhoff', 'an umlaut written out'],
    ['philipsson', 'filipsson', 'letters that sound alike'],
    ['supply', 'supplies', 'a plural'],
    ['transport', 'transportation', 'another ending'],
  ])('takes %s and %s for one word: %s', (a, b) => expect(wordSimilarity(a, b)).toBeGreaterThanOrEqual(SAME_WORD));

  it.each([
    ['foods', 'goods'],
    ['mills', 'hills'],
    ['bay', 'cay'],
    ['estonia', 'ethiopia'],
    ['2021', '2022'],
    ['traders', 'farmers'],
  ])('takes %s and %s for two words', (a, b) => expect(wordSimilarity(a, b)).toBe(0));

  it('forgives more in a long word', () => {
    expect(wordSimilarity('precisionsteile', 'precisionstiele')).toBeGreaterThan(wordSimilarity('novikt', 'noivkt'));
  });

  const word = fc.string({ unit: fc.constantFrom(...'aeiouskcytnlphw'), minLength: 1, maxLength: 12 });

  it('is the same in both directions, and between 0 and 1', () => {
    fc.assert(
      fc.property(word, word, (a, b) => {
        const similarity = wordSimilarity(a, b);
        expect(similarity).toBeCloseTo(wordSimilarity(b, a), 12);
        expect(similarity).toBeGreaterThanOrEqual(0);
        expect(similarity).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('is nothing where the quick look says so', () => {
    // Without the letters of umlauts written out and of plurals, which are no matter of counting errors.
    const plainWord = fc.string({ unit: fc.constantFrom(...'bgmnrdlpiok'), minLength: 3, maxLength: 12 });
    fc.assert(
      fc.property(plainWord, plainWord, (a, b) => {
        fc.pre(soundOf(a) !== soundOf(b));
        if (!mayBeSimilar(a.length, lettersOf(a), b.length, lettersOf(b))) expect(wordSimilarity(a, b)).toBe(0);
      }),
      { numRuns: 2000 },
    );
  });
});
