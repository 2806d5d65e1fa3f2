import { ApiSchema } from '@nestjs/swagger';
import { inCurrency } from '../../arrow-export/currency.js';
import { Always, answerOf, Shown, ShownOrNull, wireOf } from '../../common/answer.js';
import type { CsvColumns } from '../../common/csv.js';
import { countryName } from '../../common/country-name.js';
import { hyperlink } from '../../common/links.js';
import {} from '../../common/money.js';
import { ListQuery, type Order, OrderFilter } from '../../common/page.js';
import { DateField } from '../../common/validation/body-fields.js';
import {
  AliasedChoicesFilter,
  DateFilter,
  IntegerFilter,
  LinkFilter,
  TextFilter,
  UuidFilter,
} from '../../common/validation/query-fields.js';
import { Unkept } from '../../common/validation/unkept-filters.js';
import { Customer } from '../../directory/customer.entity.js';
import { UNKEPT } from '../../directory/unkept-filters.js';
import { mainRateOf } from './invoice-amounts.js';
import { Invoice, INVOICE_STATES, type InvoiceState } from './invoice.entity.js';
import type { InvoiceItem, InvoiceView } from './invoice.repository.js';

/** Waldur's states; nothing here is ever pending finalization. */
const WIRE_STATES = ['pending', 'pending_finalization', 'created', 'paid', 'canceled'] as const;
/** Other words that people use → Waldur's. */
const STATE_ALIASES = { open: 'pending', issued: 'created', cancelled: 'canceled' } as const;

@Unkept(UNKEPT.invoices)
export class ListInvoicesQuery extends ListQuery {
  @OrderFilter({ created: 'created', month: 'month', year: 'month', number: 'number' }) declare o?: Order;
  @LinkFilter(() => Customer) customer?: string;
  @UuidFilter() customer_uuid?: string;
  @IntegerFilter({ example: 2026 }) year?: number;
  @IntegerFilter({ description: '1 to 12', example: 1 }) month?: number;
  @AliasedChoicesFilter(WIRE_STATES, STATE_ALIASES, { description: '`pending`: a draft. `created`: issued' })
  state?: string[];
  @DateFilter({ description: 'The day it was made, UTC' }) created?: string;
  @DateFilter({ description: 'Of the month of this day, or a later one' }) start_date?: string;
  @DateFilter({ description: 'Of the month of this day, or an earlier one' }) end_date?: string;
  @TextFilter({ description: 'ISO 4217', example: 'EUR' }) currency?: string;
}

@ApiSchema({ name: 'InvoiceIssueRequest' })
export class IssueInvoiceDto {
  @DateField({ description: 'Not before the invoice date; 30 days after it by default', example: '2026-03-15' })
  due_date?: string;
}

@ApiSchema({ name: 'InvoiceItem' })
@Always({ texts: ['measured_unit'], nulls: ['backend_uuid'], falses: ['credit'] })
export class InvoiceItemResponse {
  @Shown('uuid', { description: 'Stays the same while the amount changes' }) uuid: string;
  @Shown() name: string;
  @Shown('decimal', { description: 'Always 1: amounts are totals, never multiplied', example: '1.0000000000' })
  quantity: string;
  @Shown({ example: 'quantity' }) unit: string;
  @Shown('decimal', { description: "In the digits of the invoice's currency", example: '150.00' })
  unit_price: string;
  @Shown({ description: 'The same amount as a number, as in Waldur', example: 150 }) price: number;
  @Shown('integer', { description: 'Always 1, as `quantity`' }) factor: number;
  @Shown('date-time', { description: 'When its first day begins, UTC' }) start: string;
  @Shown('date-time', { description: 'When its last day ends, UTC' }) end: string;
  @Shown('uuid', { required: false, description: 'Left out where the licence is linked to none' })
  resource_uuid?: string;
  @ShownOrNull('uuid') project_uuid: string | null;
  @Shown({ type: 'object', additionalProperties: true }) details: Record<string, unknown>;

  static from(item: InvoiceItem, currency: string): InvoiceItemResponse {
    const price = inCurrency(item.price, currency);
    const { source, licenseReference, originalPeriod, priceSource, correctsInvoiceUuid, postings } = item;
    return answerOf(InvoiceItemResponse, item, {
      quantity: '1.0000000000',
      factor: 1,
      unit: 'quantity',
      unit_price: price,
      price: Number(price),
      // As Waldur has them; its Python client cannot compare times without a zone.
      start: `${item.start}T00:00:00+00:00`,
      end: `${item.end}T23:59:59.999999+00:00`,
      // Waldur's Python client cannot read null here.
      resource_uuid: item.resourceUuid ?? undefined,
      details: wireOf({
        source,
        ...(licenseReference && { licenseReference }),
        originalPeriod,
        priceSource,
        ...(correctsInvoiceUuid && { correctsInvoiceUuid }),
        postings,
      }),
    });
  }
}

/** An item as a row of CSV. */
export const itemColumns = (currency: string): CsvColumns<InvoiceItem> => ({
  uuid: (item) => item.uuid,
  name: (item) => item.name,
  price: (item) => inCurrency(item.price, currency),
  start: (item) => item.start,
  end: (item) => item.end,
  resource_uuid: (item) => item.resourceUuid,
  project_uuid: (item) => item.projectUuid,
  source: (item) => item.source,
  license_reference: (item) => item.licenseReference,
  original_period: (item) => item.originalPeriod,
});

@ApiSchema({ name: 'InvoiceTax' })
export class InvoiceTaxResponse {
  @Shown({ example: '24.00' }) tax_percent: string;
  @Shown({ description: 'Net', example: '150.00' }) price: string;
  @Shown({ example: '36.00' }) tax: string;
}

export class InvoiceCustomerDetails {
  @Shown() name: string;
  @Shown() native_name: string;
  @Shown() abbreviation: string;
  @Shown() registration_code: string;
  @Shown() country: string;
  @Shown({ example: 'Estonia' }) country_name: string;
  @Shown() email: string;
}

@ApiSchema({ name: 'Invoice' })
export class InvoiceResponse {
  @Shown('uri') url: string;
  @Shown('uuid') uuid: string;
  @Shown('integer', { required: false, description: 'Given at issue; without gaps per account' }) number?: number;
  @Shown('uri') customer: string;
  @Shown('uuid') customer_uuid: string;
  @Shown({ description: 'Of an issued invoice as it was when it was issued' }) customer_name: string;
  @Shown({ type: InvoiceCustomerDetails, description: 'Of an issued invoice as they were when it was issued' })
  customer_details: InvoiceCustomerDetails;
  @Shown('integer') year: number;
  @Shown('integer') month: number;
  @Shown({ enum: INVOICE_STATES, description: '`pending`: a draft. `created`: issued' }) state: InvoiceState;
  @Shown({ example: 'EUR' }) currency: string;
  @Shown({ description: 'Net', example: '150.00' }) price: string;
  @Shown({ description: 'With several, that of the largest amount', example: '24.00' }) tax_percent: string;
  @Shown({ description: 'Rounded once per rate', example: '36.00' }) tax: string;
  @Shown({ type: [InvoiceTaxResponse] }) taxes: InvoiceTaxResponse[];
  @Shown({ example: '186.00' }) total: string;
  @Shown('date', { required: false, description: 'Left out of drafts' }) due_date?: string;
  @ShownOrNull('date', { description: "The day of issue in the account's time zone" })
  invoice_date: string | null;
  @Shown('date-time') created: string;
  @Shown({
    type: [InvoiceItemResponse],
    description: 'At most 1000 here, and 100 in lists; `item_count` says how many there are, `items/` has all',
  })
  items: InvoiceItemResponse[];
  @Shown() item_count: number;

  static from(this: void, { invoice, amounts, items, itemCount }: InvoiceView): InvoiceResponse {
    const customer = invoice.document?.customer ?? invoice.customer;
    return answerOf(
      InvoiceResponse,
      { ...invoice, ...amounts, itemCount },
      {
        url: hyperlink(Invoice, invoice.uuid),
        // Waldur's clients cannot read null as a number or as this date.
        number: invoice.number ?? undefined,
        due_date: invoice.dueDate ?? undefined,
        customer: hyperlink(Customer, invoice.customer),
        customer_name: customer.name,
        customer_details: answerOf(InvoiceCustomerDetails, customer, { country_name: countryName(customer.country) }),
        year: Number(invoice.month.slice(0, 4)),
        month: Number(invoice.month.slice(5, 7)),
        tax_percent: mainRateOf(amounts),
        taxes: amounts.taxes.map(({ percent, price, tax }) => ({ tax_percent: percent, price, tax })),
        items: items.map((item) => InvoiceItemResponse.from(item, invoice.currency)),
      },
    );
  }
}
