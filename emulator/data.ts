import { columnReference, columnsOf, EXPORT_COLUMNS, RECORDED_COLUMNS } from './export-columns.js';
import type {
  ConsumptionLine,
  EmulatorBehaviour,
  EmulatorCustomer,
  EmulatorData,
  EmulatorExportType,
  EmulatorLicense,
  EmulatorPartner,
  ExportLine,
} from './model.js';

export const DEFAULT_PARTNER: Readonly<EmulatorPartner> = {
  apiKey: 'emulator-api-key',
  reference: 'XSP100001',
  companyName: 'Põhjala Cloud OÜ',
};

/** "No end" as ArrowSphere writes it. */
export const NO_END = '9021-03-01T00:00:00.000Z';

export const DEFAULT_BEHAVIOUR: Readonly<EmulatorBehaviour> = {
  exportTypesAs: 'map',
  exportPageFrom: 'body',
  emptyExport: 'empty',
  classificationFilter: 'accepted',
  billingCode: 200,
  consumptionHeaders: 'v2',
  maxPerPage: 100,
  defaultPerPage: 15,
  maxExportPerPage: 1000,
  findWindow: 10_000,
};

/** A world with one partner and nothing in it. */
export function emptyData(): EmulatorData {
  return {
    partners: [{ ...DEFAULT_PARTNER }],
    customers: [],
    licenses: [],
    consumption: {},
    predictions: {},
    exportTypes: [],
    exportLines: [],
    programs: { SAAS: [], IAAS: [], PSW: [], FTSL: [] },
    health: [],
    subscriptions: [],
    behaviour: { ...DEFAULT_BEHAVIOUR },
  };
}

/** References that are not given are unique within the process. */
let created = 0;
const nextNumber = () => ++created;

export function arrowCustomer(fields: Partial<EmulatorCustomer> = {}): EmulatorCustomer {
  const reference = fields.Reference ?? `XSP2${String(nextNumber()).padStart(5, '0')}`;
  const number = reference.replace('XSP', '');
  const name = fields.CompanyName ?? `Customer ${number}`;
  const domain = `${name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '') || 'customer'}.example`;
  return {
    partnerReference: DEFAULT_PARTNER.reference,
    Reference: reference,
    CompanyName: name,
    PartnerCompanyId: '',
    AddressLine1: 'Main street 1',
    AddressLine2: '',
    Zip: '10111',
    City: 'Tallinn',
    CountryCode: 'EE',
    State: null,
    ReceptionPhone: '',
    WebsiteUrl: `https://${domain}`,
    EmailContact: `it@${domain}`,
    Headcount: null,
    TaxNumber: '',
    RegistrationNumber: '',
    Ref: number,
    BillingId: `B${number}`,
    InternalReference: '',
    Type: 'end_customer',
    Contact: {
      ContactPersonID: `CP${number}`,
      FirstName: 'Mari',
      LastName: 'Maasikas',
      Email: `contact@${domain}`,
      Phone: '',
      Type: 'Main',
      Role: null,
      SyncPartnerContactRefId: Number.parseInt(number, 10) || 0,
    },
    Details: [],
    Reseller: { Ref: DEFAULT_PARTNER.reference, CompanyName: DEFAULT_PARTNER.companyName },
    PartnerTags: [],
    CreatedAt: '2024-01-15T09:00:00.000Z',
    DeletedAt: null,
    PoNumberMandatory: false,
    extraInformation: { programs: {} },
    customFields: [],
    ...fields,
  };
}

/** A pay-as-you-go Azure plan unless told otherwise; `customer` gives its customer and partner at once. */
export function arrowLicense(fields: Partial<EmulatorLicense> & { customer?: EmulatorCustomer } = {}): EmulatorLicense {
  const { customer, ...own } = fields;
  const id = own.id ?? 500_000 + nextNumber();
  return {
    partnerReference: customer?.partnerReference ?? DEFAULT_PARTNER.reference,
    id,
    licenseId: `XSP7${String(id).padStart(6, '0')}`,
    customerRef: customer?.Reference ?? 'XSP200000',
    customerName: customer?.CompanyName ?? 'Customer',
    serviceRef: 'MSCSP',
    sku: 'MS-AZR-0145P',
    name: 'Microsoft Azure Plan',
    friendlyName: null,
    vendorName: 'Microsoft',
    vendorCode: 'Microsoft',
    program: 'MSCSP',
    vendorLicenseId: `00000000-0000-4000-8000-${String(id).padStart(12, '0')}`,
    category: 'IaaS',
    statusCode: 86,
    statusLabel: 'activation_ok',
    state: 'active',
    seats: 1,
    unitBuy: 0,
    unitSell: 0,
    currency: 'EUR',
    periodicityCode: 720,
    termCode: 0,
    marketplace: 'EE',
    isTrial: false,
    autoRenew: true,
    isEnabled: true,
    activatedAt: '2025-01-10T08:00:00.000Z',
    expiresAt: NO_END,
    lastUpdate: null,
    orderReference: `O_ARWS-V7-${id}`,
    consumption: 'usage',
    ...own,
  };
}

export function consumptionLine(fields: Partial<ConsumptionLine> & { period: string }): ConsumptionLine {
  return {
    sell: 94.25,
    buy: 81.5,
    vendorName: 'Microsoft',
    productName: 'Virtual Machines',
    meterCategory: 'Compute',
    resourceGroup: 'rg-production',
    currency: 'EUR',
    quantity: 1,
    uom: '1 Hour',
    ...fields,
  };
}

export interface ExportLineFields {
  /** Gives licence, customer, vendor and partner at once. */
  license?: EmulatorLicense;
  partnerReference?: string;
  period?: string;
  customerRef?: string;
  customerName?: string;
  sequence?: string | null;
  /** Texts as ArrowSphere writes them: dot decimal, five places. */
  sell?: string | null;
  buy?: string | null;
  quantity?: string | null;
  currency?: string | null;
  /** Any column by its reference (`vendor-name`) or its label (`Vendor Name`). */
  values?: Record<string, string | null>;
  program?: string;
  marketplace?: string;
}

/** One line of the billing export, with all columns that integrations read. */
export function exportLine(fields: ExportLineFields = {}): ExportLine {
  const { license, period = '2026-05', sell = '94.25000', buy = '81.50000', quantity = '1', currency = 'EUR' } = fields;
  const number = license && fields.sequence !== undefined ? 0 : nextNumber();
  const customerRef = fields.customerRef ?? license?.customerRef ?? 'XSP200000';
  const customerRefNumber = customerRef.replace('XSP', '');
  const overrides = Object.entries(fields.values ?? {}).map(([key, value]) => [columnReference(key), value] as const);
  return {
    partnerReference: fields.partnerReference ?? license?.partnerReference ?? DEFAULT_PARTNER.reference,
    period,
    customerRef,
    program: fields.program ?? license?.program ?? 'MSCSP',
    marketplace: fields.marketplace ?? license?.marketplace ?? 'EE',
    values: {
      'order-id': license?.orderReference ?? `O_ARWS-V7-${number}`,
      'order-creation-date': '2025-01-10',
      'bill-from': `${period}-01`,
      'bill-to': lastDay(period),
      'end-user-company-name': fields.customerName ?? license?.customerName ?? 'Customer',
      // The recorded export carries the short `Ref` here, and no column carries the XSP reference.
      'end-user-company-id': customerRefNumber,
      'end-user-company-reference-id': `B${customerRefNumber}`,
      'end-user-country-code': 'EE',
      'service-name': license?.serviceRef ?? 'MSCSP',
      'offer-name': license?.name ?? 'Microsoft Azure Plan',
      qty: quantity,
      quantity,
      'country-marketplace-currency': currency,
      'service-provider-currency': currency,
      'exchange-rate': '1.00000',
      'vendor-name': license?.vendorName ?? 'Microsoft',
      'arrow-sku': license?.sku ?? 'MS-AZR-0145P',
      'vendor-sku': license?.sku ?? 'MS-AZR-0145P',
      'total-wholesale-price': buy,
      'buy-total-price': buy,
      'customer-total-price': sell,
      'sell-total-price': sell,
      'customer-unit-price': sell,
      description: license?.name ?? 'Microsoft Azure Plan',
      'product-name': license?.name ?? 'Microsoft Azure Plan',
      'friendly-name': license?.friendlyName ?? null,
      'subscription-start-date': license?.activatedAt?.slice(0, 10) ?? '2025-01-10',
      'billing-cycle': 'Monthly',
      'vendor-subscription-id': license?.vendorLicenseId ?? null,
      sequence: fields.sequence === undefined ? `AB${period.slice(2, 4)}-${number}-1` : fields.sequence,
      'statement-reference': `H1-${period}-${customerRefNumber}`,
      classification: (license?.category ?? 'IaaS').toUpperCase(),
      'report-period': period,
      'ars-subscription-id': license?.licenseId ?? null,
      ...Object.fromEntries(overrides),
    },
  };
}

function lastDay(period: string): string {
  const [year, month] = period.split('-').map(Number) as [number, number];
  return new Date(Date.UTC(year, month, 0)).toISOString().slice(0, 10);
}

/** An export type; with neither labels nor columns it has every column there is. */
export function exportType(
  fields: Partial<Omit<EmulatorExportType, 'columns'>> & { labels?: string[]; columns?: Record<string, string> } = {},
): EmulatorExportType {
  const { labels, columns, ...own } = fields;
  return {
    partnerReference: DEFAULT_PARTNER.reference,
    reference: `E1-2-${String(nextNumber()).padStart(8, '0')}`,
    name: 'MSP (Extended)',
    columns: columns ?? (labels ? columnsOf(...labels) : { ...EXPORT_COLUMNS }),
    ...own,
  };
}

/** The 70 columns of the one export that was seen recorded. */
export const recordedExportType = () => exportType({ name: 'Standard', columns: { ...RECORDED_COLUMNS } });
