import { Injectable } from '@nestjs/common';
import { readPageClaim } from './answers.js';
import type { ArrowAccounts } from './arrow-accounts.js';
import { type ArrowClient, type ArrowRequest, type CurrentCaller, Deadline } from './arrow-client.js';
import {
  type ArrowAccount,
  type ArrowCallOptions,
  type ArrowConsumption,
  type ArrowConsumptionEstimate,
  type ArrowCustomer,
  type ArrowExportPage,
  type ArrowExportQuery,
  type ArrowExportType,
  type ArrowExportTypeDefinition,
  ArrowGateway,
  type ArrowLicense,
  type ArrowLicenseDetail,
  type ArrowPartner,
  type Fetched,
} from './arrow-gateway.js';
import { ArrowMalformedAnswerError, ArrowNotFoundError, ArrowRefusedError } from './arrow-gateway.errors.js';
import type { ArrowGatewayOptions } from './arrow-gateway.options.js';
import { readCustomers, readPartner } from './customer-answers.js';
import { type Program, readExportTypeDefinition, readExportTypes, readPrograms } from './export-answers.js';
import { streamPages } from './export-stream.js';
import type { FreshCache } from './fresh-cache.js';
import type { GatewayTimer } from './gateway-timer.js';
import { readLicenseDetail } from './license-answers.js';
import { listAllLicenses, type LicenseCalls, searchLicenses } from './license-lists.js';
import { type ListPage, walkPages } from './page-walker.js';
import { pathPart } from './path-parts.js';
import { shortened } from './sentences.js';
import { type ExportAnswer, readConsumption, readEstimate, readExportPage } from './table-answers.js';

const PAGE_SIZE = 100;
const EXPORT_PAGE_SIZE = 1000;
/** Fewer than a page, so that the answer is a page that is not full and needs no look at a second one. */
const REFERENCES_PER_SEARCH = 90;
const CUSTOMER_REFERENCE = 'customer reference';
const LICENSE_REFERENCE = 'licence reference';

/** {@link ArrowGateway} over HTTP. Knows the endpoints; what may go wrong on the way is the business of the client. */
@Injectable()
export class ArrowHttpGateway extends ArrowGateway {
  constructor(
    private readonly client: ArrowClient,
    private readonly accounts: ArrowAccounts,
    private readonly cache: FreshCache,
    private readonly options: ArrowGatewayOptions,
    private readonly timer: GatewayTimer,
    private readonly caller: CurrentCaller = () => ({}),
  ) {
    super();
  }

  whoAmI(account: ArrowAccount, options?: ArrowCallOptions): Promise<ArrowPartner> {
    const request = get('whoami', 'whoami', 'say whose API key this is', 'whoami', readPartner);
    return this.client.call(account, request, options);
  }

  listCustomers(account: ArrowAccount, options?: ArrowCallOptions): Promise<Fetched<ArrowCustomer[]>> {
    return this.cached(account, 'customers', options, async (lane, signal) => {
      const request = (page: number): ArrowRequest<ListPage<ArrowCustomer>> => ({
        ...get('customers', 'customers', 'list the customers', 'customers', (answer) => ({
          rows: readCustomers(answer),
          claim: readPageClaim(answer),
        })),
        query: { page, per_page: PAGE_SIZE },
      });
      const customers = await walkPages<ArrowCustomer>(
        {
          what: 'customers',
          pageSize: PAGE_SIZE,
          ...this.walkLimits,
          keyOf: ({ reference }) => reference,
          fetch: (page, within) => this.client.call(account, request(page), { signal: within, lane }),
        },
        signal,
      );
      return customers.filter(({ isDeleted }) => !isDeleted);
    });
  }

  async getCustomer(account: ArrowAccount, reference: string, options?: ArrowCallOptions): Promise<ArrowCustomer> {
    const thing = `the customer ${shortened(reference, 60)}`;
    const path = `customers/${pathPart(reference, CUSTOMER_REFERENCE)}`;
    const request = get('customers/{ref}', path, 'show the customer', thing, readCustomers);
    const customers = await this.client.call(account, request, options);
    const [customer] = customers;
    if (!customer) throw new ArrowNotFoundError(thing);
    if (customers.length > 1 || customer.reference !== reference.trim()) {
      throw new ArrowMalformedAnswerError(thing, 'it is about another customer');
    }
    return customer;
  }

  async listLicenses(
    account: ArrowAccount,
    customerReference: string,
    options?: ArrowCallOptions,
  ): Promise<Fetched<ArrowLicense[]>> {
    const reference = customerReference.trim();
    pathPart(reference, CUSTOMER_REFERENCE);
    return this.cached(account, `licenses ${reference}`, options, async (lane, signal) => {
      const found = await searchLicenses(
        this.licenseCalls(account, lane),
        { 'license.customer_ref': [reference] },
        signal,
      );
      if (!found) {
        const all = await this.allLicenses(account, { ...options, lane, signal });
        return all.filter((license) => license.customerReference === reference);
      }
      if (found.some((license) => license.customerReference !== reference)) {
        throw new ArrowMalformedAnswerError('licences', 'it holds licences of other customers');
      }
      return found;
    });
  }

  async findLicenses(
    account: ArrowAccount,
    licenseReferences: readonly string[],
    options: ArrowCallOptions = {},
  ): Promise<ArrowLicense[]> {
    const wanted = [...new Set(licenseReferences.map((reference) => reference.trim()))].filter(
      (reference) => reference !== '',
    );
    const { lane, deadline } = this.begin('find the licences', options);
    try {
      const calls = this.licenseCalls(account, lane);
      const found: ArrowLicense[] = [];
      for (let start = 0; start < wanted.length; start += REFERENCES_PER_SEARCH) {
        const chunk = wanted.slice(start, start + REFERENCES_PER_SEARCH);
        const licenses = await searchLicenses(calls, { 'license.partner_ref': chunk }, deadline.signal);
        if (!licenses) {
          const all = await this.allLicenses(account, { ...options, signal: deadline.signal });
          return all.filter(({ licenseReference }) => wanted.includes(licenseReference));
        }
        if (licenses.some(({ licenseReference }) => !chunk.includes(licenseReference))) {
          throw new ArrowMalformedAnswerError('licences', 'it holds licences that were not asked for');
        }
        found.push(...licenses);
      }
      return found;
    } catch (error) {
      throw deadline.reasonFor(error);
    } finally {
      deadline.end();
    }
  }

  async getLicense(
    account: ArrowAccount,
    licenseReference: string,
    options?: ArrowCallOptions,
  ): Promise<ArrowLicenseDetail> {
    const thing = licenceName(licenseReference);
    const path = `licenses/${pathPart(licenseReference, LICENSE_REFERENCE)}`;
    const license = await this.client.call(
      account,
      get('licenses/{ref}', path, 'show the licence', thing, readLicenseDetail),
      options,
    );
    if (license.licenseReference !== licenseReference.trim()) {
      throw new ArrowMalformedAnswerError(thing, 'it is about another licence');
    }
    return license;
  }

  async getMonthlyConsumption(
    account: ArrowAccount,
    licenseReference: string,
    periodFrom: string,
    periodTo: string,
    options?: ArrowCallOptions,
  ): Promise<ArrowConsumption> {
    const path = `consumption/monthly/license/${pathPart(licenseReference, LICENSE_REFERENCE)}`;
    const read = (answer: unknown): ArrowConsumption => readConsumption(answer, licenseReference.trim());
    const request: ArrowRequest<ArrowConsumption> = {
      ...get(
        'consumption/monthly/license/{ref}',
        path,
        'give the consumption of the licence',
        `the consumption of ${licenceName(licenseReference)}`,
        read,
      ),
      query: { reportPeriodStart: periodFrom, reportPeriodEnd: periodTo },
      slow: true,
    };
    return this.client.call(account, request, options);
  }

  async getConsumptionEstimate(
    account: ArrowAccount,
    licenseReference: string,
    options?: ArrowCallOptions,
  ): Promise<ArrowConsumptionEstimate> {
    const path = `consumption/license/${pathPart(licenseReference, LICENSE_REFERENCE)}/prediction`;
    const thing = `a consumption estimate of ${licenceName(licenseReference)}`;
    const request: ArrowRequest<ArrowConsumptionEstimate> = {
      ...get(
        'consumption/license/{ref}/prediction',
        path,
        'estimate the consumption of the licence',
        thing,
        readEstimate,
      ),
      query: { granularity: 'monthly' },
      slow: true,
    };
    return this.client.call(account, request, options);
  }

  listExportTypes(account: ArrowAccount, options?: ArrowCallOptions): Promise<ArrowExportType[]> {
    const request = get(
      'billing/erp/exports/types',
      'billing/erp/exports/types',
      'list the export types',
      'export types',
      readExportTypes,
    );
    return this.client.call(account, request, options);
  }

  async getExportType(
    account: ArrowAccount,
    reference: string,
    options?: ArrowCallOptions,
  ): Promise<ArrowExportTypeDefinition> {
    const path = `billing/erp/exports/types/${pathPart(reference, 'export type')}`;
    const thing = `the export type ${shortened(reference, 60)}`;
    const read = (answer: unknown): ArrowExportTypeDefinition => readExportTypeDefinition(answer, reference.trim());
    return this.client.call(
      account,
      get('billing/erp/exports/types/{ref}', path, 'show the export type', thing, read),
      options,
    );
  }

  exportPages(
    account: ArrowAccount,
    query: ArrowExportQuery,
    options: ArrowCallOptions = {},
  ): AsyncIterable<ArrowExportPage> {
    const signal = options.signal ?? this.caller().signal;
    const lane = options.lane ?? this.caller().lane;
    const fetch = (page: number, within: AbortSignal): Promise<ExportAnswer> =>
      this.client.call(account, exportRequest(query, page), {
        signal: signal ? AbortSignal.any([signal, within]) : within,
        lane,
      });
    return {
      [Symbol.asyncIterator]: () =>
        streamPages({
          what: 'export lines',
          pageSize: EXPORT_PAGE_SIZE,
          maxPages: this.options.maxPages,
          fetch,
          fetchBeyond: (page, within) => fetch(page, within).catch(noneThere),
        }),
    };
  }

  async listVendors(account: ArrowAccount, category: string, options: ArrowCallOptions = {}): Promise<string[]> {
    const path = `catalog/categories/${pathPart(category, 'catalogue category')}/programs`;
    const request = (page: number): ArrowRequest<ListPage<Program>> => ({
      ...get(
        'catalog/categories/{category}/programs',
        path,
        'list the vendors',
        `the catalogue category ${shortened(category, 60)}`,
        (answer) => ({
          rows: readPrograms(answer),
          claim: readPageClaim(answer),
        }),
      ),
      query: { page, per_page: PAGE_SIZE },
    });
    const { lane, deadline } = this.begin('list the vendors', options);
    try {
      const fetch = (page: number, within: AbortSignal): Promise<ListPage<Program>> =>
        this.client.call(account, request(page), { signal: within, lane });
      const walk = {
        what: 'vendors',
        pageSize: PAGE_SIZE,
        ...this.walkLimits,
        keyOf: ({ reference }: { reference: string }) => reference,
        fetch,
      };
      const names = (await walkPages<Program>(walk, deadline.signal)).map(({ name }) => name);
      return [...new Set(names)].sort((a, b) => a.localeCompare(b, 'en'));
    } catch (error) {
      throw deadline.reasonFor(error);
    } finally {
      deadline.end();
    }
  }

  forget(account: ArrowAccount): void {
    const id = this.accounts.idOf(account);
    if (id) this.cache.forget(`${id} `);
  }

  /** A list that is kept for a while: its walk is shared by all who ask meanwhile, so no single one of them stops it. */
  private async cached<T>(
    account: ArrowAccount,
    name: string,
    options: ArrowCallOptions = {},
    fetch: (lane: string | undefined, signal: AbortSignal) => Promise<T[]>,
  ): Promise<Fetched<T[]>> {
    const walk = async (stop: AbortSignal): Promise<T[]> => {
      const { lane, deadline } = this.begin(
        `list the ${name.split(' ')[0] === 'licenses' ? 'licences' : 'customers'}`,
        { ...options, signal: stop },
      );
      try {
        return await fetch(lane, deadline.signal);
      } catch (error) {
        throw deadline.reasonFor(error);
      } finally {
        deadline.end();
      }
    };
    const signal = options.signal ?? this.caller().signal;
    const { data, fetchedAt } = await this.cache.get(`${this.accounts.get(account).id} ${name}`, walk, {
      refresh: options.refresh,
      signal,
    });
    // A list of one's own: sorting or cutting it must not change what others are given.
    return { data: data.slice(), fetchedAt };
  }

  private async allLicenses(account: ArrowAccount, options?: ArrowCallOptions): Promise<ArrowLicense[]> {
    const list = await this.cached(account, 'licenses', options, (lane, signal) =>
      listAllLicenses(this.licenseCalls(account, lane), signal),
    );
    return list.data;
  }

  private begin(toDo: string, options: ArrowCallOptions): { lane: string | undefined; deadline: Deadline } {
    const caller = this.caller();
    const deadline = new Deadline(this.timer, this.options.walkTimeoutMs, toDo, options.signal ?? caller.signal);
    return { lane: options.lane ?? caller.lane, deadline };
  }

  private licenseCalls(account: ArrowAccount, lane: string | undefined): LicenseCalls {
    return { client: this.client, account, lane, limits: this.walkLimits };
  }

  private get walkLimits(): { concurrency: number; maxPages: number } {
    return { concurrency: this.options.maxConcurrency, maxPages: this.options.maxPages };
  }
}

function get<T>(
  endpoint: string,
  path: string,
  toDo: string,
  content: string,
  read: (answer: unknown) => T,
): ArrowRequest<T> {
  return { endpoint: `GET ${endpoint}`, method: 'GET', path, toDo, content, read };
}

function exportRequest(query: ArrowExportQuery, page: number): ArrowRequest<ExportAnswer> {
  return {
    endpoint: 'POST billing/erp/exports/sync',
    method: 'POST',
    path: 'billing/erp/exports/sync',
    // Live clients send the page in the body, ArrowSphere's own in the query: with both, whichever is read is right.
    query: { page },
    body: {
      exportTypeReference: query.exportTypeReference,
      page,
      outputFormat: { date: 'DD-MM-YYYY' },
      filters: {
        reportPeriod: { from: query.periodFrom, to: query.periodTo },
        ...(query.customerReferences ? { customerXspRefs: query.customerReferences } : {}),
      },
    },
    toDo: 'run the billing export',
    content: 'export lines',
    thing: `a billing export of ${query.periodFrom} to ${query.periodTo}`,
    slow: true,
    read: readExportPage,
  };
}

function noneThere(error: unknown): undefined {
  if (error instanceof ArrowNotFoundError || error instanceof ArrowRefusedError) return undefined;
  throw error;
}

function licenceName(reference: string): string {
  return `the licence ${shortened(reference, 60)}`;
}
