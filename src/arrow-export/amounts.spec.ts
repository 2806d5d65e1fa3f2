import * as fc from 'fast-check';
import { equal, round } from '../common/money.js';
import { type NumberLocale, parseAmount } from './amounts.js';

const value = (text: string) => ({ kind: 'value', value: text });
const invalid = expect.objectContaining({ kind: 'invalid' });

describe('V16: reading an amount', () => {
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
    ['true', 'comma', invalid],
    ['1E-5', 'point', value('0.00001')],
    ['1e-5', 'point', value('0.00001')],
    ['1e3', 'point', value('1000')],
    ['-1.5E+3', 'point', value('-1500')],
    ['1,5E-5', 'comma', value('0.000015')],
    ['(1E-5)', 'point', value('-0.00001')],
    ['€ 1E-5', 'point', value('0.00001')],
    ['1E-11', 'point', value('0')],
    ['5E-11', 'point', value('0.0000000001')],
    ['1E12', 'point', invalid],
    ['1E999', 'point', invalid],
    ['1E-999', 'point', value('0')],
    ['1E', 'point', invalid],
    ['E5', 'point', invalid],
    ['1E-', 'point', invalid],
    ['1E5.5', 'point', invalid],
    ['1,234E1', 'point', invalid],
    ['0x10', 'point', invalid],
    ['1_000', 'point', invalid],
    ['5.', 'point', value('5')],
    ['.', 'point', invalid],
    [',', 'comma', invalid],
    ['007.50', 'point', value('7.5')],
    ['-000', 'point', value('0')],
    ['1000', 'point', value('1000')],
    ['1,234', 'point', value('1234')],
    ['1,234', 'comma', value('1.234')],
    ['1.234', 'point', value('1.234')],
    ['1.234', 'comma', value('1234')],
    ['0,123', 'point', invalid],
    ['0.123', 'comma', invalid],
    ['1,234,567.89', 'point', value('1234567.89')],
    ['1\u202f234,56', 'comma', value('1234.56')],
    ["1'234,567.00", 'point', invalid],
    ['1  234', 'point', invalid],
    ['10 zł', 'point', invalid],
    ['₹ 10', 'point', value('10')],
    ['USD -10', 'point', value('-10')],
    ['\u20135.00', 'point', value('-5')],
    ['-5-', 'point', invalid],
    ['((5))', 'point', invalid],
    ['-', 'point', invalid],
    ['()', 'point', invalid],
    ['N/A', 'point', invalid],
    ['5 5', 'point', invalid],
    ['\uff15', 'point', invalid],
    ['--5', 'point', invalid],
    ['(-5)', 'point', invalid],
    ['1,23,456.00', 'point', invalid],
    ['1,000,00', 'point', invalid],
    ['1.2.3', 'point', invalid],
    ['null', 'point', invalid],
    ['1234567890123', 'point', invalid],
    ['999999999999.9999999999', 'point', value('999999999999.9999999999')],
    ['999999999999.99999999999', 'point', invalid],
    ['1,000,000,000,000', 'point', invalid],
    ['0.12345678901', 'point', value('0.123456789')],
    ['0.12345678905', 'point', value('0.1234567891')],
    ['-0.12345678905', 'point', value('-0.1234567891')],
    ['0,12345678905', 'comma', value('0.1234567891')],
    ['-0.00000000001', 'point', value('0')],
    [`0.${'3'.repeat(150)}`, 'point', value('0.3333333333')],
    ['9'.repeat(201), 'point', { kind: 'invalid', text: '9'.repeat(100) }],
    [' '.repeat(300), 'point', { kind: 'absent' }],
    ['\u00a0', 'point', { kind: 'absent' }],
    ['', 'point', { kind: 'absent' }],
    ['  ', 'comma', { kind: 'absent' }],
  ])('%p under the locale %s', (text, locale, expected) => expect(parseAmount(text, locale)).toEqual(expected));

  test('null is absent', () => expect(parseAmount(null, 'point')).toEqual({ kind: 'absent' }));

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
          const parsed = parseAmount(`${negative ? '-' : ''}${digits}${decimal}${tail}`, locale);
          expect(parsed.kind === 'value' && equal(parsed.value, `${negative ? '-' : ''}${whole}.${tail}`)).toBe(true);
        },
      ),
    );
  });

  test('rounds what the ledger cannot keep, half away from zero, and nothing else', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^-?(0|[1-9]\d{0,10})\.\d{1,20}$/), (text) => {
        const parsed = parseAmount(text, 'point');
        expect(parsed.kind === 'value' && equal(parsed.value, round(text, 10))).toBe(true);
      }),
    );
  });

  test('writes the same number in the same way, however it was written', () => {
    fc.assert(
      fc.property(fc.integer({ min: -999_999, max: 999_999 }), fc.integer({ min: 0, max: 6 }), (digits, power) => {
        const plain = parseAmount((digits / 10 ** power).toFixed(power), 'point');
        expect(parseAmount(`${digits}E-${power}`, 'point')).toEqual(plain);
        expect(parseAmount(`${digits}e-${power}0`.replace(/0$/, ''), 'comma')).toEqual(plain);
        if (plain.kind === 'value') expect(parseAmount(plain.value, 'point')).toEqual(plain);
      }),
    );
  });

  test('never throws and never reads garbage as zero', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 40 }), (text) => {
        const parsed = parseAmount(text, 'point');
        if (parsed.kind === 'value' && parsed.value === '0') expect(text).toMatch(/0|e-/i);
      }),
    );
  });
});
