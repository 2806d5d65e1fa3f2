import type { EmulatorLicense } from './model.js';

const PERIODICITY_LABELS: Record<number, string> = {
  0: 'One Time',
  24: 'per Day',
  720: 'per Month',
  2160: 'per Quarter',
  8640: 'per Year',
};
const TERM_LABELS: Record<number, string> = { 0: 'No Term', 720: '1 Month', 8640: '1 Year', 25920: '3 Years' };

/** A product without float dust: unit prices have at most five decimals. */
function times(unit: number, quantity: number): number {
  return Math.round(unit * quantity * 100_000) / 100_000;
}

interface MixedFormOptions {
  /** The newest per-customer listings lack order data. */
  withOrder?: boolean;
  /** The detail has a few keys that no listing has. */
  detail?: boolean;
}

/** The form of the listings and the detail: snake_case and camelCase side by side. */
export function inMixedForm(license: EmulatorLicense, options: MixedFormOptions = {}): Record<string, unknown> {
  const { withOrder = true, detail = false } = options;
  const link = `/api/licenses/${license.licenseId}`;
  const order = {
    order_reference: license.orderReference,
    order: { reference: `XSPO${license.id}`, link: `/api/orders/XSPO${license.id}` },
  };
  const onlyDetail = {
    classification: license.category,
    vendor_code: license.vendorCode,
    vendorSku: license.sku,
    rates: [],
    attributes: [],
    additional_information: [],
    organizationUnitId: null,
  };
  return {
    license_id: license.licenseId,
    parent_license_id: null,
    friendlyName: license.friendlyName,
    customer_ref: license.customerRef,
    state: license.state,
    statusCode: license.statusCode,
    service_ref: license.serviceRef,
    sku: license.sku,
    name: license.name,
    seats: license.seats,
    activeSeats: { number: null, lastUpdate: null },
    activation_datetime: license.activatedAt,
    expiry_datetime: license.expiresAt,
    autoRenew: license.autoRenew,
    message: '',
    actions: { history: `${link}/history`, update: link, 'addons catalog': `${link}/addons` },
    actionMessages: [],
    ...(withOrder ? order : {}),
    vendor_license_id: license.vendorLicenseId,
    vendorBillingId: null,
    periodicity: PERIODICITY_LABELS[license.periodicityCode] ?? '',
    periodicityCode: license.periodicityCode,
    term: TERM_LABELS[license.termCode] ?? '',
    termCode: license.termCode,
    isTrial: license.isTrial,
    isAddon: false,
    category: license.category,
    program: license.program,
    associatedSubscriptionProgram: license.serviceRef,
    marketplace: license.marketplace,
    marketSegment: null,
    price: mixedPrice(license),
    priceBand: { billing: { cycle: license.periodicityCode }, saleConstraints: { minQuantity: 1, maxQuantity: null } },
    arrowSubCategories: null,
    relation: null,
    configs: [],
    warnings: [],
    extraData: [],
    customFields: [],
    ...(detail ? onlyDetail : {}),
    ...license.wire,
  };
}

function mixedPrice({ currency, sku, unitBuy, unitSell, seats }: EmulatorLicense): Record<string, unknown> {
  return {
    currency,
    priceBandArrowsphereSku: `${sku}_PB`,
    unit: { buy: unitBuy, sell: unitSell, list: unitSell },
    total: { buy: times(unitBuy, seats), sell: times(unitSell, seats), list: times(unitSell, seats) },
  };
}

export interface FindResult {
  license: Record<string, unknown>;
  offer: Record<string, unknown>;
}

/** The form of `licenses/v2/find`: snake_case with three exceptions, and the reference is called `partner_ref`. */
export function inFindForm(license: EmulatorLicense): FindResult {
  const { unitBuy, unitSell, seats } = license;
  return {
    license: {
      id: license.id,
      subscription_id: `SUB${license.id}`,
      partner_ref: license.licenseId,
      customer_ref: license.customerRef,
      customer_name: license.customerName,
      customerVendorReference: null,
      reseller_ref: license.partnerReference,
      reseller_name: 'Reseller',
      subsidiary_name: 'Arrow ECS',
      marketplace: license.marketplace,
      vendor_name: license.vendorName,
      vendor_code: license.vendorCode,
      vendor_subscription_id: license.vendorLicenseId,
      vendor_billing_id: null,
      service_ref: license.serviceRef,
      sku: license.sku,
      offer: license.name,
      offer_arrowsphere_sku: license.sku,
      priceband_vendor_sku: license.sku,
      order_ref: license.orderReference,
      parent_line_id: null,
      parent_order_ref: null,
      category: license.category,
      cloud_type: license.category,
      type: null,
      uom: 'LICENSE',
      status_code: license.statusCode,
      status_label: license.statusLabel,
      message: '',
      seat: seats,
      base_seat: seats,
      active_seats: { number: null, lastUpdate: null },
      price: {
        priceBandArrowsphereSku: `${license.sku}_PB`,
        buy_price: unitBuy,
        sell_price: unitSell,
        list_price: unitSell,
        total_buy_price: times(unitBuy, seats),
        total_sell_price: times(unitSell, seats),
        total_list_price: times(unitSell, seats),
        currency: license.currency,
      },
      periodicity: license.periodicityCode,
      term: license.termCode,
      trial: license.isTrial,
      auto_renew: license.autoRenew,
      accept_eula: false,
      isEnabled: license.isEnabled,
      start_date: license.activatedAt,
      end_date: license.expiresAt,
      next_renewal_date: null,
      lastUpdate: license.lastUpdate,
      friendly_name: license.friendlyName,
      configs: [],
      warnings: [],
      security: null,
      attributes: [],
      has_seat_difference: false,
      highlight: [],
      ...license.findWire,
    },
    offer: { name: license.name, classification: license.category, isEnabled: license.isEnabled },
  };
}
