import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import type { ExportLine } from '../arrow-export/export-line.js';
import { type DecimalString, round, sum } from '../common/money.js';
import { MonthFilter } from '../common/validation/query-fields.js';
import { renderUuid } from '../common/uuid.js';
import type { CustomerMapping } from '../mappings/customer-mapping.entity.js';
import type { CustomerExport } from './customer-export.service.js';

export class FetchArrowDataQuery {
  @MonthFilter({ description: 'Month, `YYYY-MM`; the running one (UTC) if left out', example: '2026-05' })
  period?: string;
}

/** What a linked licence has cost in a month. */
export interface LicenseConsumption {
  readonly licenseReference: string;
  readonly resource: { readonly uuid: string; readonly name: string };
  /** Null: ArrowSphere cannot say, or could not be asked; `error` says which. */
  readonly sell: DecimalString | null;
  readonly buy: DecimalString | null;
  readonly currency: string | null;
  readonly error?: string;
}

/** What ArrowSphere says now of a mapped customer. */
export interface ArrowData {
  readonly mapping: CustomerMapping;
  /** `YYYY-MM` */
  readonly period: string;
  readonly billing: CustomerExport;
  readonly consumption: readonly LicenseConsumption[];
  readonly totalResources: number;
}

const Money = (description?: string) =>
  ApiProperty({ type: String, format: 'decimal', nullable: true, example: '94.25', description });

@ApiSchema({ name: 'ArrowBillingLine' })
export class BillingLineResponse {
  @ApiProperty() vendor_name: string;
  @ApiProperty() subscription_reference: string;
  @ApiProperty() license_reference: string;
  @ApiProperty() offer_sku: string;
  @ApiProperty({ example: 'IAAS' }) classification: string;
  @ApiProperty({ type: String, format: 'decimal', nullable: true, example: '1.0000' }) quantity: string | null;
  @Money() sell_price: string | null;
  @Money('Null also where it is in another currency') buy_price: string | null;
  @ApiProperty({ type: String, nullable: true, description: 'As the export says it: ISO 4217' }) currency:
    string | null;

  static from(this: void, line: ExportLine): BillingLineResponse {
    return {
      vendor_name: line.vendorName,
      subscription_reference: line.subscriptionReference,
      license_reference: line.licenseReference,
      offer_sku: line.sku,
      classification: line.classification,
      quantity: line.quantity && round(line.quantity, 4),
      sell_price: cents(line.sell),
      buy_price: cents(line.buy),
      currency: line.currency.code || null,
    };
  }
}

@ApiSchema({ name: 'ArrowConsumptionLine' })
export class ConsumptionLineResponse {
  @ApiProperty() license_reference: string;
  @ApiProperty({ type: String, nullable: true, description: 'Never null here' }) resource_name: string;
  @ApiProperty({ type: String, nullable: true, description: 'UUID; never null here' }) resource_uuid: string;
  @ApiProperty({ example: '2026-05' }) period: string;
  @Money('Null where ArrowSphere cannot say: that is not 0') sell_price: string | null;
  @Money() buy_price: string | null;
  @ApiProperty({ type: String, nullable: true, description: 'ISO 4217' }) currency: string | null;
  @ApiProperty({
    type: String,
    nullable: true,
    required: false,
    description: 'Why an amount is missing; left out when all is well',
  })
  error?: string;

  static from(this: void, line: LicenseConsumption, period: string): ConsumptionLineResponse {
    return {
      license_reference: line.licenseReference,
      resource_name: line.resource.name,
      resource_uuid: renderUuid(line.resource.uuid),
      period,
      sell_price: cents(line.sell),
      buy_price: cents(line.buy),
      currency: line.currency,
      ...(line.error === undefined ? {} : { error: line.error }),
    };
  }
}

@ApiSchema({ name: 'FetchCustomerArrowDataResponse' })
export class ArrowDataResponse {
  @ApiProperty({ format: 'uuid' }) customer_mapping_uuid: string;
  @ApiProperty({ example: 'XSP661245' }) arrow_reference: string;
  @ApiProperty() arrow_company_name: string;
  @ApiProperty() waldur_customer_name: string;
  @ApiProperty({ example: '2026-05' }) period: string;
  @ApiProperty({ description: 'False only when there is no billing export; `error` says why' })
  billing_available: boolean;
  @ApiProperty({ type: [BillingLineResponse] }) billing_lines: BillingLineResponse[];
  @Money('Null without lines, or in more than one currency') billing_total_sell: string | null;
  @Money() billing_total_buy: string | null;
  @ApiProperty({ type: [ConsumptionLineResponse], description: 'One for each resource with a licence' })
  consumption_lines: ConsumptionLineResponse[];
  @Money('Of the amounts that are known; null where none is, or in more than one currency')
  consumption_total_sell: string | null;
  @Money() consumption_total_buy: string | null;
  @ApiProperty({ description: 'False: the totals lack the lines that carry an error' }) consumption_complete: boolean;
  @ApiProperty({ type: 'integer' }) total_customer_resources: number;
  @ApiProperty({ type: 'integer' }) resources_with_backend_id: number;
  @ApiProperty({ type: 'integer', description: 'Resources whose consumption is known' }) matched_resources: number;
  @ApiProperty({ type: String, nullable: true }) error: string | null;

  static from(this: void, data: ArrowData): ArrowDataResponse {
    const { mapping, period, billing, consumption } = data;
    const known = consumption.filter(({ error }) => error === undefined).length;
    const failed = consumption.length - known;
    const faults = [
      billing.error,
      failed
        ? `The consumption of ${failed} of ${consumption.length} licences is not known and not in the totals.`
        : '',
    ].filter(Boolean);
    return {
      customer_mapping_uuid: renderUuid(mapping.uuid),
      arrow_reference: mapping.arrowReference,
      arrow_company_name: mapping.arrowCompanyName,
      waldur_customer_name: mapping.waldurCustomer.name,
      period,
      billing_available: billing.available,
      billing_lines: billing.lines.map(BillingLineResponse.from),
      billing_total_sell: total(billing.lines.map(({ sell, currency }) => [sell, currency.code])),
      billing_total_buy: total(billing.lines.map(({ buy, currency }) => [buy, currency.code])),
      consumption_lines: consumption.map((line) => ConsumptionLineResponse.from(line, period)),
      consumption_total_sell: total(consumption.map(({ sell, currency }) => [sell, currency])),
      consumption_total_buy: total(consumption.map(({ buy, currency }) => [buy, currency])),
      consumption_complete: failed === 0,
      total_customer_resources: data.totalResources,
      resources_with_backend_id: consumption.length,
      matched_resources: known,
      error: faults.length ? faults.join(' ') : null,
    };
  }
}

function cents(amount: DecimalString | null): string | null {
  return amount && round(amount, 2);
}

/** The exact sum of the known amounts, rounded once; null where none is known, or where they are of several currencies. */
function total(amounts: readonly (readonly [DecimalString | null, string | null])[]): string | null {
  const known = amounts.filter((amount): amount is readonly [DecimalString, string | null] => amount[0] !== null);
  const currencies = new Set(known.map(([, currency]) => currency).filter(Boolean));
  return known.length === 0 || currencies.size > 1 ? null : round(sum(known.map(([amount]) => amount)), 2);
}
