import { currencyDigits, currencyOf } from './currency.js';

describe('A currency', () => {
  test.each([
    ['EUR', 2],
    ['USD', 2],
    ['JPY', 0],
    ['KWD', 3],
    ['CLF', 4],
    ['ISK', 0],
    ['IQD', 3],
    // What people write and what the standard says differ here; the standard counts.
    ['HUF', 2],
    ['IDR', 2],
    ['COP', 2],
    ['€', 2],
    ['', 2],
  ])('%j has %i decimals', (code, digits) => expect(currencyDigits(code)).toBe(digits));

  test.each([['EUR'], ['eur'], ['Eur']])('is known as EUR where it is written %j', (text) => {
    expect(currencyOf(text)).toEqual({ code: 'EUR', known: true });
  });

  // Withdrawn ones stay readable: old months, and late credits of them, are in them.
  test.each(['BGN', 'HRK', 'CLF', 'CHE', 'COU', 'USN', 'UYW', 'VED', 'XAD', 'XCG', 'ZWG'])(
    'is known as %s, whatever release of the data of currencies the runtime has',
    (code) => expect(currencyOf(code)).toEqual({ code, known: true }),
  );

  test.each([['€'], ['EURO'], ['978'], ['null'], ['XXX'], ['XTS'], ['ZZZ'], ['EU'], ['__proto__']])(
    'is none in %j',
    (text) => {
      expect(currencyOf(text)).toEqual({ code: text, known: false });
    },
  );
});
