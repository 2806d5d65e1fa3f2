import { AnswerFault } from './answers.js';
import { findHeader, readConsumption, readEstimate, readExportPage, uniqueLabels } from './table-answers.js';
import { processorTime } from '../../test/support/processor-time.js';

const consumption = (headers: unknown, lines: unknown) =>
  readConsumption({ status: 200, data: { headers, lines } }, 'XSP1');

describe('A consumption answer', () => {
  const HEADERS = ['Report Period', 'Country currency code', 'Total buy price', 'Total sell price'];

  it('is summed exactly by month, by the names of its columns', () => {
    const { months } = consumption(HEADERS, [
      ['2026-06', 'EUR', 0.1, '0.2'],
      ['2026-05', 'EUR', 81.5, 94.25],
      ['2026-06', 'EUR', 0.2, '0.1'],
    ]);
    expect(months).toEqual([
      { period: '2026-05', sellTotal: '94.25', buyTotal: '81.5', currency: 'EUR', lineCount: 1 },
      { period: '2026-06', sellTotal: '0.3', buyTotal: '0.3', currency: 'EUR', lineCount: 2 },
    ]);
  });

  it('is read whatever the case and the spaces of its headers, and by the older names', () => {
    const { months } = consumption(
      [' report period ', 'COUNTRY CUSTOMER TOTAL', 'Country Reseller Total'],
      [['2026-05', 2, 1]],
    );
    expect(months).toEqual([{ period: '2026-05', sellTotal: '2', buyTotal: '1', currency: null, lineCount: 1 }]);
  });

  it.each([[null], ['null'], [''], ['n/a'], [undefined]])(
    'has no total, rather than 0, where a price is %j',
    (price) => {
      const { months } = consumption(HEADERS, [
        ['2026-05', 'EUR', 1, 5],
        ['2026-05', 'EUR', 1, price],
      ]);
      expect(months[0]).toMatchObject({ sellTotal: null, buyTotal: '2' });
    },
  );

  it('has no totals where there is no such column, or where currencies are mixed', () => {
    expect(consumption(['Report Period'], [['2026-05']]).months[0]).toMatchObject({ sellTotal: null, buyTotal: null });
    const { months } = consumption(HEADERS, [
      ['2026-05', 'EUR', 1, 1],
      ['2026-05', 'USD', 1, 1],
    ]);
    expect(months[0]).toEqual({ period: '2026-05', sellTotal: null, buyTotal: null, currency: null, lineCount: 2 });
  });

  it('may have rows that are too short or too long', () => {
    const { table, months } = consumption(HEADERS, [
      ['2026-05', 'EUR', 1],
      ['2026-05', 'EUR', 1, 2, 'surplus'],
    ]);
    expect(table.rows[0]?.get('Total sell price')).toBeNull();
    expect([...(table.rows[1]?.keys() ?? [])]).toEqual(HEADERS);
    expect(months[0]?.sellTotal).toBeNull();
  });

  it('keeps both of two columns of one name, the first under its name', () => {
    const { table, months } = consumption(
      ['Report Period', 'Total sell price', 'Total Sell Price '],
      [['2026-05', '1', '2']],
    );
    expect(table.headers).toEqual(['Report Period', 'Total sell price', 'Total Sell Price (2)']);
    expect(table.rows[0]?.get('Total Sell Price (2)')).toBe('2');
    expect(months[0]?.sellTotal).toBe('1');
  });

  it('may be without lines', () => {
    expect(consumption([], []).months).toEqual([]);
  });

  it('is malformed without a period it could be booked on, or where a line is none', () => {
    expect(() => consumption(['Total sell price'], [['1']])).toThrow('no column "Report Period"');
    expect(() => consumption(HEADERS, [['soon', 'EUR', 1, 1]])).toThrow('line 1 has no report period');
    expect(() => consumption(HEADERS, [{ a: 1 }])).toThrow(AnswerFault);
    expect(() => consumption(HEADERS, [[['2026-05']]])).toThrow('data.lines.0.0 is not a cell');
    expect(() => consumption(HEADERS, 'none')).toThrow('data.lines is not of the expected shape (array expected)');
  });
});

describe('A large answer', () => {
  it('of consumption is read in a time that grows with its lines, not with their square', async () => {
    const read = (length: number) => () => {
      const lines = Array.from({ length }, () => ['2026-05', '1']);
      readConsumption({ data: { headers: ['Report Period', 'Total sell price'], lines } }, 'XSP1');
    };
    read(2_000)();
    expect(await processorTime(read(128_000))).toBeLessThan(60 * (await processorTime(read(8_000))));
  });

  it('of more columns than any table has is refused, as short rows are filled up to them', () => {
    const headers = Array.from({ length: 1001 }, (_, at) => `Column ${at}`);
    expect(() => readExportPage({ data: { headers, values: [[]] } })).toThrow('it has more than 1000 columns');
  });
});

describe('An export page', () => {
  const page = (values: unknown) =>
    readExportPage({
      code: 0,
      data: { headers: ['A', 'B'], values },
      pagination: { perPage: 2, currentPage: 1, total: 3, totalPages: 2 },
    });

  it('gives its cells as they were sent, and its place in the export', () => {
    expect(
      page([
        ['1.50000', null],
        ['', 'x'],
      ]),
    ).toEqual({
      headers: ['A', 'B'],
      rows: [
        ['1.50000', null],
        ['', 'x'],
      ],
      claim: { page: 1, pageSize: 2, totalRows: 3, totalPages: 2 },
    });
  });

  it('pads short rows and drops cells without a header', () => {
    expect(page([['1'], ['1', '2', '3'], []]).rows).toEqual([
      ['1', null],
      ['1', '2'],
      [null, null],
    ]);
  });

  it('turns numbers into text', () => {
    expect(page([[1.5, 1e-7]]).rows).toEqual([['1.5', '0.0000001']]);
  });
});

describe('An estimate', () => {
  const estimate = (data: unknown) => readEstimate({ status: 200, data });

  it('is what was consumed so far', () => {
    const values = [
      { consumed: { buy: '1.10', sell: 2.2, list: 3 }, estimatedMin: 1 },
      { consumed: { buy: 1, sell: 1, list: 1 } },
    ];
    expect(estimate({ currency: 'EUR', reportPeriod: '2026-11', values })).toEqual({
      period: '2026-11',
      sellTotal: '3.2',
      buyTotal: '2.1',
      currency: 'EUR',
    });
  });

  it('is unknown where ArrowSphere does not say', () => {
    expect(estimate({ reportPeriod: '2026-11-01', values: [{ consumed: { buy: null } }] })).toEqual({
      period: '2026-11',
      sellTotal: null,
      buyTotal: null,
      currency: null,
    });
    expect(estimate({ reportPeriod: '2026-11', values: [] })).toMatchObject({ sellTotal: null });
    expect(() => estimate({ reportPeriod: 'soon', values: [] })).toThrow('not a month');
  });
});

describe('Headers', () => {
  it('are told apart without regard to case', () => {
    expect(uniqueLabels(['A', 'a ', 'A (2)', 'B'])).toEqual(['A', 'a (2)', 'A (2) (2)', 'B']);
  });

  it('are found by the first name that is there', () => {
    expect(findHeader(['Sell', 'Customer Total Price'], 'sell total price', 'customer total price')).toBe(
      'Customer Total Price',
    );
    expect(findHeader(['Sell'], 'Buy')).toBeUndefined();
  });
});
