import type { LicenseLink } from './license-link.entity.js';

type Told = Pick<
  LicenseLink,
  'kind' | 'licenseReference' | 'previousLicenseReference' | 'actorUsername' | 'impersonatorUsername' | 'created'
>;

/** An entry of the ledger as a sentence's second half: `mari linked it to XSP1 at 2026-05-01T10:00:00.000Z.` */
export function describeLink({
  kind,
  licenseReference,
  previousLicenseReference,
  actorUsername,
  impersonatorUsername,
  created,
}: Told): string {
  const done = {
    link: `linked it to ${licenseReference}`,
    import: `imported ${licenseReference}`,
    unlink: `unlinked it from ${previousLicenseReference}`,
    revert: `reverted it to ${licenseReference || 'no licence'}`,
  }[kind];
  const who = impersonatorUsername ? `${impersonatorUsername} as ${actorUsername}` : actorUsername;
  return `${who} ${done} at ${created.toISOString()}.`;
}

/** Where an entry is gone on with at once. */
export function resumePath(entry: string): string {
  return `POST /api/admin/arrow/license-links/${entry}/resume/`;
}
