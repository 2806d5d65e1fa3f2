import { largestOf, shrinkage } from './check-export.js';

const size = (rows: number, eur: string, usd?: string) => ({
  rows,
  turnover: { EUR: eur, ...(usd === undefined ? {} : { USD: usd }) },
});

describe('an export that shrank', () => {
  test('is taken within the share of the account, and refused beyond it, by lines or by money of any currency', () => {
    expect(shrinkage(size(10, '1000'), size(8, '800'), '0.200')).toEqual([]);
    expect(shrinkage(size(10, '1000'), size(7, '1000'), '0.200')).toEqual([expect.stringContaining('10 to 7 lines')]);
    expect(shrinkage(size(10, '1000', '50.5'), size(10, '1000', '40'), '0.200')).toEqual([
      expect.stringContaining('in USD shrank from 50.5 to 40'),
    ]);
    expect(shrinkage(size(10, '1000'), size(0, '0'), '0.900')).toEqual([expect.stringContaining('is empty')]);
    expect(shrinkage(null, size(0, '0'), '0.200')).toEqual([]);
  });

  test('is measured from the largest one, not step by step, until a person accepts one', () => {
    const largest = largestOf(size(100, '1000'), size(85, '850'), false);
    expect(largest).toEqual(size(100, '1000'));
    expect(shrinkage(largest, size(70, '850'), '0.200')).toHaveLength(1);
    expect(largestOf(largest, size(70, '700'), true)).toEqual(size(70, '700'));
  });
});
