import { columnsOf, lineOf, missingColumns } from './export-lines.js';

const read = (headers: string[], row: (string | null)[], references = {}) =>
  lineOf(row, columnsOf(headers, references));

describe('Export lines', () => {
  it('take the first column that is not blank, line by line', () => {
    const headers = ['Customer Total Price', 'Sell Total Price', 'Qty', 'Quantity', 'Service Name', 'Vendor Name'];
    expect(read(headers, ['1.00', '2.00', '3', ' ', 'svc', null])).toMatchObject({
      sell: '2.00',
      quantity: '3',
      vendorName: 'svc',
    });
    expect(read(headers, ['1.00', '', '3', '4', 'svc', 'vendor'])).toMatchObject({
      sell: '1.00',
      quantity: '4',
      vendorName: 'vendor',
    });
  });

  it('keep amounts exact, and leave out what is no number', () => {
    const headers = ['Sell Total Price', 'Buy Total Price', 'Qty'];
    expect(read(headers, ['13.68770', 'n/a', null])).toMatchObject({ sell: '13.68770', buy: null, quantity: null });
    expect(read(headers, ['€ 1,234.50', 'null', '0.000001'])).toMatchObject({ sell: '1234.50', buy: null });
  });

  it('find columns in any letter case, and renamed ones by the export type', () => {
    expect(read(['ars subscription id'], ['XSP1']).licenseReference).toBe('XSP1');
    const references = { 'ars-subscription-id': 'Litsents', 'customer-total-price': 'Müük' };
    expect(read(['Müük', 'Litsents'], ['5', 'XSP2'], references)).toMatchObject({
      licenseReference: 'XSP2',
      sell: '5',
    });
  });

  it('say which columns are missing', () => {
    expect(missingColumns(columnsOf(['ARS Subscription ID', 'Customer Total Price', 'Buy Total Price']))).toEqual([]);
    expect(missingColumns(columnsOf(['Sequence', 'Customer Total Price']))).toEqual([
      'ARS Subscription ID or License Reference',
      'Buy Total Price or Total Wholesale Price',
    ]);
  });
});
