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
import { isCustomerReference, isOwnCustomerReference, sameArrowReference } from '../arrow-gateway/arrow-reference.js';
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
    const listOf = async (reference: string): Promise<CustomerLicenses> => ({
      ...(await this.gateway.listLicenses(account, reference, options)),
      reference,
    });
    const stored = isCustomerReference(mapping.arrowReference) ? await listOf(mapping.arrowReference) : undefined;
    if (stored?.data.length) return stored;
    // No licences: the customer may have none, or be known by another reference.
    const reference = await this.resolve(account, mapping.arrowReference);
    return stored?.reference === reference ? stored : listOf(reference);
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
      let owner: Promise<string> | undefined;
      const judge = async (license: ArrowLicense): Promise<Verdict> => {
        const { licenseReference, customerReference: customer } = license;
        const isOwn =
          sameArrowReference(customer, mapping.arrowReference) ||
          sameArrowReference(customer, await (owner ??= this.ownerOf(account, mapping)));
        if (isOwn) return { kind: 'confirmed', license };
        const error = new LicenseOfAnotherCustomerError(licenseReference, customer, mapping.arrowReference);
        return { kind: 'denied', error };
      };
      const verdicts = new Map<string, Verdict>();
      for (const license of await this.gateway.findLicenses(account, wanted)) {
        verdicts.set(license.licenseReference, await judge(license));
      }
      const missing = wanted.filter((reference) => !verdicts.has(reference));
      // A search index lags behind: what it does not have is asked for by name before it is called unknown.
      await inParallel(missing, this.env.ARROW_MAX_CONCURRENCY, async (reference) =>
        verdicts.set(reference, await this.askByName(account, reference, judge)),
      );
      return verdicts;
    } catch (error) {
      const why = sentenceOf(error);
      return new Map(wanted.map((reference) => [reference, { kind: 'unasked', why }]));
    }
  }

  private async askByName(
    account: ArrowAccount,
    reference: string,
    judge: (license: ArrowLicense) => Promise<Verdict>,
  ): Promise<Verdict> {
    try {
      return await judge(await this.gateway.getLicense(account, reference));
    } catch (error) {
      if (error instanceof ArrowNotFoundError) return { kind: 'denied', error: new LicenseUnknownError(reference) };
      if (error instanceof ArrowReferenceNotUsableError) return { kind: 'denied', error };
      return { kind: 'unasked', why: sentenceOf(error) };
    }
  }

  /** The mapped customer's reference; the stored text where nobody answers to it. A full one is nothing to ask about. */
  private async ownerOf(account: ArrowAccount, { arrowReference }: CustomerMapping): Promise<string> {
    if (isOwnCustomerReference(arrowReference)) return arrowReference;
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

/** Why ArrowSphere did not answer, as a sentence. Throws on what is not ArrowSphere's failure, or if the caller is gone. */
export function sentenceOf(error: unknown): string {
  const foreseen = [ArrowError, ApiKeyUnreadableError, AccountNotActiveError, ArrowCustomerUnresolvedError].some(
    (kind) => error instanceof kind,
  );
  if (!foreseen || error instanceof ArrowCallCancelledError) throw error;
  return (error as Error).message;
}
