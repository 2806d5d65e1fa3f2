import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { renderDateTime } from '../../common/date-time.js';
import { hyperlink } from '../../common/links.js';
import { ListQuery } from '../../common/page.js';
import { renderUuid } from '../../common/uuid.js';
import { TextField } from '../../common/validation/body-fields.js';
import { ChoicesFilter, IntegerFilter, LinkFilter, UuidFilter } from '../../common/validation/query-fields.js';
import { Customer } from '../../directory/customer.entity.js';
import { Invoice, INVOICE_STATES, type InvoiceState } from './invoice.entity.js';
import type { InvoiceItem } from './invoice-items.service.js';
import type { InvoiceTotals } from './invoices.service.js';

export class ListInvoicesQuery extends ListQuery {
  @LinkFilter(() => Customer) customer?: string;
  @UuidFilter() customer_uuid?: string;
  @IntegerFilter({ example: 2026 }) year?: number;
  @IntegerFilter({ description: '1 to 12', example: 1 }) month?: number;
  @ChoicesFilter(INVOICE_STATES) state?: InvoiceState[];
}

@ApiSchema({ name: 'InvoiceIssueRequest' })
export class IssueInvoiceDto {
  @TextField({ max: 10, description: 'YYYY-MM-DD; 30 days from now by default', example: '2026-03-15' })
  due_date?: string;
}

@ApiSchema({ name: 'InvoiceItem' })
export class InvoiceItemResponse {
  @ApiProperty({ format: 'uuid' }) uuid: string;
  @ApiProperty() name: string;
  @ApiProperty({
    format: 'decimal',
    description: 'Always 1: amounts are totals, never multiplied',
    example: '1.0000000000',
  })
  quantity: string;
  @ApiProperty({ example: 'quantity' }) unit: string;
  @ApiProperty({ example: '150.00' }) unit_price: string;
  @ApiProperty({ example: '150.00' }) price: string;
  @ApiProperty({ format: 'date' }) start: string;
  @ApiProperty({ format: 'date' }) end: string;
  @ApiProperty({ type: String, format: 'uuid', nullable: true }) resource_uuid: string | null;
  @ApiProperty({ type: String, format: 'uuid', nullable: true }) project_uuid: string | null;
  @ApiProperty({ type: 'object', additionalProperties: true }) details: Record<string, unknown>;
}

@ApiSchema({ name: 'Invoice' })
export class InvoiceResponse {
  @ApiProperty({ format: 'uri' }) url: string;
  @ApiProperty({ format: 'uuid' }) uuid: string;
  @ApiProperty() number: number;
  @ApiProperty({ format: 'uri' }) customer: string;
  @ApiProperty({ format: 'uuid' }) customer_uuid: string;
  @ApiProperty() customer_name: string;
  @ApiProperty({ type: 'integer' }) year: number;
  @ApiProperty({ type: 'integer' }) month: number;
  @ApiProperty({ enum: INVOICE_STATES }) state: InvoiceState;
  @ApiProperty({ example: 'EUR' }) currency: string;
  @ApiProperty({ description: 'Net', example: '150.00' }) price: string;
  @ApiProperty({ example: '24.00' }) tax_percent: string;
  @ApiProperty({ example: '36.00' }) tax: string;
  @ApiProperty({ example: '186.00' }) total: string;
  @ApiProperty({ type: String, format: 'date', nullable: true }) due_date: string | null;
  @ApiProperty({ type: String, format: 'date', nullable: true }) invoice_date: string | null;
  @ApiProperty({ format: 'date-time' }) created: string;
  @ApiProperty({
    type: [InvoiceItemResponse],
    description: 'At most 1000 here; `item_count` says how many there are, the CSV has all',
  })
  items: InvoiceItemResponse[];
  @ApiProperty() item_count: number;

  static from(
    invoice: Invoice,
    totals: InvoiceTotals,
    items: readonly InvoiceItem[],
    itemCount: number,
  ): InvoiceResponse {
    return {
      url: hyperlink(Invoice, invoice.uuid),
      uuid: renderUuid(invoice.uuid),
      number: invoice.number,
      customer: hyperlink(Customer, invoice.customerUuid),
      customer_uuid: renderUuid(invoice.customerUuid),
      customer_name: invoice.customer.name,
      year: Number(invoice.month.slice(0, 4)),
      month: Number(invoice.month.slice(5, 7)),
      state: invoice.state,
      currency: invoice.currency,
      price: totals.price,
      tax_percent: invoice.taxPercent,
      tax: totals.tax,
      total: totals.total,
      due_date: invoice.dueDate,
      invoice_date: invoice.issuedAt?.toISOString().slice(0, 10) ?? null,
      created: renderDateTime(invoice.created),
      items: items.map(itemResponse),
      item_count: itemCount,
    };
  }
}

function itemResponse(item: InvoiceItem): InvoiceItemResponse {
  return {
    uuid: renderUuid(item.uuid),
    name: item.name,
    quantity: '1.0000000000',
    unit: 'quantity',
    unit_price: item.price,
    price: item.price,
    start: item.start,
    end: item.end,
    resource_uuid: item.resourceUuid && renderUuid(item.resourceUuid),
    project_uuid: item.projectUuid && renderUuid(item.projectUuid),
    details: item.details,
  };
}
