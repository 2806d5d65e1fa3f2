import fc from 'fast-check';
import { toDecimal, toText } from './decimals.js';
import { parseExactJson } from '../http-client/exact-json.js';
import { processorTime } from '../../test/support/processor-time.js';

describe('A number from ArrowSphere', () => {
  it.each([
    ['94.25000', '94.25000'],
    ['13.68770', '13.68770'],
    ['-5', '-5'],
    ['+5', '5'],
    ['.5', '0.5'],
    ['5.', '5'],
    [' 94.25 ', '94.25'],
    ['€ 94.25', '94.25'],
    ['94.25 €', '94.25'],
    ['-€94.25', '-94.25'],
    ['1,234.50', '1234.50'],
    ['1,234,567', '1234567'],
    ['1e-7', '0.0000001'],
    ['1.5E+3', '1500'],
    ['12345678901234567890.0123456789', '12345678901234567890.0123456789'],
    [0, '0'],
    [81.5, '81.5'],
    [1e-7, '0.0000001'],
    [1e21, '1000000000000000000000'],
  ])('%j is the decimal %s', (cell, decimal) => {
    expect(toDecimal(cell)).toBe(decimal);
  });

  it.each([
    [null],
    [undefined],
    [''],
    ['  '],
    ['null'],
    ['NULL'],
    ['n/a'],
    ['-'],
    ['€'],
    ['12,5'],
    ['1,234'],
    ['1.234,50'],
    ['1,23.4'],
    ['0x10'],
    ['Infinity'],
    ['1e9999'],
    ['12 34'],
    ['5 USD'],
    [NaN],
    [Infinity],
    [true],
    [[]],
    [{}],
  ])('%j is unknown, not 0', (cell) => {
    expect(toDecimal(cell)).toBeNull();
  });

  it('keeps every digit that was sent, be it as text or as a JSON number', () => {
    const digits = fc.stringMatching(/^(0|[1-9]\d{0,24})(\.\d{1,24})?$/);
    fc.assert(
      fc.property(digits, fc.boolean(), (number, negative) => {
        const sent = negative ? `-${number}` : number;
        expect(toDecimal(sent)).toBe(sent);
        const [cell] = parseExactJson(`[${sent}]`) as unknown[];
        // Text keeps its zeros at the end; a JSON number has none to begin with.
        const read = toDecimal(cell) ?? '';
        const plain = (decimal: string): string =>
          decimal
            .replace(/(\.\d*?)0+$/, '$1')
            .replace(/\.$/, '')
            .replace(/^-0$/, '0');
        expect(plain(read)).toBe(plain(sent));
      }),
      { numRuns: 2000 },
    );
  });

  it('is a plain decimal as a cell of a table as well', () => {
    expect(toText(1e-7)).toBe('0.0000001');
    expect(toText('1e-7')).toBe('1e-7');
    expect(toText(false)).toBe('false');
    expect(toText(null)).toBeNull();
  });
});

describe('JSON from ArrowSphere', () => {
  it('is read as by JSON.parse where no number is long', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value);
        fc.pre(!/\d{16}|\d[eE]/.test(text.replace(/[.-]/g, '')));
        expect(parseExactJson(text)).toEqual(JSON.parse(text));
      }),
    );
  });

  it('keeps numbers of more digits than a double has as text, and leaves text as it is', () => {
    const text =
      '{"a":0.1234567890123456789,"b":"0.1234567890123456789","c":"\\"12345678901234567\\"","d":12345678901234567890,"e":1e400,"f":1.5}';
    expect(parseExactJson(text)).toEqual({
      a: '0.1234567890123456789',
      b: '0.1234567890123456789',
      c: '"12345678901234567"',
      d: '12345678901234567890',
      e: '1e400',
      f: 1.5,
    });
  });

  it('has no text, nor key, that a database refuses', () => {
    const text = String.raw`{"a\u0000b":["x\u0000y","\ud83d\ude80","half \uD83D",{"deep":"\uDE80 half"}],"n":12345678901234567,"z":"\\u0000"}`;
    expect(parseExactJson(text)).toEqual({
      ab: ['xy', '🚀', 'half \ufffd', { deep: '\ufffd half' }],
      n: '12345678901234567',
      z: String.raw`\u0000`,
    });
  });

  it('that is cut within a text full of quotes is found broken in a time that grows with it', async () => {
    const found = (quotes: number) => () =>
      expect(() => parseExactJson(`[12345678901234567,"${'\\"'.repeat(quotes)}`)).toThrow(SyntaxError);
    expect(await processorTime(found(400_000))).toBeLessThan(40 * (await processorTime(found(40_000))));
  });

  it('may hold a long text beside a long number', () => {
    const long = 'x'.repeat(12_000_000);
    expect(parseExactJson(`[12345678901234567,"${long}"]`)).toEqual(['12345678901234567', long]);
  });

  it('that is broken stays broken', () => {
    for (const text of ['', '{', '{"a":12345678901234567', '{"a":1234567890123456 7}', '[01234567890123456]', '"a']) {
      expect(() => parseExactJson(text)).toThrow(SyntaxError);
    }
  });
});
