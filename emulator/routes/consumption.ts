import { ApiFailure, type ApiReply, type ApiRequest, badRequest } from '../http.js';
import type { ConsumptionLine, EmulatorLicense } from '../model.js';
import { findLicense } from './licenses.js';

type Column = readonly [header: string, value: (line: ConsumptionLine) => string | number | null];

const monthStart = (line: ConsumptionLine) => `${line.period}-01`;

/** The order is nobody's: readers must go by header. */
const V2_COLUMNS: readonly Column[] = [
  ['Vendor Name', (line) => line.vendorName],
  ['Report Period', (line) => line.period],
  ['Vendor Billing Start Date', monthStart],
  ['Vendor Product Name', (line) => line.productName],
  ['Vendor Meter Category', (line) => line.meterCategory],
  ['Vendor Meter Sub-Category', () => null],
  ['Resource Group', (line) => line.resourceGroup],
  ['UOM', (line) => line.uom],
  ['Level Chargeable Quantity', (line) => line.quantity],
  ['Country currency code', (line) => line.currency],
  ['Total sell price', (line) => line.sell],
  ['Total buy price', (line) => line.buy],
];

const OLDER_COLUMNS: readonly Column[] = [
  ['Vendor Name', (line) => line.vendorName],
  ['Usage Start date', monthStart],
  ['Report Period', (line) => line.period],
  ['Vendor Ressource SKU', (line) => line.productName],
  ['Resource Group', (line) => line.resourceGroup],
  ['Country currency code', (line) => line.currency],
  ['Country reseller total', (line) => line.buy],
  ['Country customer total', (line) => line.sell],
];

export function monthlyConsumption(request: ApiRequest, reference: string): ApiReply {
  const license = findLicense(request, reference);
  const from = period(request, 'reportPeriodStart');
  const to = period(request, 'reportPeriodEnd');
  if (from > to) throw badRequest('reportPeriodStart must not be after reportPeriodEnd', 'INVALID_PERIOD');
  refuseWithoutUsage(license);
  const lines = (request.data.consumption[reference] ?? []).filter((line) => line.period >= from && line.period <= to);
  const columns = request.data.behaviour.consumptionHeaders === 'v2' ? V2_COLUMNS : OLDER_COLUMNS;
  return table(columns, lines);
}

function table(columns: readonly Column[], lines: ConsumptionLine[]): ApiReply {
  const data = {
    headers: columns.map(([header]) => header),
    lines: lines.map((line) => columns.map(([, value]) => value(line))),
  };
  return { status: 200, body: { status: 200, data } };
}

function period(request: ApiRequest, name: string): string {
  const value = request.query.get(name) ?? '';
  if (!/^\d{4}-(0[1-9]|1[0-2])$/.test(value)) throw badRequest(`Parameter ${name} must be YYYY-MM`, 'INVALID_PERIOD');
  return value;
}

function refuseWithoutUsage(license: EmulatorLicense): void {
  if (license.consumption === 'error') {
    throw new ApiFailure(400, `License ${license.licenseId} has no consumption`, 'CONSUMPTION_NOT_AVAILABLE');
  }
}

/** Days of the asked range, each with its even share of its month. */
export function dailyConsumption(request: ApiRequest, reference: string): ApiReply {
  const license = findLicense(request, reference);
  const from = day(request, 'dayStart');
  const to = day(request, 'dayEnd');
  if (from > to) throw badRequest('dayStart must not be after dayEnd', 'INVALID_PERIOD');
  refuseWithoutUsage(license);
  const days: Array<ConsumptionLine & { day: string }> = [];
  for (const line of request.data.consumption[reference] ?? []) {
    const length = daysOf(line.period);
    for (let number = 1; number <= length; number += 1) {
      const date = `${line.period}-${String(number).padStart(2, '0')}`;
      if (date < from || date > to) continue;
      const share = (amount: number | string | null) => shareOfDay(amount, length);
      days.push({ ...line, day: date, sell: share(line.sell), buy: share(line.buy) });
    }
  }
  const dayOf: Column = ['Usage Start date', (line) => (line as (typeof days)[number]).day];
  const columns = V2_COLUMNS.map((column) => (column[0] === 'Vendor Billing Start Date' ? dayOf : column));
  return table(columns, days);
}

function daysOf(month: string): number {
  const [year, number] = month.split('-').map(Number) as [number, number];
  return new Date(Date.UTC(year, number, 0)).getUTCDate();
}

function shareOfDay(amount: number | string | null, days: number): number | string | null {
  const number = Number(amount);
  return amount === null || Number.isNaN(number) ? amount : Math.round((number / days) * 100_000) / 100_000;
}

function day(request: ApiRequest, name: string): string {
  const value = request.query.get(name) ?? '';
  if (!/^\d{4}-\d{2}-\d{2}$/.test(value)) throw badRequest(`Parameter ${name} must be YYYY-MM-DD`, 'INVALID_PERIOD');
  return value;
}

/** The estimate that older integrations ask for; an error where there is none. */
export function prediction(request: ApiRequest, reference: string): ApiReply {
  findLicense(request, reference);
  const granularity = request.query.get('granularity') ?? 'monthly';
  if (!['monthly', 'daily'].includes(granularity)) throw badRequest('granularity must be monthly or daily');
  const found = predictionOf(request, reference);
  const days = granularity === 'daily' ? daysOf(found.reportPeriod) : 1;
  const values = found.values.flatMap(({ consumed, estimatedMin, estimatedMax }) => {
    const share = (amount: number | string | null) => (days === 1 ? amount : shareOfDay(amount, days));
    const one = {
      consumed: { buy: share(consumed.buy), sell: share(consumed.sell), list: share(consumed.list) },
      estimatedMin: share(estimatedMin),
      estimatedMax: share(estimatedMax),
    };
    return Array.from({ length: days }, () => one);
  });
  return { status: 200, body: { status: 200, data: { ...found, values } } };
}

/** The newer one: an amount per day of the month, even shares of the highest estimate. */
export function dailyPredictions(request: ApiRequest, reference: string): ApiReply {
  findLicense(request, reference);
  const { currency, reportPeriod, values } = predictionOf(request, reference);
  const days = daysOf(reportPeriod);
  const amount = shareOfDay(values[0]?.estimatedMax ?? null, days);
  const predictions = Array.from({ length: days }, (_, index) => ({
    date: `${reportPeriod}-${String(index + 1).padStart(2, '0')}`,
    amount,
  }));
  const data = { currency, updatedAt: `${reportPeriod}-01T00:00:00+00:00`, licenseReference: reference, predictions };
  return { status: 200, body: { status: 200, data } };
}

function predictionOf({ data }: ApiRequest, reference: string) {
  const found = data.predictions[reference];
  if (!found) throw new ApiFailure(404, `No prediction for license ${reference}`, 'PREDICTION_NOT_FOUND');
  return found;
}

/** Whether vendor data can be trusted now. */
export function healthcheck({ data, query }: ApiRequest): ApiReply {
  const wanted = (name: string, value: string) => {
    const values = [...query.getAll(`${name}[]`), ...query.getAll(name)];
    return values.length === 0 || values.some((one) => one.toLowerCase() === value.toLowerCase());
  };
  const details = data.health.filter(
    ({ classification, vendor, marketplace }) =>
      wanted('classification', classification) && wanted('vendor', vendor) && wanted('marketplace', marketplace),
  );
  return { status: 200, body: { status: 200, data: { details } } };
}
