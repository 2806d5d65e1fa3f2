import { missingColumns, resolveColumns } from '../../settings/export-columns.js';
import { normaliseRow, type NormaliseContext } from './normalise.js';

const contextFor = (headers: string[], references: Record<string, string> = {}): NormaliseContext => ({
  columns: resolveColumns(headers, references).columns,
  numberLocale: 'point',
  priceSource: 'sell',
  defaultCurrency: 'EUR',
});
const normalise = (row: Record<string, string | null>, references = {}) =>
  normaliseRow(Object.values(row), contextFor(Object.keys(row), references));

describe('the columns of an export', () => {
  test('are found whatever the case and the spaces', () => {
    expect(normalise({ ' ars subscription id': 'XSP1', 'CUSTOMER TOTAL PRICE': '5' }).line).toMatchObject({
      licenseReference: 'XSP1',
      sell: '5',
    });
  });

  test('are found by their reference where the partner renamed the label', () => {
    const { line } = normalise(
      { Kliendihind: '5', Litsents: 'XSP1' },
      { customer_total_price: 'Kliendihind', arsSubscriptionId: 'Litsents' },
    );
    expect(line).toMatchObject({ sell: '5', licenseReference: 'XSP1' });
  });

  test('that carry one label twice are reported', () => {
    expect(resolveColumns(['Sequence', 'Qty', 'Sequence', 'Foo', 'Foo']).ambiguous).toEqual(['Sequence']);
  });

  test('V9, D-3: an export without the price column is an error, not a price of zero', () => {
    const needs = { priceSource: 'sell', classificationFilter: 'IAAS' } as const;
    const headers = ['Sequence', 'ARS Subscription ID', 'Classification', 'Buy Total Price'];
    expect(missingColumns(resolveColumns(headers).columns, needs)).toEqual([
      'Sell Total Price or Customer Total Price',
    ]);
    expect(missingColumns(resolveColumns(headers).columns, { ...needs, priceSource: 'buy' })).toEqual([]);
    expect(missingColumns(resolveColumns([]).columns, needs)).toHaveLength(4);
  });
});

describe('a line of an export', () => {
  test('D-6: takes its price from the column that is filled on that line, line by line', () => {
    const headers = ['Sell Total Price', 'Customer Total Price'];
    const context = contextFor(headers);
    const sell = (row: (string | null)[]) => normaliseRow(row, context).line.sell;
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
    expect(normalise(row).line).toMatchObject({ sell: '10', buy: null, currency: 'EUR' });
    expect(normalise({ ...row, 'Buy Currency': 'EUR' }).line).toMatchObject({ sell: '10', buy: '8' });
  });

  test('V17, D-3: a price of zero is a price, and a blank one is none', () => {
    expect(normalise({ 'Sell Total Price': '0.00', 'Buy Total Price': '' }).line).toMatchObject({
      sell: '0',
      buy: null,
    });
  });

  test('V16, D-17: a price that cannot be read is a fault with the text as sent', () => {
    const { line, faults } = normalise({ 'Sell Total Price': '12,5', 'Buy Total Price': 'NaN', Qty: 'x' });
    expect(line).toMatchObject({ sell: null, buy: null, quantity: null });
    expect(faults).toEqual([
      { meaning: 'quantity', text: 'x' },
      { meaning: 'sell', text: '12,5' },
      { meaning: 'buy', text: 'NaN' },
    ]);
  });

  test('V2, D-2: keeps quantity as information and the total as it is', () => {
    expect(normalise({ Qty: '10', 'Customer Total Price': '100.00' }).line).toMatchObject({
      quantity: '10',
      sell: '100',
    });
  });

  test('D-15: carries the currency of the price that is charged', () => {
    const row = { 'Country Marketplace Currency': 'eur', 'Service Provider Currency': 'USD' };
    const context = contextFor(Object.keys(row));
    expect(normaliseRow(Object.values(row), context).line.currency).toBe('EUR');
    expect(normaliseRow(Object.values(row), { ...context, priceSource: 'buy' }).line.currency).toBe('USD');
    expect(normalise({ Qty: '1' }).line.currency).toBe('EUR');
  });

  test('V13, D-33: says nothing where a cell is null, too short a row included', () => {
    const context = contextFor(['Sequence', 'Vendor Subscription ID', 'Classification', 'Product Name']);
    expect(normaliseRow(['L1', null], context)).toMatchObject({
      line: { lineKey: 'L1', subscriptionReference: '', classification: '', productName: '' },
      faults: [],
    });
  });

  test('D-19: carries the dates it was billed for', () => {
    expect(normalise({ 'Bill From': '01-02-2026', 'Bill To': '28/02/2026' }).line).toMatchObject({
      serviceStart: '2026-02-01',
      serviceEnd: '2026-02-28',
    });
    expect(normalise({ 'Bill From': '31-02-2026', 'Bill To': 'soon' }).line).toMatchObject({
      serviceStart: null,
      serviceEnd: null,
    });
  });

  test('D-23: says whether Arrow validated it, as far as the export tells', () => {
    expect(normalise({ 'Validation Date': '01-03-2026' }).line.validated).toBe(true);
    expect(normalise({ 'Validation Date': null }).line.validated).toBe(false);
    expect(normalise({ Qty: '1' }).line.validated).toBeNull();
  });

  test('is named by what a person called it, never by a name that ArrowSphere made up', () => {
    const named = (friendly: string) =>
      normalise({ 'Friendly Name': friendly, Description: 'Virtual Machines' }).line.productName;
    expect(named('Sales portal')).toBe('Sales portal');
    expect(named('XSP710001|XSP200001|azure')).toBe('Virtual Machines');
  });

  test('is cleaned of what the database cannot keep', () => {
    expect(normalise({ 'Product Name': 'a\0b\ud800', 'Vendor Name': ` ${'v'.repeat(300)}` }).line).toMatchObject({
      productName: 'ab\ufffd',
      vendorName: 'v'.repeat(255),
    });
  });
});
