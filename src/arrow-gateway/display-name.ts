import type { ArrowLicense } from './arrow-gateway.js';

/** The friendly name somebody gave; `""` for none, or for the `XSP…|SKU|XSP…` that ArrowSphere makes up without one. */
export function displayName(friendlyName: string | null | undefined): string {
  const name = friendlyName?.trim() ?? '';
  return /\bXSP\d+\|/.test(name) || /\|XSP\d+\b/.test(name) ? '' : name;
}

/** What to call a resource of this licence: the name somebody gave it, else its offer's, else its reference. */
export function suggestedName({
  friendlyName,
  offerName,
  licenseReference,
}: Pick<ArrowLicense, 'friendlyName' | 'offerName' | 'licenseReference'>): string {
  return displayName(friendlyName) || offerName?.trim() || licenseReference;
}
