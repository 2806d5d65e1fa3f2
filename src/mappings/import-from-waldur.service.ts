import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { type ArrowCustomer, ArrowGateway } from '../arrow-gateway/arrow-gateway.js';
import { arrowCustomersBy } from '../arrow-gateway/arrow-reference.js';
import { normalizeArrowReference } from '../common/normalize-arrow-reference.js';
import { InvalidFieldsError } from '../common/app.error.js';
import { CustomersService } from '../directory/customers.service.js';
import type { Offering } from '../directory/offering.entity.js';
import { OfferingsService } from '../directory/offerings.service.js';
import { isKeyOf, nameOf, ownerOf } from '../settings/account-rows.js';
import { CredentialsService } from '../settings/credentials.service.js';
import type { Settings } from '../settings/settings.entity.js';
import { PartnerChangedError } from '../settings/settings.errors.js';
import { SettingsService } from '../settings/settings.service.js';
import type { WaldurGateway } from '../waldur-gateway/waldur-gateway.js';
import { BesideWaldur } from '../waldur-gateway/waldur-gateway.module.js';
import type { WaldurArrowSettings, WaldurCustomerMapping, WaldurVendorMapping } from '../waldur-gateway/waldur-rows.js';
import { NotBesideWaldurError } from '../waldur-mirror/waldur-mirror.errors.js';
import { CustomerMappingsRepository } from './customer-mappings.repository.js';
import { mappingsByCustomer } from './mappings-by-customer.js';
import { NoArrowAccountInWaldurError } from './mappings.errors.js';
import { VendorOfferingMappingsRepository } from './vendor-offering-mappings.repository.js';

/** What is to be taken over. */
export interface ImportFromWaldur {
  /** Of ArrowSphere, for the account of Waldur's: Waldur is not asked for it. */
  readonly apiKey: string;
  /** Which of Waldur's accounts; left out: the active one, or the only one. */
  readonly settingsUuid?: string;
  /** Only says what would be done. */
  readonly dryRun: boolean;
}

/**
 * - `created`: it was made, with the UUID that it has in Waldur
 * - `exists`: it is here already, and says the same
 * - `differs`: what is here already says something else, and stays
 * - `refused`: what it names is not here
 */
export const IMPORTED_OUTCOMES = ['created', 'exists', 'differs', 'refused'] as const;
export type ImportedOutcome = (typeof IMPORTED_OUTCOMES)[number];

/** A mapping of Waldur's, and what became of it. */
export interface ImportedMapping {
  readonly uuid: string;
  /** The reference of the customer, or the vendor. */
  readonly name: string;
  readonly outcome: ImportedOutcome;
  /** Why it was not made; blank where it was. */
  readonly reason: string;
}

/** What was taken over, or would be. */
export interface ImportedFromWaldur {
  readonly dryRun: boolean;
  readonly settings: Settings;
  /** It was not here before. */
  readonly isNew: boolean;
  readonly customerMappings: readonly ImportedMapping[];
  readonly vendorMappings: readonly ImportedMapping[];
  readonly warnings: readonly string[];
}

/** Ends the transaction of a dry run, so that nothing of it stays. */
class DryRunEnd extends Error {
  constructor(readonly imported: ImportedFromWaldur) {
    super('This was a dry run.');
  }
}

/** The account and the mappings that Waldur's own Arrow plugin has, taken over with their UUIDs. */
@Injectable()
export class ImportFromWaldurService {
  constructor(
    private readonly beside: BesideWaldur,
    private readonly credentials: CredentialsService,
    private readonly settings: SettingsService,
    private readonly customers: CustomersService,
    private readonly offerings: OfferingsService,
    private readonly customerMappings: CustomerMappingsRepository,
    private readonly vendorMappings: VendorOfferingMappingsRepository,
    private readonly gateway: ArrowGateway,
    private readonly dataSource: DataSource,
  ) {}

  /**
   * Reads Waldur's account and mappings, asks ArrowSphere to whom the key belongs and who its customers are, and saves
   * everything in one transaction, or with `dryRun` nothing. An account of the same partner that is here is changed in
   * place and keeps its UUID; mappings that are here stay as they are. Schedules stay off in a new account.
   * Throws `NotBesideWaldurError`, `NoArrowAccountInWaldurError`, `InvalidFieldsError` (settings_uuid),
   * `PartnerChangedError`, `AccountOfAnotherPartnerError`, `OrganisationGoneError`, and the errors of both gateways.
   */
  async run({ apiKey, settingsUuid, dryRun }: ImportFromWaldur): Promise<ImportedFromWaldur> {
    const { gateway: waldur } = this.beside;
    if (!waldur) throw new NotBesideWaldurError();
    const theirs = chosen(await waldur.readAll('arrowSettings'), settingsUuid);
    const account = this.credentials.accountOf({ apiUrl: theirs.apiUrl, apiKey });
    const partner = await this.gateway.whoAmI(account, { refresh: true });
    if (!isKeyOf(theirs, partner)) throw new PartnerChangedError(nameOf(theirs), ownerOf(partner));
    const { data: arrowCustomers } = await this.gateway.listCustomers(account, { refresh: true });
    const { customerMappings, vendorMappings } = await this.mappingsOf(waldur, theirs.uuid, arrowCustomers);
    // The embedded database has one session: nothing else is asked while the transaction lasts.
    const customers = await this.customers.existing(customerMappings.map((row) => row.waldurCustomerUuid));
    const named = await this.offerings.findAll(vendorMappings.map((row) => row.offeringUuid));
    const offerings = named.filter(({ goneAt }) => !goneAt);
    const { exportTypeReference, classificationFilter, invoicePriceSource, invoiceItemPrefix } = theirs;
    const choices = { exportTypeReference, classificationFilter, invoicePriceSource, invoiceItemPrefix };
    const warnings = theirs.syncEnabled
      ? ["Waldur's own jobs are on for this account: switch them off there before you set sync_enabled here."]
      : [];
    try {
      const { imported, before } = await this.dataSource.transaction(async (manager) => {
        const stored = await this.settings.storeActive(manager, account, partner, choices, theirs.uuid);
        const { uuid } = stored.settings;
        const result: ImportedFromWaldur = {
          dryRun,
          settings: stored.settings,
          isNew: !stored.before,
          customerMappings: await this.importCustomers(manager, uuid, customerMappings, customers, arrowCustomers),
          vendorMappings: await this.importVendors(manager, uuid, vendorMappings, offerings),
          warnings,
        };
        if (dryRun) throw new DryRunEnd(result);
        return { imported: result, before: stored.before };
      });
      if (before) this.settings.forget(before);
      return imported;
    } catch (error) {
      if (error instanceof DryRunEnd) return error.imported;
      throw error;
    }
  }

  private async mappingsOf(
    waldur: WaldurGateway,
    settingsUuid: string,
    arrowCustomers: readonly ArrowCustomer[],
  ): Promise<{ customerMappings: WaldurCustomerMapping[]; vendorMappings: WaldurVendorMapping[] }> {
    const [customerMappings, vendorMappings] = await Promise.all([
      waldur.readAll('customerMappings'),
      waldur.readAll('vendorMappings'),
    ]);
    const isOfAccount = (row: { settingsUuid: string }) => row.settingsUuid === settingsUuid;
    const meant = arrowCustomersBy(arrowCustomers);
    return {
      customerMappings: customerMappings.filter(isOfAccount).map((row) => ({
        ...row,
        arrowReference: ownReferenceOf(row.arrowReference, meant),
      })),
      vendorMappings: vendorMappings.filter(isOfAccount),
    };
  }

  private async importCustomers(
    manager: EntityManager,
    settingsUuid: string,
    rows: readonly WaldurCustomerMapping[],
    known: ReadonlySet<string>,
    arrowCustomers: readonly ArrowCustomer[],
  ): Promise<ImportedMapping[]> {
    const read = async () =>
      mappingsByCustomer(await this.customerMappings.ofSettings(settingsUuid, manager), arrowCustomers);
    const before = await read();
    const usable = rows.filter((row) => known.has(row.waldurCustomerUuid) && row.arrowReference);
    const missing = usable.filter(({ arrowReference }) => !before.has(arrowReference));
    const created = await this.customerMappings.insertImported(manager, settingsUuid, missing);
    const here = await read();
    return rows.map((row) => {
      const ours = here.get(row.arrowReference);
      const isSame = ours?.waldurCustomerUuid === row.waldurCustomerUuid && ours.isActive === row.isActive;
      const why = row.arrowReference ? 'The organisation is not here: read Waldur first.' : 'It has no reference.';
      return outcomeOf(row.uuid, row.arrowReference, created, !usable.includes(row) && why, isSame);
    });
  }

  private async importVendors(
    manager: EntityManager,
    settingsUuid: string,
    rows: readonly WaldurVendorMapping[],
    offerings: readonly Offering[],
  ): Promise<ImportedMapping[]> {
    const plansOf = new Map(offerings.map(({ uuid, plans }) => [uuid, plans.map((plan) => plan.uuid)]));
    const usable = rows.filter(({ offeringUuid, planUuid, arrowVendorName }) => {
      const plans = plansOf.get(offeringUuid);
      return plans && (!planUuid || plans.includes(planUuid)) && arrowVendorName;
    });
    const created = await this.vendorMappings.insertImported(manager, settingsUuid, usable);
    const here = await this.vendorMappings.ofSettings(settingsUuid, manager);
    const byVendor = new Map(here.map((row) => [row.arrowVendorName, row]));
    return rows.map((row) => {
      const ours = byVendor.get(row.arrowVendorName);
      const isSame =
        ours?.offeringUuid === row.offeringUuid && ours.planUuid === row.planUuid && ours.isActive === row.isActive;
      const missing = row.arrowVendorName
        ? 'Its offering or plan is not here: read Waldur first.'
        : 'It has no vendor.';
      return outcomeOf(row.uuid, row.arrowVendorName, created, !usable.includes(row) && missing, isSame);
    });
  }
}

/** Waldur also goes by short codes and by references without `XSP`; lines have ArrowSphere's own. */
function ownReferenceOf(text: string, meant: (text: string) => string[]): string {
  const [only, ...others] = meant(text);
  return only !== undefined && !others.length ? only : normalizeArrowReference(text);
}

/** The account of Waldur's that is meant. */
function chosen(found: readonly WaldurArrowSettings[], wanted: string | undefined): WaldurArrowSettings {
  if (!found.length) throw new NoArrowAccountInWaldurError();
  const active = found.filter(({ isActive }) => isActive);
  const [only] = active.length === 1 ? active : found.length === 1 ? found : [];
  const settings = wanted ? found.find(({ uuid }) => uuid === wanted) : only;
  if (settings) return settings;
  const those = found.map(({ uuid, partnerName, apiUrl }) => `${uuid} (${partnerName || apiUrl})`).join(', ');
  throw new InvalidFieldsError({ settings_uuid: [`Waldur has these: ${those}.`] });
}

function outcomeOf(
  uuid: string,
  name: string,
  created: ReadonlySet<string>,
  missing: string | false,
  isSame: boolean,
): ImportedMapping {
  if (missing) return { uuid, name, outcome: 'refused', reason: missing };
  if (created.has(uuid)) return { uuid, name, outcome: 'created', reason: '' };
  if (isSame) return { uuid, name, outcome: 'exists', reason: '' };
  return { uuid, name, outcome: 'differs', reason: 'A mapping of it is here already, and stays as it is.' };
}
