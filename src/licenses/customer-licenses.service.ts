import { Injectable } from '@nestjs/common';
import {
  type ArrowAccount,
  type ArrowCallOptions,
  ArrowGateway,
  type ArrowLicense,
  type Fetched,
} from '../arrow-gateway/arrow-gateway.js';
import {
  ArrowCallCancelledError,
  ArrowError,
  ArrowNotFoundError,
  ArrowReferenceNotUsableError,
} from '../arrow-gateway/arrow-gateway.errors.js';
import { isCustomerReference, sameArrowReference } from '../arrow-gateway/arrow-reference.js';
import { inParallel } from '../common/in-parallel.js';
import { Env } from '../config/env.js';
import type { CustomerMapping } from '../mappings/customer-mapping.entity.js';
import { ApiKeyUnreadableError } from '../settings/settings.errors.js';
import { SettingsService } from '../settings/settings.service.js';
import { resolveArrowCustomer } from './arrow-customer.js';
import type { Verdict } from './decide-links.js';
import {
  AccountNotActiveError,
  ArrowCustomerUnresolvedError,
  LicenseOfAnotherCustomerError,
  LicenseUnknownError,
} from './licenses.errors.js';

/** The licences of one customer, complete. */
export interface CustomerLicenses extends Fetched<ArrowLicense[]> {
  /** The customer's reference as ArrowSphere writes it. */
  readonly reference: string;
}

/** What ArrowSphere says of a mapped customer's licences. Mappings come with their `settings`. */
@Injectable()
export class CustomerLicensesService {
  constructor(
    private readonly gateway: ArrowGateway,
    private readonly settings: SettingsService,
    private readonly env: Env,
  ) {}

  /** Throws `AccountNotActiveError`, `ApiKeyUnreadableError`. */
  accountOf({ settings }: CustomerMapping): ArrowAccount {
    if (!settings.isActive) throw new AccountNotActiveError();
    return this.settings.accountOf(settings);
  }

  /** All licences of the customer. Throws as {@link accountOf}, `ArrowCustomerUnresolvedError` and the gateway's errors. */
  async list(mapping: CustomerMapping, options: ArrowCallOptions = {}): Promise<CustomerLicenses> {
    const account = this.accountOf(mapping);
    const stored = mapping.arrowReference;
    if (!isCustomerReference(stored)) {
      const reference = await this.resolve(account, stored);
      return { ...(await this.gateway.listLicenses(account, reference, options)), reference };
    }
    const licenses = await this.gateway.listLicenses(account, stored, options);
    if (licenses.data.length > 0) return { ...licenses, reference: stored };
    // No licences: the customer may have none, or be known by another reference.
    const reference = await this.resolve(account, stored);
    if (reference === stored) return { ...licenses, reference };
    return { ...(await this.gateway.listLicenses(account, reference, options)), reference };
  }

  /**
   * Asks ArrowSphere whether these licences exist and are the mapped customer's. Never throws for what ArrowSphere does:
   * where it cannot be asked, that is the verdict.
   */
  async check(mapping: CustomerMapping, references: readonly string[]): Promise<Map<string, Verdict>> {
    const wanted = [...new Set(references)];
    if (wanted.length === 0) return new Map();
    try {
      const account = this.accountOf(mapping);
      const found = await this.gateway.findLicenses(account, wanted);
      const licenses = new Map(found.map((license) => [license.licenseReference, license]));
      const owner = found.some(
        ({ customerReference }) => !sameArrowReference(customerReference, mapping.arrowReference),
      )
        ? await this.ownerOf(account, mapping)
        : mapping.arrowReference;
      const missing = wanted.filter((reference) => !licenses.has(reference));
      const verdicts = new Map<string, Verdict>(
        found.map((license) => [license.licenseReference, judge(license, owner, mapping)]),
      );
      // A search index lags behind: what it does not have is asked for by name before it is called unknown.
      await inParallel(missing, this.env.ARROW_MAX_CONCURRENCY, async (reference) =>
        verdicts.set(reference, await this.askByName(account, reference, mapping)),
      );
      return verdicts;
    } catch (error) {
      const why = sentenceOf(error);
      return new Map(wanted.map((reference) => [reference, { kind: 'unasked', why }]));
    }
  }

  private async askByName(account: ArrowAccount, reference: string, mapping: CustomerMapping): Promise<Verdict> {
    try {
      const license = await this.gateway.getLicense(account, reference);
      const owner = sameArrowReference(license.customerReference, mapping.arrowReference)
        ? mapping.arrowReference
        : await this.ownerOf(account, mapping);
      return judge(license, owner, mapping);
    } catch (error) {
      if (error instanceof ArrowNotFoundError) return { kind: 'denied', error: new LicenseUnknownError(reference) };
      if (error instanceof ArrowReferenceNotUsableError) return { kind: 'denied', error };
      return { kind: 'unasked', why: sentenceOf(error) };
    }
  }

  /** The mapped customer's reference; the stored text where nobody answers to it. */
  private async ownerOf(account: ArrowAccount, { arrowReference }: CustomerMapping): Promise<string> {
    try {
      return await this.resolve(account, arrowReference);
    } catch (error) {
      if (error instanceof ArrowCustomerUnresolvedError) return arrowReference;
      throw error;
    }
  }

  private async resolve(account: ArrowAccount, reference: string): Promise<string> {
    if (isCustomerReference(reference)) {
      try {
        return (await this.gateway.getCustomer(account, reference)).reference;
      } catch (error) {
        if (!(error instanceof ArrowNotFoundError) && !(error instanceof ArrowReferenceNotUsableError)) throw error;
      }
    }
    const { data } = await this.gateway.listCustomers(account);
    return resolveArrowCustomer(data, reference);
  }
}

function judge(license: ArrowLicense, owner: string, { arrowReference }: CustomerMapping): Verdict {
  if (sameArrowReference(license.customerReference, owner)) return { kind: 'confirmed', license };
  const { licenseReference, customerReference } = license;
  const error = new LicenseOfAnotherCustomerError(licenseReference, customerReference, arrowReference);
  return { kind: 'denied', error };
}

/** Why ArrowSphere did not answer, as a sentence. Throws on what is not ArrowSphere's failure, or if the caller is gone. */
export function sentenceOf(error: unknown): string {
  const foreseen = [ArrowError, ApiKeyUnreadableError, AccountNotActiveError, ArrowCustomerUnresolvedError].some(
    (kind) => error instanceof kind,
  );
  if (!foreseen || error instanceof ArrowCallCancelledError) throw error;
  return (error as Error).message;
}
