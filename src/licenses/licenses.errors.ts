import { AppError, appError } from '../common/app.error.js';
import { WaldurError } from '../waldur-gateway/waldur-gateway.errors.js';
import { notFoundError } from '../common/http-errors.js';
import { heldBy } from '../directory/directory.errors.js';
import { resumePath } from './describe-link.js';

interface Named {
  readonly uuid: string;
  readonly name: string;
}

/** Nothing is linked or imported under a mapping that is switched off. */
export class MappingNotActiveError extends appError(
  'invalid',
  'mapping_not_active',
  (arrowReference: string) => `The mapping of ${arrowReference} is not active. Activate it first.`,
) {}

/** The account that a mapping belongs to is switched off, so ArrowSphere is not called for it. */
export class AccountNotActiveError extends appError(
  'invalid',
  'account_not_active',
  'The ArrowSphere account of this mapping is not active. Activate it in the settings first.',
) {}

/** The resource is not there, or another organisation's. */
export class ResourceNotOfCustomerError extends AppError {
  readonly kind = 'not-found';
  readonly code = 'resource_not_of_customer';
  constructor(uuid: string) {
    super(`Resource ${uuid} not found for this customer`, { uuids: [uuid] });
  }
}

/** The project is not there, or another organisation's. */
export class ProjectNotOfCustomerError extends AppError {
  readonly kind = 'not-found';
  readonly code = 'project_not_of_customer';
  constructor(uuid: string) {
    super(`Project ${uuid} not found for this customer`, { uuids: [uuid] });
  }
}

export class OfferingNotThereError extends AppError {
  readonly kind = 'not-found';
  readonly code = 'offering_not_there';
  constructor(uuid: string) {
    super(`Offering ${uuid} not found`, { uuids: [uuid] });
  }
}

/** Nothing new is made of an offering that is a draft, paused, archived or unavailable. */
export class OfferingNotActiveError extends appError(
  'invalid',
  'offering_not_active',
  ({ name, state }: { readonly name: string; readonly state: string }) =>
    `The offering "${name}" is not active but ${state.toLowerCase()}.`,
) {}

/** Waldur makes resources of its own offerings only. */
export class OfferingNotInWaldurError extends appError(
  'invalid',
  'offering_not_in_waldur',
  ({ name }: Named) =>
    `The offering "${name}" is kept here and not in Waldur: take one of Waldur's for a project of Waldur's.`,
) {}

/** The resource or the licence is being changed, and Waldur has not carried that out yet. */
export class LicenseChangeUnderWayError extends AppError {
  readonly kind = 'conflict';
  readonly code = 'license_change_under_way';
  /** `entry`: of the ledger; `""`: of the same request. */
  constructor(entry: string) {
    super(
      entry
        ? `Waldur has not carried out an earlier change of it yet, entry ${entry} of the link ledger. Wait for its end, or send ${resumePath(entry)}.`
        : 'An earlier item of the same request changes it, and Waldur has to carry that out first. Send this one again.',
      { uuids: entry ? [entry] : [] },
    );
  }
}

/** Waldur did not carry it out, and will not (409). `problem`: why, a sentence. */
export class WaldurWriteFailedError extends AppError {
  readonly kind = 'conflict';
  readonly code = 'waldur_write_failed';
  constructor(readonly problem: string) {
    super(problem);
  }
}

/** Waldur has not carried it out yet; it is kept and gone on with (503). `problem`: why, a sentence. */
export class WaldurWriteUnfinishedError extends AppError {
  readonly kind = 'overloaded';
  readonly code = 'waldur_write_unfinished';
  constructor(entry: string, problem: string) {
    super(
      `Waldur has not carried this out yet. ${problem} It is kept as entry ${entry} of the link ledger and is gone on with every minute: do not send it again.`.replace(
        /  +/g,
        ' ',
      ),
      { uuids: [entry] },
    );
  }
}

export class ResourceTerminatedError extends appError(
  'invalid',
  'resource_terminated',
  ({ name }: Named) => `The resource "${name}" is terminated: no licence can be linked to it.`,
) {}

/** A live resource has the licence that is to be imported. */
export class LicenseAlreadyImportedError extends appError(
  'invalid',
  'license_already_imported',
  (license: string) => `License ${license} has already been imported`,
) {}

/** Another live resource has the licence that is to be linked. */
export class LicenseLinkedElsewhereError extends AppError {
  readonly kind = 'invalid';
  readonly code = 'license_linked_elsewhere';
  constructor(license: string, holder: Named) {
    super(heldBy(license, holder), { uuids: [holder.uuid] });
  }
}

/** Others wrote the same licences again and again while this was tried. Nothing was written. */
export class LicensesContendedError extends appError(
  'conflict',
  'licenses_contended',
  'The same licences are being changed by another request, and nothing was written. Try again.',
) {}

/** The mapping means another customer by now than the one that ArrowSphere was asked about. Nothing was written. */
export class MappingChangedError extends appError(
  'conflict',
  'mapping_changed',
  'The mapping was given another customer while ArrowSphere was asked, and nothing was written. Look at it and try again.',
) {}

/** ArrowSphere was asked and does not have the licence. */
export class LicenseUnknownError extends appError(
  'invalid',
  'license_unknown',
  (license: string) => `License ${license} does not exist in ArrowSphere.`,
) {}

/** ArrowSphere was asked and says that the licence is another customer's. */
export class LicenseOfAnotherCustomerError extends appError(
  'invalid',
  'license_of_another_customer',
  (license: string, owner: string, mapped: string) =>
    `License ${license} belongs to the ArrowSphere customer ${owner}, not to ${mapped}.`,
) {}

/** No customer of ArrowSphere answers to the mapping's reference, or more than one does. */
export class ArrowCustomerUnresolvedError extends appError(
  'invalid',
  'arrow_customer_unresolved',
  (reference: string, candidates: readonly string[]) =>
    candidates.length === 0
      ? `ArrowSphere does not have the customer ${reference}.`
      : `More than one ArrowSphere customer answers to ${reference}: ${candidates.slice(0, 5).join(', ')}. ` +
        'Put the full reference into the mapping.',
) {}

export class LicenseLinkNotFoundError extends notFoundError('ArrowLicenseLink', 'license_link_not_found') {}

/** A revert is itself undone by linking anew, not by reverting it; what did not happen cannot be undone. */
export class RevertNotRevertibleError extends appError(
  'invalid',
  'revert_not_revertible',
  ({ kind }: { readonly kind: string }) =>
    kind === 'revert'
      ? 'A revert cannot be reverted. Link the licence again instead.'
      : 'Only what is recorded can be reverted.',
) {}

/** Waldur has taken what it was asked for, or may have, and it is not there yet: it is looked for again later. */
export class WaldurNotDoneYetError extends WaldurError {
  readonly code = 'waldur_not_done_yet';
}

/** Somebody else works on the entry by now: whoever gets this stops and writes nothing down. */
export class ClaimLostError extends appError('conflict', 'claim_lost', 'Another process goes on with it.') {}

/** Something happened to the resource since, so that going back would undo more than the one step; `what` is a sentence. */
export class ResourceTouchedSinceError extends AppError {
  readonly kind = 'conflict';
  readonly code = 'resource_touched_since';
  constructor(what: string, uuids: readonly string[] = []) {
    super(`This cannot be reverted: ${what}`, { uuids });
  }
}
