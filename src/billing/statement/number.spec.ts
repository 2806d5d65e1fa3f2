import * as fc from 'fast-check';
import { equal } from '../../common/money.js';
import { type NumberLocale, parseNumber } from './number.js';

const value = (text: string) => ({ kind: 'value', value: text });
const invalid = expect.objectContaining({ kind: 'invalid' });

describe('V16: reading a number', () => {
  test.each<[string, NumberLocale, unknown]>([
    ['100.00', 'point', value('100')],
    ['1,000.00', 'point', value('1000')],
    ['€100.00', 'point', value('100')],
    ['100', 'point', value('100')],
    ['100.5', 'point', value('100.5')],
    ['94.25000', 'point', value('94.25')],
    ['1.234,56', 'comma', value('1234.56')],
    ['1.234,56', 'point', invalid],
    ['12,5', 'comma', value('12.5')],
    ['12,5', 'point', invalid],
    ['1 234,56', 'comma', value('1234.56')],
    ['1 234,56', 'point', invalid],
    ['1\u00a0234.56', 'point', value('1234.56')],
    ["1'234.56", 'point', value('1234.56')],
    ['EUR 10', 'point', value('10')],
    ['10 EUR', 'point', value('10')],
    ['(5.00)', 'point', value('-5')],
    ['5.00-', 'point', value('-5')],
    ['\u22125.00', 'point', value('-5')],
    ['-€5.00', 'point', value('-5')],
    ['€-5.00', 'point', value('-5')],
    ['-0.00', 'point', value('0')],
    ['.5', 'point', value('0.5')],
    ['NaN', 'point', invalid],
    ['Infinity', 'point', invalid],
    ['true', 'point', invalid],
    ['1e3', 'point', invalid],
    ['--5', 'point', invalid],
    ['(-5)', 'point', invalid],
    ['1,23,456.00', 'point', invalid],
    ['1,000,00', 'point', invalid],
    ['1.2.3', 'point', invalid],
    ['null', 'point', invalid],
    ['1234567890123', 'point', invalid],
    ['0.12345678901', 'point', invalid],
    ['', 'point', { kind: 'absent' }],
    ['  ', 'comma', { kind: 'absent' }],
  ])('%p under the locale %s', (text, locale, expected) => expect(parseNumber(text, locale)).toEqual(expected));

  test('null is absent', () => expect(parseNumber(null, 'point')).toEqual({ kind: 'absent' }));

  test('never makes another number of what was written, in either locale', () => {
    const amounts = fc.tuple(
      fc.bigInt({ min: 0n, max: 10n ** 12n - 1n }),
      fc.integer({ min: 0, max: 99_999 }),
      fc.boolean(),
    );
    fc.assert(
      fc.property(
        amounts,
        fc.constantFrom<NumberLocale>('point', 'comma'),
        fc.boolean(),
        ([whole, fraction, negative], locale, grouped) => {
          const [mark, decimal] = locale === 'point' ? [',', '.'] : ['.', ','];
          const digits = grouped ? whole.toString().replace(/\B(?=(\d{3})+$)/g, mark) : whole.toString();
          const tail = String(fraction).padStart(5, '0');
          const parsed = parseNumber(`${negative ? '-' : ''}${digits}${decimal}${tail}`, locale);
          expect(parsed.kind === 'value' && equal(parsed.value, `${negative ? '-' : ''}${whole}.${tail}`)).toBe(true);
        },
      ),
    );
  });

  test('never throws and never reads garbage as zero', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 40 }), (text) => {
        const parsed = parseNumber(text, 'point');
        if (parsed.kind === 'value' && parsed.value === '0') expect(text).toMatch(/0/);
      }),
    );
  });
});
