import type { ArrowLicense } from '../arrow-gateway/arrow-gateway.js';
import type { AppError } from '../common/app.error.js';
import type { Offering } from '../directory/offering.entity.js';
import type { Project } from '../directory/project.entity.js';
import type { Resource } from '../directory/resource.entity.js';
import {
  LicenseAlreadyImportedError,
  LicenseLinkedElsewhereError,
  OfferingNotActiveError,
  OfferingNotThereError,
  ProjectNotOfCustomerError,
  ResourceNotOfCustomerError,
  ResourceTerminatedError,
} from './licenses.errors.js';

export interface LinkWish {
  readonly kind: 'link';
  readonly resourceUuid: string;
  readonly license: string;
}

export interface UnlinkWish {
  readonly kind: 'unlink';
  readonly resourceUuid: string;
}

export interface ImportWish {
  readonly kind: 'import';
  readonly license: string;
  /** Of the new resource; the licence reference if left out. */
  readonly name?: string;
  readonly offeringUuid: string;
  readonly projectUuid: string;
}

export type Wish = LinkWish | UnlinkWish | ImportWish;

/** What ArrowSphere says of a licence. */
export type Verdict =
  | { readonly kind: 'confirmed'; readonly license: ArrowLicense }
  | { readonly kind: 'denied'; readonly error: AppError }
  /** It could not be asked; `why` is a sentence. */
  | { readonly kind: 'unasked'; readonly why: string };

export type Holder = Pick<Resource, 'uuid' | 'name' | 'projectUuid' | 'offeringUuid'>;

/** All that a decision depends on, besides ArrowSphere. */
export interface Ground {
  /** The mapped organisation. */
  readonly customerUuid: string;
  /** The resources, offerings and projects named in the wishes, as far as they exist; whose they are is judged here. */
  readonly resources: ReadonlyMap<string, Resource>;
  readonly offerings: ReadonlyMap<string, Offering>;
  readonly projects: ReadonlyMap<string, Project>;
  /** Licence → the live resource that has it, anybody's. */
  readonly holders: ReadonlyMap<string, Holder>;
}

/** What becomes of one wish. */
export type Decision =
  | { readonly outcome: 'refused'; readonly wish: Wish; readonly error: AppError; readonly holder?: Holder }
  | { readonly outcome: 'unchanged'; readonly wish: LinkWish | UnlinkWish; readonly resource: Resource }
  | {
      readonly outcome: 'relink';
      readonly wish: LinkWish | UnlinkWish;
      readonly resource: Resource;
      readonly previous: string;
      /** `""`: none. */
      readonly license: string;
      readonly verdict?: Verdict;
    }
  | {
      readonly outcome: 'create';
      readonly wish: ImportWish;
      readonly offering: Offering;
      readonly project: Project;
      readonly verdict?: Verdict;
    };

/**
 * Decides what becomes of each wish, one after another, each seeing what those before it did. Looks at nothing but its
 * arguments, so that a dry run, the first look and the decision under lock are one and the same. Without `verdicts`
 * ArrowSphere is taken to agree.
 */
export function decide(
  ground: Ground,
  wishes: readonly Wish[],
  verdicts: ReadonlyMap<string, Verdict> = new Map(),
): Decision[] {
  const carried = new Map([...ground.resources].map(([uuid, { backendId }]) => [uuid, backendId]));
  const holders = new Map(ground.holders);

  const relink = (wish: LinkWish | UnlinkWish, license: string): Decision => {
    const resource = ground.resources.get(wish.resourceUuid);
    if (!resource || resource.project.customerUuid !== ground.customerUuid) {
      return { outcome: 'refused', wish, error: new ResourceNotOfCustomerError(wish.resourceUuid) };
    }
    if (wish.kind === 'link' && resource.state === 'Terminated') {
      return { outcome: 'refused', wish, error: new ResourceTerminatedError(resource) };
    }
    const previous = carried.get(resource.uuid)!;
    if (previous === license) return { outcome: 'unchanged', wish, resource };
    const holder = holders.get(license);
    if (holder) return { outcome: 'refused', wish, error: new LicenseLinkedElsewhereError(license, holder), holder };
    const verdict = verdicts.get(license);
    if (verdict?.kind === 'denied') return { outcome: 'refused', wish, error: verdict.error };
    carried.set(resource.uuid, license);
    if (holders.get(previous)?.uuid === resource.uuid) holders.delete(previous);
    if (license) holders.set(license, resource);
    return { outcome: 'relink', wish, resource, previous, license, verdict };
  };

  const create = (wish: ImportWish): Decision => {
    const { license, offeringUuid, projectUuid } = wish;
    const offering = ground.offerings.get(offeringUuid);
    if (!offering) return { outcome: 'refused', wish, error: new OfferingNotThereError(offeringUuid) };
    const project = ground.projects.get(projectUuid);
    if (!project || project.customerUuid !== ground.customerUuid) {
      return { outcome: 'refused', wish, error: new ProjectNotOfCustomerError(projectUuid) };
    }
    const holder = holders.get(license);
    if (holder) return { outcome: 'refused', wish, error: new LicenseAlreadyImportedError(license), holder };
    if (offering.state !== 'Active') return { outcome: 'refused', wish, error: new OfferingNotActiveError(offering) };
    const verdict = verdicts.get(license);
    if (verdict?.kind === 'denied') return { outcome: 'refused', wish, error: verdict.error };
    holders.set(license, { uuid: '', name: resourceName(wish), projectUuid, offeringUuid });
    return { outcome: 'create', wish, offering, project, verdict };
  };

  return wishes.map((wish) => {
    switch (wish.kind) {
      case 'link':
        return relink(wish, wish.license);
      case 'unlink':
        return relink(wish, '');
      case 'import':
        return create(wish);
    }
  });
}

/** True for decisions that something has to be written for. */
export function changesSomething(
  decision: Decision,
): decision is Extract<Decision, { readonly outcome: 'relink' | 'create' }> {
  return decision.outcome === 'relink' || decision.outcome === 'create';
}

/** What an imported resource is called: a name has 150 characters at most, a reference may have more. */
export function resourceName({ name, license }: Pick<ImportWish, 'name' | 'license'>): string {
  return [...(name ?? license)].slice(0, 150).join('');
}
