import { Injectable } from '@nestjs/common';
import { type ArrowAccount, ArrowGateway } from '../arrow-gateway/arrow-gateway.js';
import { mayBeLicenseReference } from '../arrow-gateway/arrow-reference.js';
import { Clock } from '../common/clock.js';
import { inParallel } from '../common/in-parallel.js';
import type { DecimalString } from '../common/money.js';
import { YearMonth } from '../common/year-month.js';
import { Env } from '../config/env.js';
import type { Resource } from '../directory/resource.entity.js';
import { ResourcesService } from '../directory/resources.service.js';
import { CustomerMappingsService } from '../mappings/customer-mappings.service.js';
import type { CustomerMapping } from '../mappings/customer-mapping.entity.js';
import { type CustomerExport, CustomerExportService } from './customer-export.service.js';
import { CustomerLicensesService, sentenceOf } from './customer-licenses.service.js';

/** What a linked licence has cost in a month. */
export interface LicenseConsumption {
  readonly licenseReference: string;
  readonly resource: { readonly uuid: string; readonly name: string };
  /** Null: ArrowSphere cannot say, or could not be asked; `error` says which. */
  readonly sell: DecimalString | null;
  readonly buy: DecimalString | null;
  readonly currency: string | null;
  readonly error?: string;
}

/** What ArrowSphere says now of a mapped customer. */
export interface ArrowData {
  readonly mapping: CustomerMapping;
  /** `YYYY-MM` */
  readonly period: string;
  readonly billing: CustomerExport;
  readonly consumption: readonly LicenseConsumption[];
  readonly totalResources: number;
}

/** What ArrowSphere says now of a mapped customer: its billing lines, and what its linked licences have cost. */
@Injectable()
export class ArrowDataService {
  constructor(
    private readonly mappings: CustomerMappingsService,
    private readonly resources: ResourcesService,
    private readonly arrow: CustomerLicensesService,
    private readonly exports: CustomerExportService,
    private readonly gateway: ArrowGateway,
    private readonly clock: Clock,
    private readonly env: Env,
  ) {}

  /**
   * Asks ArrowSphere for all of it at once, within the gateway's limit. Whatever ArrowSphere fails at is said in the
   * answer, never thrown. `period` is `YYYY-MM`, the running month (UTC) by default. Throws
   * `CustomerMappingNotFoundError`.
   */
  async fetch(mappingUuid: string, period = YearMonth.at(this.clock.now()).toString()): Promise<ArrowData> {
    const mapping = await this.mappings.getWithSettings(mappingUuid);
    const resources = await this.resources.ofCustomer(mapping.waldurCustomerUuid);
    const linked = resources.filter(({ backendId }) => backendId !== '');
    const [billing, consumption] = await Promise.all([
      this.exports.read(mapping, period),
      this.consumptionOf(mapping, linked, period),
    ]);
    return { mapping, period, billing, consumption, totalResources: resources.length };
  }

  private async consumptionOf(
    mapping: CustomerMapping,
    linked: readonly Resource[],
    period: string,
  ): Promise<LicenseConsumption[]> {
    const account = this.usableAccount(mapping);
    // A resource that is terminated keeps the licence that another one has now.
    const licenses = [...new Set(linked.map(({ licenseReference }) => licenseReference))];
    // Twice the gateway's limit, so that it never waits for us; the rest does not fill its queue.
    const amounts = await inParallel(licenses, this.env.ARROW_MAX_CONCURRENCY * 2, async (license) =>
      typeof account === 'string' ? unknown(account) : this.month(account, license, period),
    );
    const amountsOf = new Map(licenses.map((license, at) => [license, amounts[at]!]));
    return linked.map(({ uuid, name, licenseReference }) => ({
      resource: { uuid, name },
      licenseReference,
      ...amountsOf.get(licenseReference)!,
    }));
  }

  private async month(account: ArrowAccount, license: string, period: string): Promise<Amounts> {
    if (!mayBeLicenseReference(license)) return unknown(`${license} is not a licence reference of ArrowSphere.`);
    try {
      const { months } = await this.gateway.getMonthlyConsumption(account, license, period, period);
      const month = months.find((candidate) => candidate.period === period);
      if (!month) return { sell: '0', buy: '0', currency: null };
      const { sellTotal: sell, buyTotal: buy, currency } = month;
      const missing = [...(sell === null ? ['sell'] : []), ...(buy === null ? ['buy'] : [])].join(' and no ');
      return { sell, buy, currency, ...(missing && { error: `ArrowSphere gives no ${missing} total for ${period}.` }) };
    } catch (error) {
      return unknown(sentenceOf(error));
    }
  }

  /** The account, or why it cannot be used. */
  private usableAccount(mapping: CustomerMapping): ArrowAccount | string {
    try {
      return this.arrow.accountOf(mapping);
    } catch (error) {
      return sentenceOf(error);
    }
  }
}

type Amounts = Pick<LicenseConsumption, 'sell' | 'buy' | 'currency' | 'error'>;

function unknown(error: string): Amounts {
  return { sell: null, buy: null, currency: null, error };
}
