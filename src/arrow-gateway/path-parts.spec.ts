import fc from 'fast-check';
import { ArrowReferenceNotUsableError } from './arrow-gateway.errors.js';
import { pathPart } from './path-parts.js';

describe('A reference in a path', () => {
  it('is one part of the path and nothing else, whatever is in it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (reference) => {
        let part: string;
        try {
          part = pathPart(reference, 'reference');
        } catch (error) {
          expect(error).toBeInstanceOf(ArrowReferenceNotUsableError);
          return;
        }
        const url = new URL(`https://xsp.arrow.com/api/licenses/${part}/history`);
        expect(url.pathname.split('/')).toHaveLength(5);
        expect(decodeURIComponent(url.pathname.split('/')[3] as string)).toBe(reference.trim());
        expect([url.search, url.hash, url.host]).toEqual(['', '', 'xsp.arrow.com']);
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['XSP900888', 'XSP900888'],
    [' XSP900888 ', 'XSP900888'],
    ['a/b', 'a%2Fb'],
    ['a b', 'a%20b'],
    ['a?b#c', 'a%3Fb%23c'],
    ['Õ/漢', '%C3%95%2F%E6%BC%A2'],
    ['%2e%2e', '%252e%252e'],
    ['...', '...'],
    ['x'.repeat(300), 'x'.repeat(300)],
  ])('%j becomes %s', (reference, part) => {
    expect(pathPart(reference, 'reference')).toBe(part);
  });

  it.each([
    ['', 'it is empty'],
    [' \t', 'it is empty'],
    ['.', 'not a reference but a path'],
    [' .. ', 'not a reference but a path'],
    ['a\u0000b', 'control characters'],
    ['a\nb', 'control characters'],
    ['\ud800', 'not well-formed text'],
    ['x'.repeat(513), 'longer than 512 characters'],
  ])('%j is refused', (reference, why) => {
    expect(() => pathPart(reference, 'licence reference')).toThrow(ArrowReferenceNotUsableError);
    expect(() => pathPart(reference, 'licence reference')).toThrow(why);
  });
});
