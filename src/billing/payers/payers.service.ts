import { Injectable } from '@nestjs/common';
import { ArrowGateway } from '../../arrow-gateway/arrow-gateway.js';
import { referenceKey } from '../../arrow-gateway/arrow-reference.js';
import { groupBy } from '../../common/group-by.js';
import { ResourcesService } from '../../directory/resources.service.js';
import { CustomerMappingsService } from '../../mappings/customer-mappings.service.js';
import type { BillingContext } from '../core/billing-context.js';
import { type BillTo, billTo, type LicensePair, type MappedCustomer } from './bill-to.js';
import { PayersRepository } from './payers.repository.js';

/** Finds out who is charged: lines and ArrowSphere say whose a licence is, mappings and links say who that is here. */
@Injectable()
export class PayersService {
  constructor(
    private readonly repository: PayersRepository,
    private readonly gateway: ArrowGateway,
    private readonly mappings: CustomerMappingsService,
    private readonly resources: ResourcesService,
  ) {}

  /**
   * Asks ArrowSphere whose these licences are now and keeps what is new. Not to be called inside a transaction. Throws the
   * gateway's errors.
   */
  async seeOwners(context: BillingContext, licenses: readonly string[], signal: AbortSignal): Promise<void> {
    if (!licenses.length) return;
    const { arrow, lane } = context;
    const asked = new Set(licenses);
    const found = await this.gateway.findLicenses(arrow, licenses, { signal, lane });
    await this.repository.addOwners(
      context,
      found.filter((license) => license.customerReference && asked.has(license.licenseReference)),
    );
  }

  /**
   * Licence → its bill-to party, where an owner is known. `customerOf` answers its Arrow customer, given the owner that
   * ArrowSphere names now; what it has forgotten stays with its last owner. Throws the gateway's errors.
   */
  async partiesOf(
    context: BillingContext,
    licenses: readonly string[],
    customerOf: (license: string, owner: string | undefined) => string | undefined,
    signal: AbortSignal,
  ): Promise<Map<string, BillTo>> {
    await this.seeOwners(context, licenses, signal);
    const owners = await this.repository.lastOwners(context, licenses);
    const pairs = licenses.flatMap((licenseReference) => {
      const arrowCustomer = customerOf(licenseReference, owners.get(licenseReference));
      return arrowCustomer ? [{ licenseReference, arrowCustomer }] : [];
    });
    return new Map((await this.billTo(context, pairs)).map((party) => [party.licenseReference, party]));
  }

  /**
   * What texts on lines name, text → Arrow customer: a full reference or its digits, of exactly one customer of the
   * account; others are no evidence. Throws the gateway's errors.
   */
  async namedCustomers(
    { arrow, lane }: BillingContext,
    texts: readonly string[],
    mapped: readonly MappedCustomer[],
    signal: AbortSignal,
  ): Promise<Map<string, string>> {
    if (!texts.length) return new Map();
    const { data } = await this.gateway.listCustomers(arrow, { signal, lane });
    const references = new Set([
      ...data.map((customer) => customer.reference),
      ...mapped.map((mapping) => mapping.arrowCustomer),
    ]);
    return resolveNames(texts, [...references]);
  }

  /** The bill-to party of each pair; `mapped` where it was read before. */
  async billTo(
    context: BillingContext,
    pairs: readonly LicensePair[],
    mapped?: readonly MappedCustomer[],
  ): Promise<BillTo[]> {
    const licenses = [...new Set(pairs.map((pair) => pair.licenseReference))];
    const [mappings, charges, links, owners] = await Promise.all([
      mapped ?? this.mapped(context),
      this.repository.charges(context),
      this.resources.linksOf(licenses),
      this.repository.owners(context, licenses),
    ]);
    return billTo(pairs, { mappings, charges, links, owners });
  }

  /** The active mappings under any active settings of the account. */
  async mapped({ account, settings }: BillingContext): Promise<MappedCustomer[]> {
    const mappings = await this.mappings.activeOfPartner(account.partnerReference, settings.uuid);
    return mappings.map(({ uuid, arrowReference, waldurCustomerUuid }) => ({
      arrowCustomer: arrowReference,
      mappingUuid: uuid,
      customerUuid: waldurCustomerUuid,
    }));
  }

  /** Arrow customer → its mapping that was switched off. */
  async switchedOff({ account, settings }: BillingContext, customers: readonly string[]): Promise<Map<string, string>> {
    if (!customers.length) return new Map();
    const found = await this.mappings.inactiveOfPartner(account.partnerReference, settings.uuid, customers);
    return new Map(found.map(({ arrowReference, uuid }) => [arrowReference, uuid]));
  }

  /** Changes whenever what is known of owners does. */
  ownersVersion(context: BillingContext): Promise<string> {
    return this.repository.ownersVersion(context);
  }
}

const digitsOf = (reference: string) => reference.replace(/\D/g, '').replace(/^0+(?=\d)/, '');

/** Text → the only reference that it is, in full or by its digits. */
function resolveNames(texts: readonly string[], references: readonly string[]): Map<string, string> {
  const full = new Map(references.map((reference) => [referenceKey(reference), reference]));
  const byDigits = groupBy(references, digitsOf);
  const resolved = new Map<string, string>();
  for (const text of texts) {
    const [one, another] = /^\d+$/.test(text) ? (byDigits.get(digitsOf(text)) ?? []) : [];
    const named = full.get(referenceKey(text)) ?? (another ? undefined : one);
    if (named) resolved.set(text, named);
  }
  return resolved;
}
