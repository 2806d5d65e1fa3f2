import { sanitizeText } from './sanitize-text.js';

describe('storable', () => {
  it.each([
    ['Põhjala OÜ', 500, 'Põhjala OÜ'],
    ['a\u0000b', 500, 'ab'],
    ['half \ud800', 500, 'half \ufffd'],
    ['abcdef', 3, 'abc'],
    ['🚀🚀🚀', 2, '🚀🚀'],
    ['', 5, ''],
  ])('makes of %j with room for %d: %j', (text, max, stored) => expect(sanitizeText(text, max)).toBe(stored));
});
