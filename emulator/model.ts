/** The world that the emulator serves. Everything is plain, mutable data: a test changes it and the next answer shows it. */

/** A reseller and the key that it uses. Two entries with the same `reference` are one reseller with two keys. */
export interface EmulatorPartner {
  /** Accepted in the `apiKey` header. Never on the wire of an answer, never recorded. */
  apiKey: string;
  /** `XSP…`; customers, licences, export types and lines say by it which partner they belong to. */
  reference: string;
  companyName: string;
  /** Further `whoami` fields, or other values for the usual ones. */
  whoami?: Record<string, unknown>;
}

/** A customer in ArrowSphere's own keys (PascalCase), so that a test can make any of them null, odd or absent. */
export interface EmulatorCustomer {
  /** Whose customer it is; not on the wire. */
  partnerReference: string;
  Reference: string;
  CompanyName: string;
  /** ArrowSphere sends text, sometimes a number. */
  Ref: string | number | null;
  DeletedAt: string | null;
  [field: string]: unknown;
}

/** A licence in neutral words; the routes spell it in the dialect of each listing. */
export interface EmulatorLicense {
  /** Whose licence it is; not on the wire. */
  partnerReference: string;
  /** Find's internal number, the key of deep walking. Unique and rising in the order of creation. */
  id: number;
  /** `XSP…`: `license_id`, find's `partner_ref`, the export's `ARS Subscription ID`. */
  licenseId: string;
  customerRef: string;
  customerName: string;
  serviceRef: string;
  sku: string;
  name: string;
  friendlyName: string | null;
  vendorName: string;
  vendorCode: string;
  program: string;
  vendorLicenseId: string | null;
  /** `IaaS` or `SaaS` in listings; the export writes it in capitals. */
  category: string;
  statusCode: number;
  statusLabel: string;
  state: string;
  seats: number;
  /** Numbers as ArrowSphere sends them; 0 for pay-as-you-go. */
  unitBuy: number;
  unitSell: number;
  currency: string;
  /** Hours: 720 month, 8640 year, 0 none. */
  periodicityCode: number;
  termCode: number;
  marketplace: string;
  isTrial: boolean;
  autoRenew: boolean;
  isEnabled: boolean;
  activatedAt: string | null;
  /** ISO 8601; "no end" is a year about 7000 years ahead. */
  expiresAt: string | null;
  lastUpdate: string | null;
  orderReference: string;
  /** What asking for consumption gives: `usage` answers, `error` is the 400 that seat licences give. */
  consumption: 'usage' | 'error';
  /** Keys to set or change in the mixed-case form (listings and detail) and in find's form. */
  wire?: Record<string, unknown>;
  findWire?: Record<string, unknown>;
}

/** One line of the monthly consumption. `null` and the text `"null"` are totals that ArrowSphere cannot give. */
export interface ConsumptionLine {
  /** `YYYY-MM` */
  period: string;
  sell: number | string | null;
  buy: number | string | null;
  vendorName: string;
  productName: string;
  meterCategory: string;
  resourceGroup: string;
  currency: string;
  quantity: number | null;
  uom: string;
}

export interface ConsumptionPrediction {
  currency: string;
  /** `YYYY-MM` */
  reportPeriod: string;
  billingStartDate: string;
  values: Array<{
    consumed: { buy: number | string | null; sell: number | string | null; list: number | string | null };
    estimatedMin: number | string | null;
    estimatedMax: number | string | null;
  }>;
}

export interface EmulatorExportType {
  partnerReference: string;
  reference: string;
  name: string;
  /** Column reference → label; the order is the order of the export's columns. */
  columns: Record<string, string>;
}

/** One line of the billing export. */
export interface ExportLine {
  partnerReference: string;
  /** Filter `reportPeriod`, `YYYY-MM`. */
  period: string;
  /** Filter `customerXspRefs`; no column carries it. */
  customerRef: string;
  program: string;
  marketplace: string;
  /** Column reference → value. Dates are ISO here and get the asked format on the wire. Absent columns are null. */
  values: Record<string, string | null>;
}

/** Lines made when they are asked for: a million of them need no memory. */
export interface ExportLineSource {
  readonly total: number;
  lineAt(index: number): ExportLine;
  /**
   * The partner's lines that pass these filters, where the source can say so without looking at every line; `undefined` makes the
   * emulator look at each line once and remember the numbers of those that pass.
   */
  select?(filters: ExportFilters, partnerReference: string): ExportLineSource | undefined;
}

export type ExportFilters = Record<string, unknown>;

export interface CatalogueProgram {
  reference: string;
  name: string;
  associatedSubscriptionProgram: string;
}

export interface EmulatorData {
  /** The first is the default partner. */
  partners: EmulatorPartner[];
  customers: EmulatorCustomer[];
  licenses: EmulatorLicense[];
  /** Licence reference → lines of all months. */
  consumption: Record<string, ConsumptionLine[]>;
  /** Licence reference → prediction; absent = ArrowSphere has none and says so with an error. */
  predictions: Record<string, ConsumptionPrediction>;
  exportTypes: EmulatorExportType[];
  exportLines: ExportLine[] | ExportLineSource;
  /** Catalogue category (upper case) → programs. */
  programs: Record<string, CatalogueProgram[]>;
  /** `consumption/healthcheck`. */
  health: Array<{ marketplace: string; vendor: string; classification: string; color: string; message: string }>;
  /** Programme enrolments of the reseller, as on the wire. */
  subscriptions: Array<Record<string, unknown>>;
  behaviour: EmulatorBehaviour;
}

/** Where ArrowSphere is known, or feared, to answer in more than one way. */
export interface EmulatorBehaviour {
  /** `data.exportTypes` as an object map (what is known) or as a list. */
  exportTypesAs: 'map' | 'list';
  /** Where `exports/sync` looks for `page` and `perPage`. */
  exportPageFrom: 'body' | 'query';
  /** What an export without lines gives. */
  emptyExport: 'empty' | 'error';
  /** Whether the `classifications` filter is accepted; some accounts refuse it. */
  classificationFilter: 'accepted' | 'refused';
  /** `code` of the billing envelope: 200 or 0 were both seen. */
  billingCode: number;
  /** Names of the consumption columns. */
  consumptionHeaders: 'v2' | 'older';
  /** Largest `per_page` of customers, licences, find and catalogue: a larger one is cut to it and the cut one echoed. */
  maxPerPage: number;
  defaultPerPage: number;
  /** Largest `perPage` of the sync export: a larger one is refused. */
  maxExportPerPage: number;
  /** `licenses/v2/find` refuses pages that end beyond this many results. */
  findWindow: number;
}
