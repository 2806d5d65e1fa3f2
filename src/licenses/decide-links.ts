import type { ArrowLicense } from '../arrow-gateway/arrow-gateway.js';
import type { AppError } from '../common/app.error.js';
import { normalizeArrowReference } from '../common/normalize-arrow-reference.js';
import type { Offering } from '../directory/offering.entity.js';
import type { Project } from '../directory/project.entity.js';
import type { Resource } from '../directory/resource.entity.js';
import {
  LicenseAlreadyImportedError,
  LicenseChangeUnderWayError,
  LicenseLinkedElsewhereError,
  OfferingNotActiveError,
  OfferingNotInWaldurError,
  OfferingNotThereError,
  ProjectNotOfCustomerError,
  ResourceNotOfCustomerError,
  ResourceTerminatedError,
} from './licenses.errors.js';

export interface LinkCommand {
  readonly kind: 'link';
  readonly resourceUuid: string;
  /** As ArrowSphere spells it, in all commands. */
  readonly license: string;
}

export interface UnlinkCommand {
  readonly kind: 'unlink';
  readonly resourceUuid: string;
}

export interface ImportCommand {
  readonly kind: 'import';
  readonly license: string;
  /** Of the new resource; the licence reference if left out. */
  readonly name?: string;
  /** Where `name` is left out, it is named as ArrowSphere names the licence, if that can be asked. */
  readonly ownName?: boolean;
  readonly offeringUuid: string;
  readonly projectUuid: string;
}

export type LicenseCommand = LinkCommand | UnlinkCommand | ImportCommand;

/** What ArrowSphere says of a licence. */
export type Verdict =
  | { readonly kind: 'confirmed'; readonly license: ArrowLicense }
  | { readonly kind: 'denied'; readonly error: AppError }
  /** It could not be asked; `why` is a sentence. */
  | { readonly kind: 'unasked'; readonly why: string };

export type Holder = Pick<Resource, 'uuid' | 'name' | 'projectUuid' | 'offeringUuid'>;

/** All that a decision depends on, besides ArrowSphere. */
export interface LinkFacts {
  /** The mapped organisation. */
  readonly customerUuid: string;
  /**
   * The resources, offerings and projects named in the commands, as far as they exist; their owners are judged here.
   */
  readonly resources: ReadonlyMap<string, Resource>;
  readonly offerings: ReadonlyMap<string, Offering>;
  readonly projects: ReadonlyMap<string, Project>;
  /** Licence → the live resource that has it, anybody's, however it is spelled there. */
  readonly holders: ReadonlyMap<string, Holder>;
  /** There is a Waldur: what it owns is changed there. */
  readonly besideWaldur: boolean;
  /** Resource or licence → the entry of the ledger that changes it and that Waldur has not carried out yet. */
  readonly underWay: ReadonlyMap<string, string>;
}

/** Who carries out a change: this service at once, or Waldur. */
export type Writer = 'here' | 'waldur';

/** What becomes of one command. */
export type Decision =
  | {
      readonly outcome: 'refused';
      readonly command: LicenseCommand;
      readonly error: AppError;
      readonly holder?: Holder;
    }
  | { readonly outcome: 'unchanged'; readonly command: LinkCommand | UnlinkCommand; readonly resource: Resource }
  | {
      readonly outcome: 'relink';
      readonly command: LinkCommand | UnlinkCommand;
      readonly resource: Resource;
      readonly previous: string;
      /** `""`: none. */
      readonly license: string;
      readonly writer: Writer;
      /** Of the ledger, where Waldur is to carry it out. */
      readonly entry?: string;
      readonly verdict?: Verdict;
    }
  | {
      readonly outcome: 'create';
      readonly writer: Writer;
      /** As above. */
      readonly entry?: string;
      /** Of the resource, once it is made. */
      readonly uuid?: string;
      readonly command: ImportCommand;
      readonly offering: Offering;
      readonly project: Project;
      readonly verdict?: Verdict;
    };

/**
 * Decides what becomes of each command, one after another, each seeing what those before it did. Looks at nothing but
 * its arguments, so that a dry run, the first look and the decision under lock are one and the same. Without
 * `verdicts` ArrowSphere is taken to agree.
 */
export function decide(
  facts: LinkFacts,
  commands: readonly LicenseCommand[],
  verdicts: ReadonlyMap<string, Verdict> = new Map(),
): Decision[] {
  const carried = new Map([...facts.resources].map(([uuid, one]) => [uuid, one.disputedBackendId || one.backendId]));
  const holders = new Map(facts.holders);
  const underWay = new Map(facts.underWay);
  const writerOf = ({ owner }: Pick<Resource, 'owner'>): Writer =>
    facts.besideWaldur && owner === 'waldur' ? 'waldur' : 'here';
  /** Waldur is asked for one thing after another of each resource and licence. */
  const pending = (command: LicenseCommand, ...keys: string[]): Decision | undefined => {
    const key = keys.find((one) => underWay.has(one));
    return key === undefined ? undefined : refused(command, new LicenseChangeUnderWayError(underWay.get(key)!));
  };
  const claim = (writer: Writer, ...keys: string[]) => {
    if (writer === 'waldur') for (const key of keys) if (key) underWay.set(key, '');
  };

  const relink = (command: LinkCommand | UnlinkCommand, license: string): Decision => {
    const resource = facts.resources.get(command.resourceUuid);
    if (!resource || resource.project.customerUuid !== facts.customerUuid) {
      return refused(command, new ResourceNotOfCustomerError(command.resourceUuid));
    }
    if (command.kind === 'link' && resource.state === 'Terminated') {
      return refused(command, new ResourceTerminatedError(resource));
    }
    const waiting = pending(command, resource.uuid, license);
    if (waiting) return waiting;
    const previous = carried.get(resource.uuid)!;
    const holder = holders.get(license);
    // A licence in dispute is nobody's here.
    if (previous === license && !resource.disputedBackendId) return { outcome: 'unchanged', command, resource };
    if (holder && holder.uuid !== resource.uuid)
      return refused(command, new LicenseLinkedElsewhereError(license, holder), holder);
    const verdict = verdicts.get(license);
    if (verdict?.kind === 'denied') return refused(command, verdict.error);
    carried.set(resource.uuid, license);
    const freed = normalizeArrowReference(previous);
    if (holders.get(freed)?.uuid === resource.uuid) holders.delete(freed);
    if (license) holders.set(license, resource);
    const writer = writerOf(resource);
    claim(writer, resource.uuid, license);
    return { outcome: 'relink', command, resource, previous, license, writer, verdict };
  };

  const create = (command: ImportCommand): Decision => {
    const { license, offeringUuid, projectUuid } = command;
    const offering = facts.offerings.get(offeringUuid);
    if (!offering) return refused(command, new OfferingNotThereError(offeringUuid));
    const project = facts.projects.get(projectUuid);
    if (!project || project.customerUuid !== facts.customerUuid) {
      return refused(command, new ProjectNotOfCustomerError(projectUuid));
    }
    const waiting = pending(command, license);
    if (waiting) return waiting;
    const holder = holders.get(license);
    if (holder) return refused(command, new LicenseAlreadyImportedError(license), holder);
    if (offering.state !== 'Active') return refused(command, new OfferingNotActiveError(offering));
    const writer = writerOf(project);
    if (writer === 'waldur' && offering.owner !== 'waldur')
      return refused(command, new OfferingNotInWaldurError(offering));
    const verdict = verdicts.get(license);
    if (verdict?.kind === 'denied') return refused(command, verdict.error);
    holders.set(license, { uuid: '', name: resourceName(command), projectUuid, offeringUuid });
    claim(writer, license);
    return { outcome: 'create', writer, command, offering, project, verdict };
  };

  return commands.map((command) => {
    switch (command.kind) {
      case 'link':
        return relink(command, command.license);
      case 'unlink':
        return relink(command, '');
      case 'import':
        return create(command);
    }
  });
}

function refused(command: LicenseCommand, error: AppError, holder?: Holder): Decision {
  return { outcome: 'refused', command, error, holder };
}

/** True for decisions that something has to be written for. */
export function changesSomething(
  decision: Decision,
): decision is Extract<Decision, { readonly outcome: 'relink' | 'create' }> {
  return decision.outcome === 'relink' || decision.outcome === 'create';
}

/** What an imported resource is called: a name has 150 characters at most, a reference may have more. */
export function resourceName({ name, license }: Pick<ImportCommand, 'name' | 'license'>): string {
  return [...(name ?? license)].slice(0, 150).join('');
}
