import type { ArrowAccounts } from './arrow-accounts.js';
import { Deadline } from '../http-client/upstream-client.js';
import type { ArrowClient, CurrentCaller } from './arrow-client.js';
import {
  type ArrowAccount,
  type ArrowCallOptions,
  type ArrowConsumption,
  type ArrowConsumptionEstimate,
  type ArrowCustomer,
  type ArrowExportOptions,
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
import { ArrowMalformedAnswerError, ArrowNotFoundError } from './arrow-gateway.errors.js';
import { ARROWSPHERE } from './arrowsphere.js';
import type { ArrowGatewayOptions } from './arrow-gateway.options.js';
import * as requests from './arrow-requests.js';
import type { Program } from './export-answers.js';
import { streamPages } from './export-stream.js';
import type { FreshCache } from './fresh-cache.js';
import type { GatewayTimer } from '../http-client/gateway-timer.js';
import { listAllLicenses, type LicenseCalls, searchLicenses } from './license-lists.js';
import { noneThere, walkPages } from './page-walker.js';
import { pathPart } from './path-parts.js';
import type { ExportAnswer } from './table-answers.js';

/** Fewer than a page, so that the answer is a page that is not full and needs no look behind it. */
const REFERENCES_PER_SEARCH = 90;

/** Work on many requests: whose turn they are, and the signal that ends them all. */
type LongWork<T> = (lane: string | undefined, signal: AbortSignal) => Promise<T>;

/** {@link ArrowGateway} over HTTP. Knows which requests make an answer; what may go wrong with one is the client's business. */
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
    return this.client.call(account, requests.whoAmIRequest(), options);
  }

  listCustomers(account: ArrowAccount, options: ArrowCallOptions = {}): Promise<Fetched<ArrowCustomer[]>> {
    return this.cached(account, 'customers', 'list the customers', options, async (lane, signal) => {
      const customers = await walkPages<ArrowCustomer>(
        {
          what: 'customers',
          pageSize: requests.PAGE_SIZE,
          ...this.walkLimits,
          keyOf: ({ reference }) => reference,
          fetch: (page, within) => this.client.call(account, requests.customersRequest(page), { signal: within, lane }),
        },
        signal,
      );
      return customers.filter(({ isDeleted }) => !isDeleted);
    });
  }

  async getCustomer(account: ArrowAccount, reference: string, options?: ArrowCallOptions): Promise<ArrowCustomer> {
    const customers = await this.client.call(account, requests.customerRequest(reference), options);
    const [customer] = customers;
    if (!customer) throw new ArrowNotFoundError(requests.nameOfCustomer(reference));
    if (customers.length > 1 || customer.reference !== reference.trim()) {
      throw new ArrowMalformedAnswerError(requests.nameOfCustomer(reference), 'it is about another customer');
    }
    return customer;
  }

  async listLicenses(
    account: ArrowAccount,
    customerReference: string,
    options: ArrowCallOptions = {},
  ): Promise<Fetched<ArrowLicense[]>> {
    const reference = customerReference.trim();
    pathPart(reference, 'customer reference');
    return this.cached(account, `licenses ${reference}`, 'list the licences', options, async (lane, signal) => {
      const filter = { 'license.customer_ref': [reference] };
      const found = await searchLicenses(this.licenseCalls(account, lane), filter, signal);
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
    const wanted = new Set(licenseReferences.map((reference) => reference.trim()));
    wanted.delete('');
    return this.within('find the licences', options, async (lane, signal) => {
      const calls = this.licenseCalls(account, lane);
      const found: ArrowLicense[] = [];
      for (const chunk of inChunks([...wanted], REFERENCES_PER_SEARCH)) {
        const licenses = await searchLicenses(calls, { 'license.partner_ref': chunk }, signal);
        if (!licenses) {
          const all = await this.allLicenses(account, { ...options, lane, signal });
          return all.filter(({ licenseReference }) => wanted.has(licenseReference));
        }
        if (licenses.some(({ licenseReference }) => !chunk.includes(licenseReference))) {
          throw new ArrowMalformedAnswerError('licences', 'it holds licences that were not asked for');
        }
        found.push(...licenses);
      }
      return found;
    });
  }

  async getLicense(
    account: ArrowAccount,
    licenseReference: string,
    options?: ArrowCallOptions,
  ): Promise<ArrowLicenseDetail> {
    const license = await this.client.call(account, requests.licenseRequest(licenseReference), options);
    if (license.licenseReference !== licenseReference.trim()) {
      throw new ArrowMalformedAnswerError(requests.nameOfLicense(licenseReference), 'it is about another licence');
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
    const request = requests.consumptionRequest(licenseReference, periodFrom, periodTo);
    return this.client.call(account, request, options);
  }

  async getConsumptionEstimate(
    account: ArrowAccount,
    licenseReference: string,
    options?: ArrowCallOptions,
  ): Promise<ArrowConsumptionEstimate> {
    return this.client.call(account, requests.estimateRequest(licenseReference), options);
  }

  listExportTypes(account: ArrowAccount, options?: ArrowCallOptions): Promise<ArrowExportType[]> {
    return this.client.call(account, requests.exportTypesRequest(), options);
  }

  async getExportType(
    account: ArrowAccount,
    reference: string,
    options?: ArrowCallOptions,
  ): Promise<ArrowExportTypeDefinition> {
    return this.client.call(account, requests.exportTypeRequest(reference), options);
  }

  exportPages(
    account: ArrowAccount,
    query: ArrowExportQuery,
    options: ArrowExportOptions = {},
  ): AsyncIterable<ArrowExportPage> {
    const { signal = this.caller().signal, lane = this.caller().lane } = options;
    const fetch = (page: number, stop: AbortSignal): Promise<ExportAnswer> => {
      const either = signal ? AbortSignal.any([signal, stop]) : stop;
      return this.client.call(account, requests.exportRequest(query, page), { signal: either, lane });
    };
    const walk = {
      what: 'export lines',
      pageSize: requests.EXPORT_PAGE_SIZE,
      maxPages: this.options.maxPages,
      allowRepeatedRows: options.allowRepeatedRows,
      fetch,
      fetchBeyond: (page: number, stop: AbortSignal) => fetch(page, stop).catch(noneThere),
    };
    return { [Symbol.asyncIterator]: () => streamPages(walk) };
  }

  async listVendors(account: ArrowAccount, category: string, options: ArrowCallOptions = {}): Promise<string[]> {
    return this.within('list the vendors', options, async (lane, signal) => {
      const programs = await walkPages<Program>(
        {
          what: 'vendors',
          pageSize: requests.PAGE_SIZE,
          ...this.walkLimits,
          keyOf: ({ reference }) => reference,
          fetch: (page, stop) =>
            this.client.call(account, requests.programsRequest(category, page), { signal: stop, lane }),
        },
        signal,
      );
      return [...new Set(programs.map(({ name }) => name))].sort((a, b) => a.localeCompare(b, 'en'));
    });
  }

  forget(account: ArrowAccount): void {
    const id = this.accounts.idOf(account);
    if (id) this.cache.forget(`${id} `);
  }

  /** A list that is kept for a while: its walk is shared by all who ask meanwhile, so no single one of them stops it. */
  private async cached<T>(
    account: ArrowAccount,
    name: string,
    toDo: string,
    options: ArrowCallOptions,
    work: LongWork<T[]>,
  ): Promise<Fetched<T[]>> {
    const key = `${this.accounts.get(account).id} ${name}`;
    const { refresh, signal = this.caller().signal } = options;
    const fetch = (stop: AbortSignal): Promise<T[]> => this.within(toDo, { ...options, signal: stop }, work);
    const { data, fetchedAt } = await this.cache.get(key, fetch, { refresh, signal });
    // A list of one's own: sorting or cutting it must not change what others are given.
    return { data: data.slice(), fetchedAt };
  }

  /** Within the time of a list of many pages. */
  private async within<T>(toDo: string, options: ArrowCallOptions, work: LongWork<T>): Promise<T> {
    const { signal = this.caller().signal, lane = this.caller().lane } = options;
    const deadline = new Deadline(this.timer, ARROWSPHERE, this.options.walkTimeoutMs, toDo, signal);
    try {
      return await work(lane, deadline.signal);
    } catch (error) {
      throw deadline.reasonFor(error);
    } finally {
      deadline.end();
    }
  }

  private async allLicenses(account: ArrowAccount, options: ArrowCallOptions): Promise<ArrowLicense[]> {
    const work: LongWork<ArrowLicense[]> = (lane, signal) => listAllLicenses(this.licenseCalls(account, lane), signal);
    return (await this.cached(account, 'licenses', 'list the licences', options, work)).data;
  }

  private licenseCalls(account: ArrowAccount, lane: string | undefined): LicenseCalls {
    return { client: this.client, account, lane, limits: this.walkLimits };
  }

  private get walkLimits(): { concurrency: number; maxPages: number } {
    return { concurrency: this.options.maxConcurrency, maxPages: this.options.maxPages };
  }
}

function inChunks<T>(all: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, n) => all.slice(n * size, (n + 1) * size));
}
