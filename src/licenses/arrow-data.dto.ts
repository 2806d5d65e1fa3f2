import { ApiSchema } from '@nestjs/swagger';
import type { ExportLine } from '../arrow-export/export-line.js';
import { answerOf, Shown, ShownOrNull } from '../common/answer.js';
import { type DecimalString, round, sum } from '../common/money.js';
import { MonthFilter } from '../common/validation/query-fields.js';
import type { ArrowData, LicenseConsumption } from './arrow-data.service.js';

export class FetchArrowDataQuery {
  @MonthFilter({ description: 'Month, `YYYY-MM`; the running one (UTC) if left out', example: '2026-05' })
  period?: string;
}

const Money = (description?: string) => ShownOrNull('decimal', { example: '94.25', description });

@ApiSchema({ name: 'ArrowBillingLine' })
export class BillingLineResponse {
  @Shown() vendor_name: string;
  @Shown() subscription_reference: string;
  @Shown() license_reference: string;
  @Shown() offer_sku: string;
  @Shown({ example: 'IAAS' }) classification: string;
  @ShownOrNull('decimal', { example: '1.0000' }) quantity: string | null;
  @Money() sell_price: string | null;
  @Money('Null also where it is in another currency') buy_price: string | null;
  @ShownOrNull({ description: 'As the export says it: ISO 4217' }) currency: string | null;

  static from(this: void, line: ExportLine): BillingLineResponse {
    return answerOf(BillingLineResponse, line, {
      offer_sku: line.sku,
      quantity: line.quantity && round(line.quantity, 4),
      sell_price: cents(line.sell),
      buy_price: cents(line.buy),
      currency: line.currency.code || null,
    });
  }
}

@ApiSchema({ name: 'ArrowConsumptionLine' })
export class ConsumptionLineResponse {
  @Shown() license_reference: string;
  @ShownOrNull({ description: 'Never null here' }) resource_name: string;
  @ShownOrNull({ description: 'UUID; never null here' }) resource_uuid: string;
  @Shown({ example: '2026-05' }) period: string;
  @Money('Null where ArrowSphere cannot say: that is not 0') sell_price: string | null;
  @Money() buy_price: string | null;
  @ShownOrNull({ description: 'ISO 4217' }) currency: string | null;
  @ShownOrNull({ required: false, description: 'Why an amount is missing; left out when all is well' }) error?: string;

  static from(this: void, line: LicenseConsumption, period: string): ConsumptionLineResponse {
    return answerOf(ConsumptionLineResponse, line, {
      resource_name: line.resource.name,
      resource_uuid: line.resource.uuid,
      period,
      sell_price: cents(line.sell),
      buy_price: cents(line.buy),
    });
  }
}

@ApiSchema({ name: 'FetchCustomerArrowDataResponse' })
export class ArrowDataResponse {
  @Shown('uuid') customer_mapping_uuid: string;
  @Shown({ example: 'XSP661245' }) arrow_reference: string;
  @Shown() arrow_company_name: string;
  @Shown() waldur_customer_name: string;
  @Shown({ example: '2026-05' }) period: string;
  @Shown({ description: 'False only when there is no billing export; `error` says why' })
  billing_available: boolean;
  @Shown({ type: [BillingLineResponse] }) billing_lines: BillingLineResponse[];
  @Money('Null without lines, or in more than one currency') billing_total_sell: string | null;
  @Money() billing_total_buy: string | null;
  @Shown({ type: [ConsumptionLineResponse], description: 'One for each resource with a licence' })
  consumption_lines: ConsumptionLineResponse[];
  @Money('Of the amounts that are known, each licence once; null where none is, or in more than one currency')
  consumption_total_sell: string | null;
  @Money() consumption_total_buy: string | null;
  @Shown({ description: 'False: the totals lack the lines that carry an error' }) consumption_complete: boolean;
  @Shown('integer') total_customer_resources: number;
  @Shown('integer') resources_with_backend_id: number;
  @Shown('integer', { description: 'Resources whose consumption is known' }) matched_resources: number;
  @ShownOrNull() error: string | null;

  static from(this: void, data: ArrowData): ArrowDataResponse {
    const { mapping, period, billing, consumption } = data;
    const each = [...new Map(consumption.map((line) => [line.licenseReference, line])).values()];
    const failed = each.filter(({ error }) => error !== undefined).length;
    const faults = [
      billing.error,
      failed ? `The consumption of ${failed} of ${each.length} licences is not known and not in the totals.` : '',
    ].filter(Boolean);
    return answerOf(ArrowDataResponse, mapping, {
      customer_mapping_uuid: mapping.uuid,
      waldur_customer_name: mapping.waldurCustomer.name,
      period,
      billing_available: billing.available,
      billing_lines: billing.lines.map(BillingLineResponse.from),
      billing_total_sell: total(billing.lines.map(({ sell, currency }) => [sell, currency.code])),
      billing_total_buy: total(billing.lines.map(({ buy, currency }) => [buy, currency.code])),
      consumption_lines: consumption.map((line) => ConsumptionLineResponse.from(line, period)),
      consumption_total_sell: total(each.map(({ sell, currency }) => [sell, currency])),
      consumption_total_buy: total(each.map(({ buy, currency }) => [buy, currency])),
      consumption_complete: failed === 0,
      total_customer_resources: data.totalResources,
      resources_with_backend_id: consumption.length,
      matched_resources: consumption.filter(({ error }) => error === undefined).length,
      error: faults.length ? faults.join(' ') : null,
    });
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
