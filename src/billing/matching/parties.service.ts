import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Any, Repository } from 'typeorm';
import { ArrowGateway } from '../../arrow-gateway/arrow-gateway.js';
import type { Resource } from '../../directory/resource.entity.js';
import { ResourcesService } from '../../directory/resources.service.js';
import { CustomerMappingsService } from '../../mappings/customer-mappings.service.js';
import type { BillingContext } from '../statement/billing-context.js';
import { LicenseOwner } from './license-owner.entity.js';
import { type LicenseParty, type MappedCustomer, matchLicenses } from './match-licenses.js';

/** How long ArrowSphere's word on whose licence it is holds; an unknown licence is asked for again every time. */
const OWNER_VALID_MS = 24 * 3_600_000;

/** Finds out who pays for licences: ArrowSphere says whose they are, mappings and links say who that is here. */
@Injectable()
export class PartiesService {
  constructor(
    @InjectRepository(LicenseOwner) private readonly owners: Repository<LicenseOwner>,
    private readonly gateway: ArrowGateway,
    private readonly mappings: CustomerMappingsService,
    private readonly resources: ResourcesService,
  ) {}

  /**
   * One party per licence, in the order given. `stated` are the customer references that stand on a licence's export lines.
   * Asks ArrowSphere for owners not known yet, so it must not be called inside a transaction. Throws the gateway's errors.
   */
  async resolve(
    context: BillingContext,
    licenses: readonly { license_reference: string; stated: string[] | null }[],
    signal: AbortSignal,
  ): Promise<LicenseParty[]> {
    const references = licenses.map((license) => license.license_reference).filter(Boolean);
    const [owners, mappings, resources] = await Promise.all([
      this.ownersOf(context, references, signal),
      this.mapped(context),
      this.resources.withBackendIds(references),
    ]);
    return matchLicenses(
      licenses.map(({ license_reference, stated }) => ({
        licenseReference: license_reference,
        customerReference: owners.get(license_reference),
        statedReferences: stated ?? [],
      })),
      mappings,
      resources.map(linked),
    );
  }

  /** As {@link resolve}, from what is known here already: nothing is asked. */
  async known(context: BillingContext, licenses: readonly string[]): Promise<LicenseParty[]> {
    const owners = await this.knownOwners(context.account.uuid, licenses);
    const ownerOf = new Map(owners.map((owner) => [owner.licenseReference, owner.customerReference]));
    const facts = licenses.map((licenseReference) => ({
      licenseReference,
      customerReference: ownerOf.get(licenseReference),
      statedReferences: [],
    }));
    return matchLicenses(
      facts,
      await this.mapped(context),
      (await this.resources.withBackendIds(licenses.filter(Boolean))).map(linked),
    );
  }

  /** Licence → ArrowSphere customer; licences that ArrowSphere does not know are left out. */
  async ownersOf(
    { account, arrow, now }: BillingContext,
    references: readonly string[],
    signal: AbortSignal,
  ): Promise<Map<string, string>> {
    const known = await this.knownOwners(account.uuid, references);
    const fresh = new Set(
      known
        .filter((owner) => now.getTime() - owner.askedAt.getTime() < OWNER_VALID_MS)
        .map((owner) => owner.licenseReference),
    );
    const owners = new Map(known.map((owner) => [owner.licenseReference, owner.customerReference]));
    const unsure = [...new Set(references)].filter((reference) => !fresh.has(reference));
    if (!unsure.length) return owners;
    const asked = new Set(unsure);
    const found = await this.gateway.findLicenses(arrow, unsure, { signal, lane: `billing:${account.uuid}` });
    const answers = found.filter((license) => license.customerReference && asked.has(license.licenseReference));
    if (answers.length) {
      await this.owners.query(
        `INSERT INTO license_owner (account_uuid, license_reference, customer_reference, asked_at)
         SELECT DISTINCT ON (license) $1::uuid, license, customer, $4::timestamptz FROM unnest($2::text[], $3::text[]) AS answer (license, customer)
         ON CONFLICT (account_uuid, license_reference) DO UPDATE SET customer_reference = excluded.customer_reference, asked_at = excluded.asked_at`,
        [
          account.uuid,
          answers.map((license) => license.licenseReference),
          answers.map((license) => license.customerReference),
          now,
        ],
      );
    }
    // A licence that ArrowSphere has forgotten still belongs to whom it belonged.
    answers.forEach((license) => owners.set(license.licenseReference, license.customerReference));
    return owners;
  }

  /** The active mappings of the account's settings. */
  async mapped({ settings }: BillingContext): Promise<MappedCustomer[]> {
    const mappings = await this.mappings.ofSettings(settings.uuid);
    return mappings
      .filter((mapping) => mapping.isActive)
      .map(({ uuid, arrowReference, waldurCustomerUuid }) => ({
        mappingUuid: uuid,
        arrowReference,
        customerUuid: waldurCustomerUuid,
      }));
  }

  private async knownOwners(accountUuid: string, references: readonly string[]): Promise<LicenseOwner[]> {
    return this.owners.findBy({ accountUuid, licenseReference: Any([...new Set(references)]) });
  }
}

function linked(resource: Resource) {
  const { uuid, backendId, projectUuid, project } = resource;
  return { licenseReference: backendId, resourceUuid: uuid, projectUuid, customerUuid: project.customerUuid };
}
