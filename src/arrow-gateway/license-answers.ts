import { z } from 'zod';
import { AnswerFault, checked, count, shownText, text } from './answers.js';
import type { ArrowLicense, ArrowLicenseDetail } from './arrow-gateway.js';
import { firstText } from './customer-answers.js';
import { toDecimal } from './decimals.js';

/** A licence with the number that ArrowSphere's search sorts by, where the answer has it. */
export interface LicenseRow {
  readonly license: ArrowLicense;
  readonly id?: number;
}

const Price = z.object({ currency: shownText }).optional().catch(undefined);

const Found = z.object({
  id: count.catch(undefined),
  partner_ref: text,
  customer_ref: text,
  customer_name: shownText,
  service_ref: shownText,
  vendor_name: shownText,
  offer: shownText,
  sku: shownText,
  friendly_name: shownText,
  vendor_subscription_id: shownText,
  status_label: shownText,
  category: shownText,
  cloud_type: shownText,
  seat: shownText,
  price: Price,
});

const FindAnswer = z.object({ results: z.array(z.object({ license: Found })) });

const Listed = z.object({
  license_id: text,
  customer_ref: text,
  customer_name: shownText,
  service_ref: shownText,
  sku: shownText,
  name: shownText,
  state: shownText,
  category: shownText,
  program: shownText,
  vendor_code: shownText,
  friendlyName: shownText,
  vendor_license_id: text,
  seats: shownText,
  price: Price,
});

const ListAnswer = z.object({ data: z.object({ licenses: z.array(Listed) }) });
const DetailAnswer = z.object({ data: z.object({ license: Listed.loose() }) });

/** `results` of `licenses/v2/find`. */
export function readFoundLicenses(answer: unknown): LicenseRow[] {
  return checked(FindAnswer, answer).results.map(({ license: row }, index) => ({
    id: row.id,
    license: {
      licenseReference: required(row.partner_ref, `results.${index}.license.partner_ref`),
      customerReference: required(row.customer_ref, `results.${index}.license.customer_ref`),
      customerName: firstText(row.customer_name),
      serviceReference: orNull(row.service_ref),
      vendorName: orNull(row.vendor_name),
      offerName: orNull(row.offer),
      sku: orNull(row.sku),
      friendlyName: orNull(row.friendly_name),
      vendorSubscriptionId: orNull(row.vendor_subscription_id),
      statusLabel: orNull(row.status_label),
      category: orNull(firstText(row.category, row.cloud_type)),
      quantity: toDecimal(row.seat),
      currency: currencyOf(row.price),
    },
  }));
}

/** `data.licenses` of the older listings. */
export function readListedLicenses(answer: unknown): LicenseRow[] {
  return checked(ListAnswer, answer).data.licenses.map((row, index) => ({
    license: toLicense(row, `data.licenses.${index}`),
  }));
}

/** `data.license` of one licence. */
export function readLicenseDetail(answer: unknown): ArrowLicenseDetail {
  const row = checked(DetailAnswer, answer).data.license;
  return { ...toLicense(row, 'data.license'), raw: row };
}

function toLicense(row: z.output<typeof Listed>, place: string): ArrowLicense {
  return {
    licenseReference: required(row.license_id, `${place}.license_id`),
    customerReference: required(row.customer_ref, `${place}.customer_ref`),
    customerName: firstText(row.customer_name),
    serviceReference: orNull(row.service_ref),
    vendorName: orNull(firstText(row.vendor_code, row.program)),
    offerName: orNull(row.name),
    sku: orNull(row.sku),
    friendlyName: orNull(row.friendlyName),
    vendorSubscriptionId: orNull(row.vendor_license_id),
    statusLabel: orNull(row.state),
    category: orNull(row.category),
    quantity: toDecimal(row.seats),
    currency: currencyOf(row.price),
  };
}

function currencyOf(price: z.output<typeof Price>): string | null {
  return orNull(price?.currency);
}

function orNull(value: string | number | null | undefined): string | null {
  return firstText(value) || null;
}

function required(value: string | number | null | undefined, place: string): string {
  const said = firstText(value);
  if (said === '') throw new AnswerFault(`${place} is empty`);
  return said;
}
