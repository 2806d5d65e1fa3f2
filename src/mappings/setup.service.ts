import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { ExportTypeFit, FitNeeds } from '../arrow-export/export-type-fit.js';
import {
  type ArrowAccount,
  type ArrowCustomer,
  ArrowGateway,
  type ArrowPartner,
} from '../arrow-gateway/arrow-gateway.js';
import { ArrowError, ArrowNotFoundError } from '../arrow-gateway/arrow-gateway.errors.js';
import { arrowCustomersBy } from '../arrow-gateway/arrow-reference.js';
import { type FieldErrors, InvalidFieldsError } from '../common/app.error.js';
import { sanitizeText } from '../common/sanitize-text.js';
import type { Customer } from '../directory/customer.entity.js';
import { CustomersService } from '../directory/customers.service.js';
import { CredentialsService } from '../settings/credentials.service.js';
import { type ExportTypeFits, ExportTypesService } from '../settings/export-types.service.js';
import type { Settings } from '../settings/settings.entity.js';
import { type SettingsChoices, SettingsService } from '../settings/settings.service.js';
import { AvailableCustomersService, type CustomerMappingSuggestion } from './available-customers.service.js';
import type { WantedMapping } from './customer-mappings.repository.js';
import { CustomerMappingsService, type MappingOutcome } from './customer-mappings.service.js';
import { mappingsByCustomer } from './mappings-by-customer.js';

/** Characters that an account keeps of an export type's reference. */
const LONGEST_REFERENCE = 255;

/** Which account is to be set up, and how. */
export interface PlanSetup {
  readonly account: ArrowAccount;
  /** What is left out stays as it is stored, or takes its default. */
  readonly choices: SettingsChoices;
}

/** An account to save, with mappings that should be there. */
export interface SaveSetup extends PlanSetup {
  readonly mappings: readonly MappingInput[];
}

type MappingInput = Pick<WantedMapping, 'arrowReference' | 'waldurCustomerUuid'>;

/** What a key gives access to, before anything is saved. */
export interface Discovery {
  readonly partner: ArrowPartner;
  /** The account of this partner that is saved already. */
  readonly settings?: Settings;
  readonly arrowCustomers: readonly ArrowCustomer[];
  readonly organisations: readonly Customer[];
  readonly suggestions: readonly CustomerMappingSuggestion[];
  readonly exportTypes: ExportTypeFits;
}

/** What saving would make of the account. */
export interface SetupPlan {
  readonly apiUrl: string;
  readonly partner: ArrowPartner;
  /** The account that would be changed; `undefined`: a new one would be made. */
  readonly settings?: Settings;
  /** What would be written; what is left out stays. */
  readonly choices: SettingsChoices;
  /** What would hold afterwards. */
  readonly outcome: Required<Omit<SettingsChoices, 'invoiceItemPrefix'>>;
  /** Sentences on what keeps the account from working fully. */
  readonly warnings: readonly string[];
}

/** A mapping that was asked for. */
export interface SavedMapping extends MappingOutcome {
  /** Whether ArrowSphere has the customer; `null`: it could not be asked. */
  readonly isKnown: boolean | null;
}

/** The account as it was saved. */
export interface SavedSetup {
  readonly settings: Settings;
  readonly isNew: boolean;
  readonly mappings: readonly SavedMapping[];
  readonly warnings: readonly string[];
}

/** From an API key to a working account: what the key sees, what saving would do, and saving it. */
@Injectable()
export class SetupService {
  constructor(
    private readonly credentials: CredentialsService,
    private readonly settings: SettingsService,
    private readonly exportTypes: ExportTypesService,
    private readonly mappings: CustomerMappingsService,
    private readonly available: AvailableCustomersService,
    private readonly customers: CustomersService,
    private readonly gateway: ArrowGateway,
    private readonly dataSource: DataSource,
  ) {}

  /**
   * The partner's customers, those mapped already included, and its export types. Saves nothing.
   * Throws `InvalidFieldsError` (api_url) and the gateway's errors.
   */
  async discover(credentials: ArrowAccount, signal?: AbortSignal): Promise<Discovery> {
    const account = this.credentials.accountOf(credentials);
    // A key that is refused is asked about once: the other calls would only be refused as well.
    const partner = await this.gateway.whoAmI(account, { refresh: true });
    const settings = await this.settings.findOfPartner(account, partner);
    const [{ data: arrowCustomers }, exportTypes, organisations, mapped] = await Promise.all([
      this.gateway.listCustomers(account, { refresh: true }),
      this.exportTypes.fits(account, { classificationFilter: settings?.classificationFilter ?? 'IAAS' }),
      this.customers.all(),
      settings ? this.mappings.ofSettings(settings.uuid) : [],
    ]);
    const mappings = mappingsByCustomer(mapped, arrowCustomers);
    const suggestions = await this.available.suggest(arrowCustomers, organisations, mappings, signal);
    return { partner, settings, arrowCustomers, organisations, suggestions, exportTypes };
  }

  /** What {@link save} would make of the account. Throws as it does. */
  async preview({ account: credentials, choices }: PlanSetup): Promise<SetupPlan> {
    const account = this.credentials.accountOf(credentials);
    return this.plan(choices, account, await this.gateway.whoAmI(account, { refresh: true }));
  }

  /**
   * Asks ArrowSphere, then saves account and mappings together or not at all. The account of the same partner is
   * changed in place, what is left out stays, and the account becomes the active one. Mappings that are there already
   * stay as they are.
   * Throws `InvalidFieldsError` (api_url, export_type_reference, customer_mappings), `OrganisationGoneError` and the
   * gateway's errors.
   */
  async save({ account: credentials, choices, mappings: inputs }: SaveSetup): Promise<SavedSetup> {
    const account = this.credentials.accountOf(credentials);
    await this.checkInputs(inputs);
    const partner = await this.gateway.whoAmI(account, { refresh: true });
    const [plan, arrowCustomers] = await Promise.all([
      this.plan(choices, account, partner),
      inputs.length ? this.customersOf(account) : undefined,
    ]);
    const names = arrowCustomers && new Map(arrowCustomers.map((one) => [one.reference, one.companyName]));
    const wanted = wantedMappings(inputs, arrowCustomers ?? [], names);
    // Two spellings may mean one customer: only ArrowSphere knows.
    refuseIfAny(duplicatesIn(wanted.map(({ arrowReference }) => arrowReference)));
    const { stored, mappings } = await this.dataSource.transaction(async (manager) => {
      const stored = await this.settings.storeActive(manager, account, partner, plan.choices);
      const { uuid } = stored.settings;
      return { stored, mappings: await this.mappings.createMissing(manager, uuid, wanted, arrowCustomers) };
    });
    if (stored.before) this.settings.forget(stored.before);
    return {
      settings: stored.settings,
      isNew: !stored.before,
      mappings: mappings.map((one, at) => ({ ...one, isKnown: names?.has(wanted[at]!.arrowReference) ?? null })),
      warnings: [...plan.warnings, ...unknownTo(names, wanted)],
    };
  }

  private async plan(choices: SettingsChoices, account: ArrowAccount, partner: ArrowPartner): Promise<SetupPlan> {
    const settings = await this.settings.findOfPartner(account, partner);
    const classificationFilter = choices.classificationFilter ?? settings?.classificationFilter ?? 'IAAS';
    const invoicePriceSource = choices.invoicePriceSource ?? settings?.invoicePriceSource ?? 'sell';
    const needs = { priceSource: invoicePriceSource, classificationFilter };
    const { reference, warnings } = await this.exportTypeFor(choices.exportTypeReference, account, settings, needs);
    const moved =
      settings && settings.apiUrl !== account.apiUrl ? [`The account moves here from ${settings.apiUrl}.`] : [];
    return {
      apiUrl: account.apiUrl,
      partner,
      settings,
      choices: { ...choices, exportTypeReference: reference === settings?.exportTypeReference ? undefined : reference },
      outcome: {
        exportTypeReference: reference,
        classificationFilter,
        invoicePriceSource,
        syncEnabled: choices.syncEnabled ?? settings?.syncEnabled ?? false,
      },
      warnings: [...moved, ...warnings],
    };
  }

  /** The export type asked for, else the stored one, else the one that fits best; blank where none does. */
  private async exportTypeFor(
    asked: string | undefined,
    account: ArrowAccount,
    settings: Settings | undefined,
    needs: FitNeeds,
  ): Promise<{ reference: string; warnings: string[] }> {
    const stored = settings?.exportTypeReference ?? '';
    const known = asked || stored;
    const gone: string[] = [];
    if (known) {
      try {
        return { reference: known, warnings: warningsOf(await this.exportTypes.fit(account, known, needs)) };
      } catch (error) {
        if (!(error instanceof ArrowNotFoundError)) throw error;
        if (asked) throw new InvalidFieldsError({ export_type_reference: [error.message] });
        gone.push(`ArrowSphere does not have the stored export type ${stored} any more.`);
      }
    }
    const { fits, error } = await this.exportTypes.fits(account, needs);
    // Cut, a reference would be another one.
    const [best] = fits.filter((fit) => fit.reference.length <= LONGEST_REFERENCE);
    if (best?.compatible) {
      return { reference: best.reference, warnings: gone.map((sentence) => `${sentence} "${best.name}" replaces it.`) };
    }
    const why = error ?? (best ? warningsOf(best)[0]! : whyNone(fits));
    return { reference: stored, warnings: [...gone, `There is no export type to bill by: billing cannot run. ${why}`] };
  }

  /** Throws `InvalidFieldsError` that names every entry that cannot be. */
  private async checkInputs(inputs: readonly MappingInput[]): Promise<void> {
    if (inputs.length === 0) return;
    const existing = await this.customers.existing(inputs.map(({ waldurCustomerUuid }) => waldurCustomerUuid));
    const duplicates = duplicatesIn(inputs.map(({ arrowReference }) => arrowReference));
    const faults = inputs.map(({ waldurCustomerUuid: uuid }, i): FieldErrors => {
      const missing: FieldErrors = existing.has(uuid)
        ? {}
        : { waldur_customer_uuid: [`Object with uuid=${uuid} does not exist.`] };
      return { ...duplicates[i], ...missing };
    });
    refuseIfAny(faults);
  }

  /** The names of mappings are a courtesy: an account is not held up by a list that cannot be had. */
  private async customersOf(account: ArrowAccount): Promise<ArrowCustomer[] | undefined> {
    try {
      return (await this.gateway.listCustomers(account)).data;
    } catch (error) {
      if (error instanceof ArrowError) return undefined;
      throw error;
    }
  }
}

/** One entry per reference, `{}` for those that come for the first time. */
function duplicatesIn(references: readonly string[]): FieldErrors[] {
  const entryOf = new Map<string, number>();
  return references.map((reference, i): FieldErrors => {
    const earlier = entryOf.get(reference);
    entryOf.set(reference, earlier ?? i);
    if (earlier === undefined) return {};
    return { arrow_reference: [`${reference} is given in entry ${earlier + 1} already.`] };
  });
}

function refuseIfAny(faults: FieldErrors[]): void {
  if (faults.some((fault) => Object.keys(fault).length)) throw new InvalidFieldsError({ customer_mappings: faults });
}

function whyNone(fits: readonly ExportTypeFit[]): string {
  return fits.length === 0
    ? 'ArrowSphere has none for this key.'
    : `The references of those it has are longer than the ${LONGEST_REFERENCE} characters that are kept.`;
}

function warningsOf({ name, reference, compatible, required, error }: ExportTypeFit): string[] {
  if (compatible) return [];
  if (error) return [error];
  return [`The export type "${name}" (${reference}) cannot be billed by: it has no ${required.missing.join(', no ')}.`];
}

function unknownTo(names: ReadonlyMap<string, string> | undefined, wanted: readonly WantedMapping[]): string[] {
  if (wanted.length === 0) return [];
  if (!names) return ['The customers could not be read from ArrowSphere: mappings have no company names yet.'];
  const unknown = wanted.filter(({ arrowReference }) => !names.has(arrowReference));
  if (unknown.length === 0) return [];
  const some = unknown.slice(0, 5).map(({ arrowReference }) => arrowReference);
  const more = unknown.length > some.length ? ` and ${unknown.length - some.length} more` : '';
  return [`ArrowSphere has no customer ${some.join(', ')}${more}.`];
}

function wantedMappings(
  inputs: readonly MappingInput[],
  arrowCustomers: readonly ArrowCustomer[],
  names: ReadonlyMap<string, string> | undefined,
): WantedMapping[] {
  const meant = arrowCustomersBy(arrowCustomers);
  return inputs.map(({ arrowReference: given, waldurCustomerUuid }) => {
    const found = names?.has(given) ? [given] : meant(given);
    const arrowReference = found.length === 1 ? found[0]! : given;
    const arrowCompanyName = sanitizeText(names?.get(arrowReference) ?? '', 500);
    return { arrowReference, arrowCompanyName, waldurCustomerUuid };
  });
}
