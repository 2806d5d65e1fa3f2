import { addressesIn } from './forwarded-for.js';

describe('X-Forwarded-For', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['192.0.2.1:50000', '192.0.2.1'],
    [
      ' 192.0.2.1:1 , "[2001:db8::1]:443",[2001:db8::2], 2001:db8::3 ',
      '192.0.2.1, 2001:db8::1, 2001:db8::2, 2001:db8::3',
    ],
    ['::ffff:192.0.2.1', '::ffff:192.0.2.1'],
    ['junk, 192.0.2.1', '192.0.2.1'],
    ['192.0.2.9, unknown, 192.0.2.1', '192.0.2.1'],
    ['192.0.2.1, junk', undefined],
    ['192.0.2.1,', undefined],
    ['192.0.2', undefined],
    ['0x7f.0.0.1', undefined],
    ['192.0.2.1:port', undefined],
    ['192.0.2.1:1:2', undefined],
    ['[192.0.2.1', undefined],
    ['', undefined],
  ])('%j is believed as %j', (header, believed) => expect(addressesIn(header)).toBe(believed));

  it('is read in linear time', () => {
    for (const text of [
      '['.repeat(50_000),
      '1.'.repeat(50_000),
      '"'.repeat(50_000),
      ','.repeat(50_000),
      ' '.repeat(50_000),
    ])
      expect(addressesIn(text)).toBeUndefined();
  });
});
