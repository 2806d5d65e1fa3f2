import { currencyDigits } from '../../arrow-export/currency.js';
import { add, compare, multiply, round, sum } from '../../common/money.js';
import type { InvoiceAmounts, InvoiceTax } from './invoice.entity.js';
import type { RateAmount } from './invoice.repository.js';

/** What is posted at each rate adds up to an invoice: tax is rounded once per rate. */
export function amountsOf(rates: readonly RateAmount[], currency: string): InvoiceAmounts {
  const digits = currencyDigits(currency);
  const taxes = rates.map(({ percent, price }) => ({
    percent,
    price: round(price, digits),
    tax: round(multiply(multiply(price, percent), '0.01'), digits),
  }));
  const price = round(sum(taxes.map((rate) => rate.price)), digits);
  const tax = round(sum(taxes.map((rate) => rate.tax)), digits);
  return { price, taxes, tax, total: round(add(price, tax), digits) };
}

/** The one rate of an invoice, or that of its largest amount; `"0.00"` where nothing is posted. */
export function mainRateOf({ taxes }: Pick<InvoiceAmounts, 'taxes'>): string {
  const size = (rate: InvoiceTax) => rate.price.replace('-', '');
  const [largest] = [...taxes].sort((a, b) => compare(size(b), size(a)) || compare(b.percent, a.percent));
  return largest?.percent ?? '0.00';
}
