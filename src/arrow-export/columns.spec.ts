import { missingColumns, missingLabels, resolveColumns } from './columns.js';

const positions = (headers: string[], references: Record<string, string> = {}) =>
  resolveColumns(headers, references).columns;

describe('the columns of an export', () => {
  test.each([[' ars subscription id'], ['ARS_SUBSCRIPTION_ID'], ['ArsSubscriptionId'], ['ARS-Subscription\u00a0ID']])(
    'are found whatever the case, spaces and marks: %j',
    (label) => expect(positions(['Qty', label])).toMatchObject({ license: [1], quantity: [0] }),
  );

  test('are found by their reference where the partner renamed the label', () => {
    const references = { customer_total_price: 'Müük', arsSubscriptionId: 'Litsents', 'vendor-name': 'Tarnija' };
    expect(positions(['Müük', 'Litsents'], references)).toMatchObject({ sell: [0], license: [1], vendor: [] });
  });

  test('are in order of preference, whatever their order in the export', () => {
    expect(positions(['Customer Total Price', 'Sequence', 'Sell Total Price', 'Line Reference'])).toMatchObject({
      sell: [2, 0],
      lineKey: [3, 1],
    });
  });

  test('are named by their labels where they are not there', () => {
    expect(missingLabels(positions(['Sequence', 'Customer Total Price']), ['license', 'sell', 'buy'])).toEqual([
      'ARS Subscription ID or License Reference',
      'Buy Total Price or Total Wholesale Price',
    ]);
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
