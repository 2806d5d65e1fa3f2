import { inCurrency } from '../../arrow-export/currency.js';
import { add, compare, multiply, sum } from '../../common/money.js';
import type { InvoiceAmounts, InvoiceTax } from './invoice.entity.js';
import type { RateAmount } from './invoice.repository.js';

/** What is posted at each rate adds up to an invoice: tax is rounded once per rate. */
export function amountsOf(rates: readonly RateAmount[], currency: string): InvoiceAmounts {
  const taxes = rates.map(({ percent, price }) => ({
    percent,
    price: inCurrency(price, currency),
    tax: inCurrency(multiply(multiply(price, percent), '0.01'), currency),
  }));
  const price = inCurrency(sum(taxes.map((rate) => rate.price)), currency);
  const tax = inCurrency(sum(taxes.map((rate) => rate.tax)), currency);
  return { price, taxes, tax, total: inCurrency(add(price, tax), currency) };
}

/** The one rate of an invoice, or that of its largest amount; `"0.00"` where nothing is posted. */
export function mainRateOf({ taxes }: Pick<InvoiceAmounts, 'taxes'>): string {
  const size = (rate: InvoiceTax) => rate.price.replace('-', '');
  const [largest] = [...taxes].sort((a, b) => compare(size(b), size(a)) || compare(b.percent, a.percent));
  return largest?.percent ?? '0.00';
}
