import { type PriceSource, resolveColumns } from './columns.js';
import { type ExportLineContext, readExportLine } from './export-line.js';

const contextFor = (headers: string[]): ExportLineContext => ({
  columns: resolveColumns(headers).columns,
  numberLocale: 'point',
  priceSource: 'sell',
  defaultCurrency: 'EUR',
});
const read = (row: Record<string, string | null>, changes: Partial<ExportLineContext> = {}) =>
  readExportLine(Object.values(row), { ...contextFor(Object.keys(row)), ...changes });
const value = (text: string) => ({ kind: 'value', value: text });

describe('a line of an export', () => {
  test('D-6: takes its price from the column that is filled on that line, line by line', () => {
    const headers = ['Sell Total Price', 'Customer Total Price'];
    const context = contextFor(headers);
    const sell = (row: (string | null)[]) => readExportLine(row, context).sell;
    expect([sell(['1', '2']), sell([null, '2']), sell([' ', '2']), sell(['0', '2']), sell([null, null])]).toEqual([
      '1',
      '2',
      '2',
      '0',
      null,
    ]);
  });

  test('D-15: has no margin where buy and sell are in different currencies', () => {
    const row = { 'Sell Total Price': '10', 'Buy Total Price': '8', 'Sell Currency': 'EUR', 'Buy Currency': 'USD' };
    expect(read(row)).toMatchObject({ sell: '10', buy: null, currency: { code: 'EUR', known: true } });
    expect(read({ ...row, 'Buy Currency': 'EUR' })).toMatchObject({ sell: '10', buy: '8' });
  });

  test('V17, D-3: a price of zero is a price, and a blank one is none', () => {
    expect(read({ 'Sell Total Price': '0.00', 'Buy Total Price': '' })).toMatchObject({
      sell: '0',
      buy: null,
    });
  });

  test.each<PriceSource>(['sell', 'buy'])(
    'V16, D-17: is invalid where the %s amount that is charged cannot be read, with the text as sent',
    (priceSource) => {
      const row = { 'Sell Total Price': '12,5', 'Buy Total Price': '12,5', Qty: '1' };
      expect(read(row, { priceSource })).toMatchObject({
        amount: { kind: 'invalid', text: '12,5' },
        sell: null,
        buy: null,
      });
    },
  );

  test('goes on where a cell that is not charged cannot be read', () => {
    const row = { 'Sell Total Price': '0.12345678901', 'Buy Total Price': 'NaN', Qty: 'n/a', 'Bill From': 'soon' };
    expect(read(row)).toMatchObject({
      amount: value('0.123456789'),
      sell: '0.123456789',
      buy: null,
      quantity: null,
      serviceStart: null,
    });
    expect(read(row, { priceSource: 'buy' }).amount).toEqual({ kind: 'invalid', text: 'NaN' });
  });

  test.each([[null], [''], ['  '], ['\u00a0'], ['\0']])(
    'has no amount, and not zero, where the charged cell is %j',
    (cell) => {
      expect(read({ 'Sell Total Price': cell, 'Buy Total Price': '5' })).toMatchObject({
        amount: { kind: 'absent' },
        sell: null,
        buy: '5',
      });
    },
  );

  test('has its numbers read under the locale of the account', () => {
    const row = { 'Sell Total Price': '1,234', 'Buy Total Price': '1.234,56', Qty: '1,5' };
    expect(read(row)).toMatchObject({ amount: value('1234'), buy: null, quantity: null });
    expect(read(row, { numberLocale: 'comma' })).toMatchObject({
      amount: value('1.234'),
      buy: '1234.56',
      quantity: '1.5',
    });
  });

  test('V2, D-2: keeps quantity as information and the total as it is', () => {
    expect(read({ Qty: '10', 'Customer Total Price': '100.00' })).toMatchObject({
      quantity: '10',
      sell: '100',
    });
  });

  test('D-15: carries the currency of the price that is charged', () => {
    const row = { 'Country Marketplace Currency': 'eur', 'Service Provider Currency': 'USD' };
    expect(read(row).currency).toEqual({ code: 'EUR', known: true });
    expect(read(row, { priceSource: 'buy' }).currency).toEqual({ code: 'USD', known: true });
  });

  test.each([['€'], ['EURO'], ['978'], ['null'], ['N/A'], ['XXX'], ['EUR USD'], ['US Dollars in words']])(
    'keeps %j as it is for a currency that is none',
    (text) => {
      const row = { Currency: text, 'Sell Total Price': '5' };
      expect(read(row)).toMatchObject({ currency: { code: text.slice(0, 10), known: false }, amount: value('5') });
    },
  );

  test('is in the account’s default currency where its cell is empty or not there', () => {
    const rows: Record<string, string | null>[] = [{ Currency: null }, { Currency: ' ' }, { Qty: '1' }];
    for (const row of rows) {
      expect(read(row, { defaultCurrency: 'SEK' }).currency).toEqual({ code: 'SEK', known: true });
      expect(read(row, { defaultCurrency: '' }).currency).toEqual({ code: '', known: false });
    }
  });

  test('shows no second amount beside one in another currency, be it a currency or not', () => {
    const row = { 'Sell Total Price': '10', 'Buy Total Price': '8', 'Sell Currency': 'EUR' };
    expect(read({ ...row, 'Buy Currency': '€' }).buy).toBeNull();
    expect(read({ ...row, 'Buy Currency': ' eur ' }).buy).toBe('8');
    expect(read({ ...row, 'Buy Currency': null }).buy).toBe('8');
  });

  test('V13, D-33: says nothing where a cell is null, too short a row included', () => {
    const context = contextFor(['Sequence', 'Vendor Subscription ID', 'Classification', 'Product Name']);
    expect(readExportLine(['L1', null], context)).toMatchObject({
      lineKey: 'L1',
      subscriptionReference: '',
      classification: '',
      productName: '',
      period: { kind: 'absent' },
      amount: { kind: 'absent' },
    });
  });

  test('D-19: carries the dates it was billed for', () => {
    expect(read({ 'Bill From': '01-02-2026', 'Bill To': '28/02/2026' })).toMatchObject({
      serviceStart: '2026-02-01',
      serviceEnd: '2026-02-28',
    });
    expect(read({ 'Bill From': '31-02-2026', 'Bill To': 'soon' })).toMatchObject({
      serviceStart: null,
      serviceEnd: null,
    });
  });

  test.each([
    ['01-03-2026'],
    ['01/03/2026'],
    ['1.3.2026'],
    ['2026-03-01'],
    ['2026/03/01'],
    ['20260301'],
    ['2026-03-01T10:00:00Z'],
    ['01-03-2026 10:00:00'],
    [' 29-02-2028 '],
  ])('D-23: is validated on %j', (text) => expect(read({ 'Validation Date': text }).validated).toBe(true));

  test.each([
    [null],
    [''],
    ['0000-00-00'],
    ['0000-00-00 00:00:00'],
    ['00-00-0000'],
    ['0001-01-01'],
    ['1900-01-01'],
    ['null'],
    ['NULL'],
    ['N/A'],
    ['-'],
    ['2026-02-30'],
    ['29-02-2026'],
    ['31-04-2026'],
    ['01-13-2026'],
    ['2026-03'],
    ['2026-03-01x'],
    ['01-03/2026'],
    ['45000'],
    ['true'],
    ['yes'],
  ])('D-23: is not validated by %j', (text) => expect(read({ 'Validation Date': text }).validated).toBe(false));

  test('D-23: leaves open whether it is validated where the export does not say', () => {
    expect(read({ Qty: '1' }).validated).toBeNull();
  });

  test.each([
    ['2026-08'],
    ['202608'],
    ['2026-08-01'],
    ['2026-08-31'],
    ['2026/08'],
    ['2026/8'],
    ['08/2026'],
    ['8/2026'],
    ['08-2026'],
    ['01-08-2026'],
    ['31/08/2026'],
    ['20260801'],
    ['2026-08-01T00:00:00.000Z'],
    [' 2026-08 '],
  ])('is of August where its report period is %j', (text) => {
    expect(read({ 'Report Period': text }).period).toEqual(value('2026-08'));
  });

  test.each([
    ['2026-13'],
    ['202600'],
    ['2026'],
    ['26-08'],
    ['13/2026'],
    ['2026-08-32'],
    ['30-02-2026'],
    ['0000-00-00'],
    ['August 2026'],
    ['2026-08 - 2026-09'],
    ['null'],
    ['N/A'],
    ['-'],
    ['1999-12'],
    ['2026-08x'],
  ])('is of a month that cannot be read where its report period is %j', (text) => {
    expect(read({ 'Report Period': text }).period).toEqual({ kind: 'invalid', text });
  });

  test('is of no month of its own where its report period is empty', () => {
    expect([read({ 'Report Period': ' ' }).period, read({ Qty: '1' }).period]).toEqual([
      { kind: 'absent' },
      { kind: 'absent' },
    ]);
  });

  test('is named by what a person called it, never by a name that ArrowSphere made up', () => {
    const named = (friendly: string) =>
      read({ 'Friendly Name': friendly, Description: 'Virtual Machines' }).productName;
    expect(named('Sales portal')).toBe('Sales portal');
    expect(named('XSP710001|XSP200001|azure')).toBe('Virtual Machines');
  });

  test('is cleaned of what the database cannot keep', () => {
    expect(read({ 'Product Name': 'a\0b\ud800', 'Vendor Name': ` ${'v'.repeat(300)}` })).toMatchObject({
      productName: 'ab\ufffd',
      vendorName: 'v'.repeat(255),
    });
  });
});
