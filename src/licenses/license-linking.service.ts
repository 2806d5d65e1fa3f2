import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager, QueryFailedError } from 'typeorm';
import { suggestedName } from '../arrow-gateway/given-name.js';
import type { Caller } from '../auth/caller.js';
import type { AppError } from '../common/app.error.js';
import { Clock } from '../common/clock.js';
import { OfferingsService } from '../directory/offerings.service.js';
import { OrdersService } from '../directory/orders.service.js';
import { ProjectsService } from '../directory/projects.service.js';
import { ResourcesService } from '../directory/resources.service.js';
import type { CustomerMapping } from '../mappings/customer-mapping.entity.js';
import { CustomerMappingsService } from '../mappings/customer-mappings.service.js';
import { VendorOfferingMappingsService } from '../mappings/vendor-offering-mappings.service.js';
import { CustomerLicensesService } from './customer-licenses.service.js';
import {
  changesSomething,
  decide,
  type Decision,
  type Ground,
  type ImportWish,
  resourceName,
  type Verdict,
  type Wish,
} from './decide-links.js';
import { LicenseLinksService, type NewLicenseLink, whoActs } from './license-links.service.js';
import { AccountNotActiveError, LicensesContendedError, MappingNotActiveError } from './licenses.errors.js';

/** What came of one wish. */
export interface Settled {
  readonly outcome: 'done' | 'unchanged' | 'refused';
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
  /** Why it was refused. */
  readonly error?: AppError;
}

type Write = Extract<Decision, { readonly outcome: 'relink' | 'create' }>;

/** Times a transaction is begun anew when another one got in its way. */
const ATTEMPTS = 5;

/** Links, imports and unlinks licences. One and five hundred at a time go the same way. */
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
    private readonly clock: Clock,
  ) {}

  /** Carries out one wish. Throws as {@link settle}, and whatever the wish is refused with. */
  async settleOne(mappingUuid: string, wish: Wish, caller: Caller): Promise<Settled> {
    const [settled] = await this.settle(mappingUuid, [wish], caller);
    if (settled!.error) throw settled!.error;
    return settled!;
  }

  /**
   * Carries out wishes, each with its own outcome, in their order: looks, asks ArrowSphere about what would change, and
   * then decides again and writes in one transaction, the mapping and its resources locked. A dry run leaves out only
   * the last step. With `repeatable`, an import that is in the wished project and offering already is a success that
   * changes nothing, so that a request can be sent again. With `ownNames`, an import without a name is named as
   * ArrowSphere names the licence. Throws `CustomerMappingNotFoundError`, `MappingNotActiveError`, `AccountNotActiveError`,
   * `LicensesContendedError`.
   */
  async settle(
    mappingUuid: string,
    wishes: readonly Wish[],
    caller: Caller,
    { dryRun = false, repeatable = false, ownNames = false } = {},
  ): Promise<Settled[]> {
    const mapping = await this.mappings.getWithSettings(mappingUuid);
    refuseInactive(mapping, wishes);
    const ground = await this.survey(mapping, wishes);
    const first = decide(ground, wishes);
    const promising = first.flatMap((decision, at) => (changesSomething(decision) ? [at] : []));
    const verdicts = await this.arrow.check(
      mapping,
      promising.flatMap((at) => licenseOf(wishes[at]!) || []),
    );
    const hopeful = promising.map((at) => (ownNames ? named(wishes[at]!, verdicts) : wishes[at]!));
    const second = dryRun
      ? decide(ground, hopeful, verdicts).map((decision) => settled(decision, repeatable))
      : hopeful.length > 0
        ? await this.write(mapping, hopeful, verdicts, { caller, repeatable })
        : [];
    const outcomes = first.map((decision) => settled(decision, repeatable));
    promising.forEach((at, position) => (outcomes[at] = second[position]!));
    return outcomes;
  }

  private async write(
    mapping: CustomerMapping,
    wishes: readonly Wish[],
    verdicts: ReadonlyMap<string, Verdict>,
    { caller, repeatable }: { caller: Caller; repeatable: boolean },
  ): Promise<Settled[]> {
    for (let attempt = 1; ; attempt += 1) {
      const plans = await this.plansFor(mapping, wishes, verdicts);
      try {
        return await this.dataSource.transaction(async (manager) => {
          const locked = await this.mappings.lock(manager, mapping.uuid);
          refuseInactive(locked, wishes);
          await this.resources.lock(
            manager,
            wishes.flatMap((wish) => (wish.kind === 'import' ? [] : wish.resourceUuid)),
          );
          const decisions = decide(await this.survey(locked, wishes, manager), wishes, verdicts);
          const made = await this.carryOut(manager, locked, decisions.filter(changesSomething), plans, caller);
          return decisions.map((decision) => settled(decision, repeatable, made));
        });
      } catch (error) {
        // Others write licences too, under other mappings or by themselves: look again at what they left.
        if (!gotInTheWay(error)) throw error;
        if (attempt >= ATTEMPTS) throw new LicensesContendedError();
      }
    }
  }

  /** Everything that decisions depend on, in four statements whatever the number of wishes. */
  private async survey(mapping: CustomerMapping, wishes: readonly Wish[], manager?: EntityManager): Promise<Ground> {
    const imports = wishes.filter((wish): wish is ImportWish => wish.kind === 'import');
    const resourceUuids = wishes.flatMap((wish) => (wish.kind === 'import' ? [] : wish.resourceUuid));
    const licenses = wishes.map(licenseOf).filter(Boolean);
    const byUuid = <T extends { uuid: string }>(rows: T[]) => new Map(rows.map((row) => [row.uuid, row]));
    const nothing = Promise.resolve([]);
    return {
      customerUuid: mapping.waldurCustomerUuid,
      resources: byUuid(await (resourceUuids.length ? this.resources.findAll(resourceUuids, manager) : nothing)),
      offerings: byUuid(
        await (imports.length ? this.offerings.findAll(distinct(imports, 'offeringUuid'), manager) : nothing),
      ),
      projects: byUuid(
        await (imports.length ? this.projects.findAll(distinct(imports, 'projectUuid'), manager) : nothing),
      ),
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
    const created = writes.filter((write) => write.outcome === 'create');
    const relinked = writes.filter((write) => write.outcome === 'relink');
    const made = new Map(created.map(({ wish }) => [wish.license, randomUUID() as string]));
    if (relinked.length > 0) {
      await this.resources.setLicenses(
        manager,
        // Of a resource named twice the last wish counts; all of them are in the ledger.
        [...new Map(relinked.map(({ resource, license }) => [resource.uuid, license]))].map(([uuid, backendId]) => ({
          uuid,
          backendId,
        })),
      );
    }
    if (created.length > 0) {
      // Always in the same order, so that two that make the same licences wait for each other and not in a circle.
      const sorted = [...created].sort((a, b) => (a.wish.license < b.wish.license ? -1 : 1));
      const rows = sorted.map(({ wish }) => ({
        uuid: made.get(wish.license)!,
        name: resourceName(wish),
        backendId: wish.license,
        projectUuid: wish.projectUuid,
        offeringUuid: wish.offeringUuid,
        planUuid: plans.get(planKey(wish)) ?? null,
      }));
      await this.resources.insert(manager, rows);
      await this.orders.recordDone(manager, 'Create', [...made.values()], {
        userUuid: caller.uuid,
        at: this.clock.now(),
      });
    }
    const entries = writes.map((write) => entryFor(write, mapping, caller, made));
    await this.links.record(manager, entries);
    return made;
  }

  /** The plans that vendor mappings name for what is to be imported, by {@link planKey}. */
  private async plansFor(
    { settingsUuid }: CustomerMapping,
    wishes: readonly Wish[],
    verdicts: ReadonlyMap<string, Verdict>,
  ): Promise<Map<string, string | null>> {
    const wanted = wishes.flatMap((wish) => {
      const verdict = wish.kind === 'import' ? verdicts.get(wish.license) : undefined;
      const vendorName = verdict?.kind === 'confirmed' ? verdict.license.vendorName : null;
      return wish.kind === 'import' && vendorName ? [{ wish, vendorName, offeringUuid: wish.offeringUuid }] : [];
    });
    const found = await this.vendorMappings.findPlans(settingsUuid, wanted);
    return new Map(wanted.map(({ wish }, at) => [planKey(wish), found[at]!]));
  }
}

function refuseInactive(mapping: CustomerMapping, wishes: readonly Wish[]): void {
  // Taking a licence away must stay possible when a customer has left.
  if (wishes.every(({ kind }) => kind === 'unlink')) return;
  if (!mapping.isActive) throw new MappingNotActiveError(mapping.arrowReference);
  if (!mapping.settings.isActive) throw new AccountNotActiveError();
}

/** An import that has no name yet gets the licence's own, where ArrowSphere could be asked. */
function named(wish: Wish, verdicts: ReadonlyMap<string, Verdict>): Wish {
  if (wish.kind !== 'import' || wish.name !== undefined) return wish;
  const verdict = verdicts.get(wish.license);
  return verdict?.kind === 'confirmed' ? { ...wish, name: suggestedName(verdict.license) } : wish;
}

function licenseOf(wish: Wish): string {
  return wish.kind === 'unlink' ? '' : wish.license;
}

function planKey({ license, offeringUuid }: ImportWish): string {
  return `${offeringUuid} ${license}`;
}

function distinct(imports: readonly ImportWish[], key: 'offeringUuid' | 'projectUuid'): string[] {
  return [...new Set(imports.map((wish) => wish[key]))];
}

function entryFor(
  write: Write,
  mapping: CustomerMapping,
  caller: Caller,
  made: ReadonlyMap<string, string>,
): NewLicenseLink {
  const { wish, verdict } = write;
  return {
    kind: wish.kind,
    resourceUuid: write.outcome === 'create' ? made.get(write.wish.license)! : write.resource.uuid,
    mappingUuid: mapping.uuid,
    arrowReference: mapping.arrowReference,
    licenseReference: licenseOf(wish),
    previousLicenseReference: write.outcome === 'create' ? '' : write.previous,
    verified: verdict ? verdict.kind === 'confirmed' : null,
    ...whoActs(caller),
  };
}

function settled(decision: Decision, repeatable: boolean, made: ReadonlyMap<string, string> = new Map()): Settled {
  const { wish } = decision;
  const license = licenseOf(wish);
  switch (decision.outcome) {
    case 'refused': {
      const { holder, error } = decision;
      const thereAlready =
        repeatable &&
        wish.kind === 'import' &&
        holder?.projectUuid === wish.projectUuid &&
        holder.offeringUuid === wish.offeringUuid;
      const resource = holder?.uuid ? { uuid: holder.uuid, name: holder.name } : undefined;
      if (thereAlready) return { outcome: 'unchanged', license, previous: license, resource };
      return { outcome: 'refused', license, previous: '', resource, error };
    }
    case 'unchanged':
      return { outcome: 'unchanged', license, previous: license, resource: decision.resource };
    case 'relink': {
      const { previous, resource, verdict } = decision;
      return { outcome: 'done', license, previous, resource, verdict };
    }
    case 'create':
      return {
        outcome: 'done',
        license,
        previous: '',
        resource: { uuid: made.get(license), name: resourceName(decision.wish) },
        offeringName: decision.offering.name,
        projectName: decision.project.name,
        verdict: decision.verdict,
      };
  }
}

/** A row that broke a rule, a deadlock or a serialisation failure: another transaction was there first. */
function gotInTheWay(error: unknown): boolean {
  if (!(error instanceof QueryFailedError)) return false;
  const { code } = error.driverError as unknown as { code?: string };
  return code?.startsWith('23') === true || code?.startsWith('40') === true;
}
