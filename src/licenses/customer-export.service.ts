import { Injectable } from '@nestjs/common';
import { type Columns, type Meaning, missingLabels, resolveColumns } from '../arrow-export/columns.js';
import { type ExportLine, readExportLine } from '../arrow-export/export-line.js';
import {
  type ArrowAccount,
  type ArrowExportPage,
  ArrowGateway,
  type ArrowLicense,
} from '../arrow-gateway/arrow-gateway.js';
import { ArrowNotFoundError } from '../arrow-gateway/arrow-gateway.errors.js';
import { readSteadily } from '../arrow-gateway/read-steadily.js';
import type { CustomerMapping } from '../mappings/customer-mapping.entity.js';
import { CustomerLicensesService, sentenceOf } from './customer-licenses.service.js';

/** One customer's lines of a month's billing export. */
export interface CustomerExport {
  /** False: there is no export, and `error` says why. */
  readonly available: boolean;
  readonly lines: readonly ExportLine[];
  readonly error?: string;
}

/** Without these, lines say nothing of money or of its owner. */
const NEEDED: readonly Meaning[] = ['license', 'sell', 'buy'];

/** Reads one customer's lines of the billing export. */
@Injectable()
export class CustomerExportService {
  constructor(
    private readonly gateway: ArrowGateway,
    private readonly arrow: CustomerLicensesService,
  ) {}

  /**
   * The lines of a month (`YYYY-MM`), complete or none. ArrowSphere is asked for this customer only, and each line's
   * licence is checked to be the customer's: never a name. ArrowSphere's failures are part of the answer.
   */
  async read(mapping: CustomerMapping, period: string): Promise<CustomerExport> {
    const type = mapping.settings.exportTypeReference;
    if (!type) return none('No billing export type is configured for this account. Choose one in the settings.');
    try {
      const account = this.arrow.accountOf(mapping);
      const { reference, data } = await this.arrow.list(mapping);
      const query = {
        exportTypeReference: type,
        periodFrom: period,
        periodTo: period,
        customerReferences: [reference],
      };
      const { lines, columns } = await readSteadily(async (options) => {
        const filter = new OwnLines(reference, data, (unknown) => this.gateway.findLicenses(account, unknown));
        let columns: Columns | undefined;
        for await (const page of orNothing(this.gateway.exportPages(account, query, options), type)) {
          columns ??= await this.columnsFor(account, type, page);
          const context = { columns, numberLocale: 'point', priceSource: 'sell', defaultCurrency: '' } as const;
          await filter.take(page.rows.map((row) => readExportLine(row, context)));
        }
        return { lines: filter.lines, columns };
      });
      // Of all pages: lines of others only, where the filter was ignored, are none of this customer's.
      if (lines.length === 0) return none(`ArrowSphere has no billing export of ${reference} for ${period} yet.`);
      const missing = columns ? missingLabels(columns, NEEDED) : [];
      const error = missing.length
        ? `The billing export has no column ${missing.join(', nor ')}. Choose another export type in the settings.`
        : undefined;
      return { available: true, lines, error };
    } catch (error) {
      return none(`The billing export could not be read: ${sentenceOf(error)}`);
    }
  }

  /** The export type is asked about renamed columns only where the usual labels do not do. */
  private async columnsFor(account: ArrowAccount, type: string, page: ArrowExportPage): Promise<Columns> {
    const { columns } = resolveColumns(page.headers);
    if (missingLabels(columns, NEEDED).length === 0 || page.headers.length === 0) return columns;
    return resolveColumns(page.headers, (await this.gateway.getExportType(account, type)).columns).columns;
  }
}

/**
 * Keeps the lines that are the customer's. ArrowSphere filters, and a licence that is not known any more may be among
 * its lines; but once a single line proves to be another customer's, the filter was ignored and only licences known to
 * be the customer's count.
 */
class OwnLines {
  readonly lines: ExportLine[] = [];
  private readonly owners: Map<string, string | undefined>;
  private filterIgnored = false;

  constructor(
    private readonly customer: string,
    own: readonly ArrowLicense[],
    private readonly find: (references: readonly string[]) => Promise<ArrowLicense[]>,
  ) {
    this.owners = new Map(own.map(({ licenseReference }) => [licenseReference, customer]));
  }

  async take(lines: readonly ExportLine[]): Promise<void> {
    if (!this.filterIgnored) await this.learn(lines);
    if (this.filterIgnored) {
      // What was kept on trust before is not trusted any more.
      const kept = this.lines.splice(0).filter((line) => this.isProven(line));
      this.lines.push(...kept);
    }
    this.lines.push(...lines.filter((line) => (this.filterIgnored ? this.isProven(line) : true)));
  }

  private async learn(lines: readonly ExportLine[]): Promise<void> {
    const unknown = new Set(lines.map(({ licenseReference }) => licenseReference).filter(Boolean));
    for (const known of this.owners.keys()) unknown.delete(known);
    if (unknown.size === 0) return;
    for (const reference of unknown) this.owners.set(reference, undefined);
    for (const { licenseReference, customerReference } of await this.find([...unknown])) {
      this.owners.set(licenseReference, customerReference);
      if (customerReference !== this.customer) this.filterIgnored = true;
    }
  }

  private isProven({ licenseReference }: ExportLine): boolean {
    return this.owners.get(licenseReference) === this.customer;
  }
}

function none(error: string): CustomerExport {
  return { available: false, lines: [], error };
}

/** The pages of an export; none where ArrowSphere says of the first that there is no export. Later pages have to come. */
async function* orNothing(pages: AsyncIterable<ArrowExportPage>, type: string): AsyncGenerator<ArrowExportPage> {
  let began = false;
  try {
    for await (const page of pages) {
      began = true;
      yield page;
    }
  } catch (error) {
    // ArrowSphere says 404 for a month without lines as well as for an export type that is gone, which it names.
    const isNoExport = error instanceof ArrowNotFoundError && !error.details.arrowMessage?.includes(type);
    if (began || !isNoExport) throw error;
  }
}
