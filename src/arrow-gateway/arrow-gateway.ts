import type { DecimalString } from '../common/money.js';

/** Who asks ArrowSphere, and where. An argument of every call: credentials need not be saved to be tried. */
export interface ArrowAccount {
  /** Base URL such as `https://xsp.arrow.com/index.php/api/`, with or without the last slash. */
  readonly apiUrl: string;
  readonly apiKey: string;
}

export interface ArrowCallOptions {
  /** Stops the call, its retries and its waiting. Default: the going away of the request's client. */
  readonly signal?: AbortSignal;
  /** Whose turn it is when calls of one account wait: lanes are served in turn. Default: the caller of the request. */
  readonly lane?: string;
  /** Ask ArrowSphere even where a fresh enough answer is at hand. */
  readonly refresh?: boolean;
}

/** A complete list and when ArrowSphere gave it. */
export interface Fetched<T> {
  readonly data: T;
  /** UTC; older than now when it came from the cache. */
  readonly fetchedAt: Date;
}

/** The reseller that the key belongs to (`whoami`). Empty text where ArrowSphere says nothing. */
export interface ArrowPartner {
  /** `XSP…` */
  readonly reference: string;
  readonly companyName: string;
  readonly email: string;
  readonly city: string;
  readonly countryCode: string;
  /** ISO 4217, where ArrowSphere says it. */
  readonly preferredCurrency?: string;
}

/** An end customer of the reseller. Empty text where ArrowSphere says nothing. */
export interface ArrowCustomer {
  /** `XSP…`: the key that licences, exports and mappings join on. */
  readonly reference: string;
  readonly companyName: string;
  /** ArrowSphere's short code (`Ref`), a number or text at its end, text here. */
  readonly ref: string;
  /** The reseller's own id for the customer. */
  readonly internalReference: string;
  readonly billingId: string;
  /** `EmailContact`, else the contact person's. */
  readonly email: string;
  readonly city: string;
  /** ISO 3166-1 alpha-2. */
  readonly countryCode: string;
  readonly taxNumber: string;
  readonly registrationNumber: string;
  readonly websiteUrl: string;
  readonly domainName: string;
  /** True where ArrowSphere marks the customer as removed. */
  readonly isDeleted: boolean;
}

/** A licence as the listing gives it: what ArrowSphere calls the end customer's cloud subscription. */
export interface ArrowLicense {
  /** `license_id` / find's `partner_ref` / the export's `ARS Subscription ID`. */
  readonly licenseReference: string;
  readonly customerReference: string;
  readonly customerName: string;
  /** `service_ref`, e.g. `MSCSP`. */
  readonly serviceReference: string | null;
  readonly vendorName: string | null;
  readonly offerName: string | null;
  readonly sku: string | null;
  readonly friendlyName: string | null;
  readonly vendorSubscriptionId: string | null;
  readonly statusLabel: string | null;
  readonly category: string | null;
  readonly quantity: DecimalString | null;
  readonly currency: string | null;
}

/** One licence with all that ArrowSphere says of it, in ArrowSphere's own keys (`raw`). */
export interface ArrowLicenseDetail extends ArrowLicense {
  readonly raw: Readonly<Record<string, unknown>>;
}

/**
 * Rows of an answer made of `headers` and lines, by header label as sent (trimmed). Of labels that are equal but for
 * case the second is called `… (2)`, so that no column hides another.
 */
export interface ArrowTable {
  readonly headers: readonly string[];
  /** One entry per line; a cell is text, or `null` where ArrowSphere sent null or the row was too short. */
  readonly rows: ReadonlyArray<ReadonlyMap<string, string | null>>;
}

/** The consumption of one licence over a range of months. */
export interface ArrowConsumption {
  readonly licenseReference: string;
  readonly table: ArrowTable;
  /** One entry per `Report Period` in the answer. */
  readonly months: readonly ArrowConsumptionMonth[];
}

export interface ArrowConsumptionMonth {
  /** `YYYY-MM` */
  readonly period: string;
  /** Sum of the sell prices; `null` = ArrowSphere could not say (it sent null, `"null"` or no number), which is not 0. */
  readonly sellTotal: DecimalString | null;
  readonly buyTotal: DecimalString | null;
  /** ISO 4217, where the answer has it. */
  readonly currency: string | null;
  readonly lineCount: number;
}

/** What the running month has cost so far, as ArrowSphere's prediction gives it: an estimate. */
export interface ArrowConsumptionEstimate {
  /** `YYYY-MM` the estimate is for. */
  readonly period: string;
  readonly sellTotal: DecimalString | null;
  readonly buyTotal: DecimalString | null;
  readonly currency: string | null;
}

/** An export type and, where asked for, its columns (column reference → label). */
export interface ArrowExportType {
  readonly reference: string;
  readonly name: string;
}

export interface ArrowExportTypeDefinition extends ArrowExportType {
  readonly columns: Readonly<Record<string, string>>;
}

export interface ArrowExportQuery {
  readonly exportTypeReference: string;
  /** `YYYY-MM`, both inclusive. */
  readonly periodFrom: string;
  readonly periodTo: string;
  /** Only these customers (`XSP…`), filtered by ArrowSphere. */
  readonly customerReferences?: readonly string[];
}

export interface ArrowExportOptions extends ArrowCallOptions {
  /** Take a row that stands at the end of one page and at the top of the next for two rows of the export. */
  readonly allowRepeatedRows?: boolean;
}

/** One page of an export: pages come in order, and the last one is proven to be the last. */
export interface ArrowExportPage {
  readonly page: number;
  readonly totalPages: number;
  /** Lines of the whole export, as ArrowSphere counts them; where it does not, those so far. */
  readonly totalRows: number;
  /** Labels, trimmed; of equal ones the second is called `… (2)`. The same on every page of an export. */
  readonly headers: readonly string[];
  /** Cells as sent, in header order: text or `null`; padded with `null` where a row was short. */
  readonly rows: ReadonlyArray<ReadonlyArray<string | null>>;
}

/**
 * ArrowSphere in our words, and the injection token for it. Every method gives a complete answer or throws one of the
 * named errors of `arrow-gateway.errors.ts`, within the configured time; none returns part of a list.
 *
 * Throws, all methods: `ArrowCredentialsRejectedError`, `ArrowNotAllowedError`, `ArrowRefusedError`,
 * `ArrowUnavailableError`, `ArrowTimedOutError`, `ArrowMalformedAnswerError`, `ArrowQueueFullError`,
 * `ArrowCallCancelledError`, `ArrowNotFoundError`, `ArrowAddressNotAllowedError`; where a reference is given also
 * `ArrowReferenceNotUsableError`; lists also `ArrowIncompleteAnswerError`.
 */
export abstract class ArrowGateway {
  /** The partner that the key belongs to; the way to check a key. */
  abstract whoAmI(account: ArrowAccount, options?: ArrowCallOptions): Promise<ArrowPartner>;

  /** All customers of the partner, of all pages, removed ones left out. */
  abstract listCustomers(account: ArrowAccount, options?: ArrowCallOptions): Promise<Fetched<ArrowCustomer[]>>;

  /** One customer by its reference (`XSP…`). */
  abstract getCustomer(account: ArrowAccount, reference: string, options?: ArrowCallOptions): Promise<ArrowCustomer>;

  /** All licences of one customer, one entry per licence reference. */
  abstract listLicenses(
    account: ArrowAccount,
    customerReference: string,
    options?: ArrowCallOptions,
  ): Promise<Fetched<ArrowLicense[]>>;

  /** Licence → customer for these licences, in few calls; references ArrowSphere does not know are left out. */
  abstract findLicenses(
    account: ArrowAccount,
    licenseReferences: readonly string[],
    options?: ArrowCallOptions,
  ): Promise<ArrowLicense[]>;

  /** One licence by its reference. */
  abstract getLicense(
    account: ArrowAccount,
    licenseReference: string,
    options?: ArrowCallOptions,
  ): Promise<ArrowLicenseDetail>;

  /** Consumption of one licence, month by month, `YYYY-MM` both inclusive, in one call. */
  abstract getMonthlyConsumption(
    account: ArrowAccount,
    licenseReference: string,
    periodFrom: string,
    periodTo: string,
    options?: ArrowCallOptions,
  ): Promise<ArrowConsumption>;

  /** The running month's estimate; `ArrowNotFoundError` where ArrowSphere has none. */
  abstract getConsumptionEstimate(
    account: ArrowAccount,
    licenseReference: string,
    options?: ArrowCallOptions,
  ): Promise<ArrowConsumptionEstimate>;

  /** The export types the partner has (object and list forms of the answer are read alike). */
  abstract listExportTypes(account: ArrowAccount, options?: ArrowCallOptions): Promise<ArrowExportType[]>;

  /** One export type with its columns, without running an export. */
  abstract getExportType(
    account: ArrowAccount,
    reference: string,
    options?: ArrowCallOptions,
  ): Promise<ArrowExportTypeDefinition>;

  /**
   * The lines of a billing export, page by page, so that a million of them never sit in memory. Dates are
   * `DD-MM-YYYY`. An export without lines is one page without rows, or `ArrowNotFoundError`, as ArrowSphere likes it. An iteration that ends
   * without an error has delivered every line once; one that throws has not, and what it delivered must be dropped.
   *
   * Lines have no key, so a row among the last 100 of a page that is, cell for cell, the first of the next page may be
   * one line that moved on between the two requests, or two lines that say the same. It throws
   * `ArrowExportShiftedError` (code `arrow_export_shifted`, an `ArrowIncompleteAnswerError`) before it hands on that next
   * page. Read the export again then; where the error comes again with the same `page` and `rowHash`, the rows are real:
   * read it with `allowRepeatedRows`, which leaves out this check and no other. `readSteadily` does all of that.
   * Lines that are left out because others moved up cannot be noticed where the total stays the same.
   */
  abstract exportPages(
    account: ArrowAccount,
    query: ArrowExportQuery,
    options?: ArrowExportOptions,
  ): AsyncIterable<ArrowExportPage>;

  /** Vendor names of a catalogue category (`IAAS`, `SAAS`, …), all pages, sorted, each once. */
  abstract listVendors(account: ArrowAccount, category: string, options?: ArrowCallOptions): Promise<string[]>;

  /** Forget what is cached of an account: call it after writing to ArrowSphere or changing credentials. */
  abstract forget(account: ArrowAccount): void;
}
