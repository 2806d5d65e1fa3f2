import { randomUUID } from 'node:crypto';
import { Injectable, type Type } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import type { ArrowLicense } from '../arrow-gateway/arrow-gateway.js';
import { suggestedName } from '../arrow-gateway/display-name.js';
import type { Caller } from '../auth/caller.js';
import type { AppError } from '../common/app.error.js';
import { Clock } from '../common/clock.js';
import { AbsentRows } from '../database/absent-rows.js';
import { isConcurrencyConflict } from '../database/constraint.js';
import { Offering } from '../directory/offering.entity.js';
import { OfferingsService } from '../directory/offerings.service.js';
import { OrdersService } from '../directory/orders.service.js';
import { Project } from '../directory/project.entity.js';
import { ProjectsService } from '../directory/projects.service.js';
import { Resource } from '../directory/resource.entity.js';
import { ResourcesService } from '../directory/resources.service.js';
import type { CustomerMapping } from '../mappings/customer-mapping.entity.js';
import { CustomerMappingsService } from '../mappings/customer-mappings.service.js';
import { VendorOfferingMappingsService } from '../mappings/vendor-offering-mappings.service.js';
import { CustomerLicensesService } from './customer-licenses.service.js';
import {
  changesSomething,
  decide,
  type Decision,
  type Holder,
  type ImportCommand,
  type LinkFacts,
  resourceName,
  type Verdict,
  type LicenseCommand,
} from './decide-links.js';
import type { NewLicenseLink } from './license-link.entity.js';
import { LicenseLinksService, whoActs } from './license-links.service.js';
import {
  AccountNotActiveError,
  LicensesContendedError,
  MappingChangedError,
  MappingNotActiveError,
  WaldurWriteUnfinishedError,
} from './licenses.errors.js';
import { type IntendedWrite, WaldurWritesService } from './waldur-writes.service.js';

/** Many commands, carried out in their order. */
export interface ChangeLicenses {
  readonly commands: readonly LicenseCommand[];
  /** Say what would happen, write nothing. */
  readonly dryRun: boolean;
}

/** What came of one command. */
export interface LinkResult {
  /** `pending`: Waldur has not carried it out yet; it is gone on with. */
  readonly outcome: 'done' | 'unchanged' | 'refused' | 'pending';
  /** The licence that the resource has now, or should have had; `""`: none. */
  readonly license: string;
  /** The licence that it had before; `""`: none. */
  readonly previous: string;
  /** Without `uuid` where a dry run would have made it. */
  readonly resource?: { readonly uuid?: string; readonly name: string };
  readonly offeringName?: string;
  readonly projectName?: string;
  /** What ArrowSphere said; left out where nothing was asked. */
  readonly verdict?: Verdict;
  /** Why it was refused, or is pending. */
  readonly error?: AppError;
}

/** What came of many commands, in their order. */
export interface ChangedLicenses extends Pick<ChangeLicenses, 'dryRun'> {
  readonly results: readonly LinkResult[];
}

type Write = Extract<Decision, { readonly outcome: 'relink' | 'create' }>;

/** Times a transaction is begun anew when another one got in its way. */
const ATTEMPTS = 5;

/**
 * Links, imports and unlinks licences. One and five hundred at a time go the same way. What Waldur owns is decided here
 * too, kept as intended in the ledger, and then carried out by Waldur, each command by itself.
 */
@Injectable()
export class LicenseLinkingService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly mappings: CustomerMappingsService,
    private readonly resources: ResourcesService,
    private readonly offerings: OfferingsService,
    private readonly projects: ProjectsService,
    private readonly orders: OrdersService,
    private readonly arrow: CustomerLicensesService,
    private readonly links: LicenseLinksService,
    private readonly vendorMappings: VendorOfferingMappingsService,
    private readonly waldur: WaldurWritesService,
    private readonly absent: AbsentRows,
    private readonly clock: Clock,
  ) {}

  /**
   * Carries out one command. Throws as {@link executeAll}, and whatever the command is refused with;
   * `WaldurWriteUnfinishedError` where Waldur has not carried it out yet.
   */
  async executeOne(mappingUuid: string, command: LicenseCommand, caller: Caller): Promise<LinkResult> {
    const [decision] = await this.execute(mappingUuid, { commands: [command], dryRun: false }, caller);
    const result = resultOf(decision!);
    if (result.error) throw result.error;
    return result;
  }

  /**
   * Carries out commands, each with its own outcome, in their order. An import that is in that project and offering
   * already is a success that changes nothing, so that a request can be sent again. Throws
   * `CustomerMappingNotFoundError`, `MappingNotActiveError`, `AccountNotActiveError`, `MappingChangedError`,
   * `LicensesContendedError`.
   */
  async executeAll(mappingUuid: string, change: ChangeLicenses, caller: Caller): Promise<ChangedLicenses> {
    const decisions = await this.execute(mappingUuid, change, caller);
    return {
      dryRun: change.dryRun,
      results: decisions.map((decision) => importedAlready(decision) ?? resultOf(decision)),
    };
  }

  /**
   * Looks, asks ArrowSphere about what would change, and then decides again and writes in one transaction, the mapping
   * and its resources locked. What Waldur owns is carried out after that. A dry run leaves out the writing.
   */
  private async execute(
    mappingUuid: string,
    { commands, dryRun }: ChangeLicenses,
    caller: Caller,
  ): Promise<Decision[]> {
    const mapping = await this.mappings.getWithSettings(mappingUuid);
    refuseInactive(mapping, commands);
    const facts = await this.survey(mapping, commands);
    const decisions = decide(facts, commands);
    const promising = decisions.flatMap((decision, at) => (changesSomething(decision) ? [at] : []));
    if (promising.length === 0) return decisions;
    const verdicts = await this.arrow.check(mapping, promising.map((at) => licenseOf(commands[at]!)).filter(Boolean));
    const hopeful = promising.map((at) => named(commands[at]!, verdicts));
    const second = dryRun
      ? decide(facts, hopeful, verdicts)
      : await this.throughWaldur(await this.write(mapping, hopeful, verdicts, caller));
    promising.forEach((at, position) => (decisions[at] = second[position]!));
    return decisions;
  }

  private async write(
    mapping: CustomerMapping,
    commands: readonly LicenseCommand[],
    verdicts: ReadonlyMap<string, Verdict>,
    caller: Caller,
  ): Promise<Decision[]> {
    for (let attempt = 1; ; attempt += 1) {
      const plans = await this.plansFor(mapping, commands, verdicts);
      try {
        return await this.dataSource.transaction(async (manager) => {
          const locked = await this.mappings.lock(manager, mapping.uuid);
          refuseInactive(locked, commands);
          if (verdicts.size && !isOfSameCustomer(locked, mapping)) throw new MappingChangedError();
          await this.resources.lock(manager, resourcesOf(commands));
          const decisions = decide(await this.survey(locked, commands, manager), commands, verdicts);
          const writes = decisions.filter(changesSomething);
          const ours = writes.filter(({ writer }) => writer === 'here');
          const made = await this.carryOut(manager, locked, ours, plans, caller);
          const theirs = writes.filter(({ writer }) => writer === 'waldur');
          const entries = await this.waldur.intend(
            manager,
            theirs.map((write) => intended(write, locked, plans, caller)),
          );
          return decisions.map((one) => {
            if (!changesSomething(one)) return one;
            if (one.writer === 'waldur') return { ...one, entry: entries[theirs.indexOf(one)] };
            return one.outcome === 'create' ? { ...one, uuid: made.get(licenseOf(one.command)) } : one;
          });
        });
      } catch (error) {
        // Others write licences too, under other mappings or by themselves: look again at what they left.
        if (!isConcurrencyConflict(error)) throw error;
        if (attempt >= ATTEMPTS) throw new LicensesContendedError();
      }
    }
  }

  /** Has Waldur carry out what it owns; what it did not is refused then. */
  private async throughWaldur(decisions: readonly Decision[]): Promise<Decision[]> {
    const entries = decisions.flatMap((one) => (changesSomething(one) && one.entry ? [one.entry] : []));
    if (entries.length === 0) return [...decisions];
    const ends = await this.waldur.finish(entries);
    const ended = new Map(entries.map((entry, at) => [entry, ends[at]!]));
    return decisions.map((one) => {
      const end = changesSomething(one) && one.entry ? ended.get(one.entry) : undefined;
      if (!end) return one;
      if (end.error) return { outcome: 'refused', command: one.command, error: end.error };
      return one.outcome === 'create' ? { ...one, uuid: end.resourceUuid! } : one;
    });
  }

  /** Everything that decisions depend on, in a handful of statements whatever the number of commands. */
  private async survey(
    mapping: CustomerMapping,
    commands: readonly LicenseCommand[],
    manager?: EntityManager,
  ): Promise<LinkFacts> {
    const imports = commands.filter((command) => command.kind === 'import');
    const offerings = imports.map(({ offeringUuid }) => offeringUuid);
    const projects = imports.map(({ projectUuid }) => projectUuid);
    const licenses = commands.map(licenseOf).filter(Boolean);
    const found = async <T extends { uuid: string }>(
      entity: Type<T>,
      named: readonly string[],
      service: { findAll(uuids: readonly string[], manager?: EntityManager): Promise<T[]> },
    ) => {
      const uuids = [...new Set(named)];
      const find = (some: readonly string[]) => (some.length ? service.findAll(some, manager) : Promise.resolve([]));
      const rows = await (manager ? find(uuids) : this.absent.allOrBring(entity, uuids, find));
      return new Map(rows.map((row) => [row.uuid, row]));
    };
    const { isBeside: besideWaldur } = this.waldur;
    return {
      customerUuid: mapping.waldurCustomerUuid,
      besideWaldur,
      underWay: besideWaldur ? await this.links.underWay(resourcesOf(commands), licenses, manager) : new Map(),
      resources: await found(Resource, resourcesOf(commands), this.resources),
      offerings: await found(Offering, offerings, this.offerings),
      projects: await found(Project, projects, this.projects),
      holders: licenses.length ? await this.resources.liveHolders(licenses, manager) : new Map(),
    };
  }

  /** Writes decisions in a handful of statements; answers the UUIDs of new resources by licence. */
  private async carryOut(
    manager: EntityManager,
    mapping: CustomerMapping,
    writes: readonly Write[],
    plans: ReadonlyMap<string, string | null>,
    caller: Caller,
  ): Promise<Map<string, string>> {
    // Of a resource named twice the last command counts; all of them are in the ledger.
    const relinked = new Map(
      writes.flatMap((write) => (write.outcome === 'relink' ? [[write.resource.uuid, write.license] as const] : [])),
    );
    if (relinked.size > 0) {
      const changes = [...relinked].map(([uuid, backendId]) => ({ uuid, backendId }));
      await this.resources.setLicenses(manager, changes);
    }
    const created = writes.flatMap((write) => (write.outcome === 'create' ? write.command : []));
    // Always in the same order, so that two that make the same licences wait for each other and not in a circle.
    created.sort((a, b) => (a.license < b.license ? -1 : 1));
    const made = new Map(created.map(({ license }) => [license, randomUUID() as string]));
    if (created.length > 0) {
      const rows = created.map((command) => ({
        uuid: made.get(command.license)!,
        name: resourceName(command),
        backendId: command.license,
        projectUuid: command.projectUuid,
        offeringUuid: command.offeringUuid,
        planUuid: plans.get(planKey(command)) ?? null,
      }));
      await this.resources.insert(manager, rows);
      const by = { caller, at: this.clock.now() };
      await this.orders.recordDone(manager, 'Create', [...made.values()], by);
    }
    const entries = writes.map((write) => entryFor(write, mapping, caller, made));
    await this.links.record(manager, entries);
    return made;
  }

  /** The plans that vendor mappings name for what is to be imported, by {@link planKey}. */
  private async plansFor(
    { settingsUuid }: CustomerMapping,
    commands: readonly LicenseCommand[],
    verdicts: ReadonlyMap<string, Verdict>,
  ): Promise<Map<string, string | null>> {
    const wanted = commands.flatMap((command) => {
      const license = command.kind === 'import' ? confirmed(command, verdicts) : undefined;
      if (command.kind !== 'import' || !license?.vendorName) return [];
      return [{ key: planKey(command), vendorName: license.vendorName, offeringUuid: command.offeringUuid }];
    });
    const found = await this.vendorMappings.findPlans(settingsUuid, wanted);
    return new Map(wanted.map(({ key }, at) => [key, found[at]!]));
  }
}

function refuseInactive(mapping: CustomerMapping, commands: readonly LicenseCommand[]): void {
  // Taking a licence away must stay possible when a customer has left.
  if (commands.every(({ kind }) => kind === 'unlink')) return;
  if (!mapping.isActive) throw new MappingNotActiveError(mapping.arrowReference);
  if (!mapping.settings.isActive) throw new AccountNotActiveError();
}

/** What ArrowSphere said of licences was said for this customer. */
function isOfSameCustomer(one: CustomerMapping, other: CustomerMapping): boolean {
  return one.arrowReference === other.arrowReference && one.settingsUuid === other.settingsUuid;
}

/** An import that is to have the licence's own name gets it, where ArrowSphere could be asked. */
function named(command: LicenseCommand, verdicts: ReadonlyMap<string, Verdict>): LicenseCommand {
  if (command.kind !== 'import' || !command.ownName || command.name !== undefined) return command;
  const license = confirmed(command, verdicts);
  return license ? { ...command, name: suggestedName(license) } : command;
}

function confirmed({ license }: ImportCommand, verdicts: ReadonlyMap<string, Verdict>): ArrowLicense | undefined {
  const verdict = verdicts.get(license);
  return verdict?.kind === 'confirmed' ? verdict.license : undefined;
}

/** The resources that commands name. */
function resourcesOf(commands: readonly LicenseCommand[]): string[] {
  return commands.flatMap((command) => (command.kind === 'import' ? [] : command.resourceUuid));
}

function licenseOf(command: LicenseCommand): string {
  return command.kind === 'unlink' ? '' : command.license;
}

function planKey({ license, offeringUuid }: ImportCommand): string {
  return `${offeringUuid} ${license}`;
}

function entryFor(
  write: Write,
  mapping: CustomerMapping,
  caller: Caller,
  made?: ReadonlyMap<string, string>,
): NewLicenseLink {
  const { command, verdict } = write;
  return {
    kind: command.kind,
    resourceUuid: write.outcome === 'create' ? (made?.get(write.command.license) ?? null) : write.resource.uuid,
    mappingUuid: mapping.uuid,
    arrowReference: mapping.arrowReference,
    licenseReference: licenseOf(command),
    previousLicenseReference: write.outcome === 'create' ? '' : write.previous,
    verified: verdict ? verdict.kind === 'confirmed' : null,
    ...whoActs(caller),
  };
}

function intended(
  write: Write,
  mapping: CustomerMapping,
  plans: ReadonlyMap<string, string | null>,
  caller: Caller,
): IntendedWrite {
  const entry = entryFor(write, mapping, caller);
  if (write.outcome !== 'create') return { entry };
  const { command, offering } = write;
  const { projectUuid, offeringUuid } = command;
  const planUuid = plans.get(planKey(command)) ?? null;
  const named = { offeringType: offering.type, resourceName: resourceName(command) };
  return { entry, make: { projectUuid, offeringUuid, planUuid, ...named } };
}

/** In a request that is sent again, what is imported there already is no fault. */
function importedAlready({ command, ...decision }: Decision): LinkResult | undefined {
  const holder = decision.outcome === 'refused' ? decision.holder : undefined;
  if (command.kind !== 'import' || !holder) return undefined;
  const { license, projectUuid, offeringUuid } = command;
  const isThere = holder.projectUuid === projectUuid && holder.offeringUuid === offeringUuid;
  return isThere ? { outcome: 'unchanged', license, previous: license, resource: resourceOf(holder) } : undefined;
}

function resultOf(decision: Decision): LinkResult {
  const license = licenseOf(decision.command);
  switch (decision.outcome) {
    case 'refused': {
      const { holder, error } = decision;
      const outcome = error instanceof WaldurWriteUnfinishedError ? 'pending' : 'refused';
      return { outcome, license, previous: '', resource: holder && resourceOf(holder), error };
    }
    case 'unchanged':
      return { outcome: 'unchanged', license, previous: license, resource: decision.resource };
    case 'relink': {
      const { previous, resource, verdict } = decision;
      return { outcome: 'done', license, previous, resource, verdict };
    }
    case 'create': {
      const { command, uuid, offering, project, verdict } = decision;
      const resource = { uuid, name: resourceName(command) };
      const names = { offeringName: offering.name, projectName: project.name };
      return { outcome: 'done', license, previous: '', resource, ...names, verdict };
    }
  }
}

/** What would only be made by the same request has no UUID and is not shown. */
function resourceOf({ uuid, name }: Holder): LinkResult['resource'] {
  return uuid ? { uuid, name } : undefined;
}
