import { parseUrl } from './parse-url.js';

describe('A text that may be a URL', () => {
  it('is read the same way the first time and the fifty thousandth', () => {
    const hosts = new Set<string | undefined>();
    for (let n = 0; n < 50_000; n++) hosts.add(parseUrl('https://bücher.example.org/')?.hostname);
    expect([...hosts]).toEqual(['xn--bcher-kva.example.org']);
  });

  it('is undefined when it is none', () => {
    expect(parseUrl('https://')).toBeUndefined();
    expect(parseUrl('/api/')).toBeUndefined();
    expect(parseUrl('')).toBeUndefined();
  });
});
