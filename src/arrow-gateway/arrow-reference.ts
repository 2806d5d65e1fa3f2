import { normalizeArrowReference } from '../common/normalize-arrow-reference.js';
import type { ArrowCustomer } from './arrow-gateway.js';

type Identified = Pick<ArrowCustomer, 'reference' | 'ref' | 'internalReference'>;

/** Whether two texts are one ArrowSphere reference: letter case and invisible characters make no difference. */
export function sameArrowReference(one: string, other: string): boolean {
  return one === other || normalizeArrowReference(one).toUpperCase() === normalizeArrowReference(other).toUpperCase();
}

/** Whether a text is a reference in ArrowSphere's own spelling, `XSP` and a number: no customer is called so otherwise. */
export function isOwnCustomerReference(text: string): boolean {
  return /^XSP\d+$/.test(text);
}

/**
 * The references of the customers that a text means: an equal reference decides alone; only without one ArrowSphere's
 * short code, the reference without its `XSP` and the reseller's own reference are tried, in that order. Names are never
 * looked at. More than one: the text is ambiguous.
 */
export function findArrowCustomers(customers: readonly Identified[], text: string): string[] {
  if (normalizeArrowReference(text) === '') return [];
  const ways: ((customer: Identified) => boolean)[] = [
    ({ reference }) => sameArrowReference(reference, text),
    ({ ref }) => sameArrowReference(ref, text),
    ({ reference }) => sameArrowReference(reference, `XSP${normalizeArrowReference(text)}`),
    ({ internalReference }) => sameArrowReference(internalReference, text),
  ];
  for (const answers of ways) {
    const found = [...new Set(customers.filter(answers).map(({ reference }) => reference))];
    if (found.length > 0) return found;
  }
  return [];
}

/**
 * Whether a text has the form of ArrowSphere's references of customers (`XSP661245`). Mappings may hold other texts, such
 * as short codes: those are nothing to ask ArrowSphere for by name.
 */
export function isCustomerReference(text: string): boolean {
  return /^\s*XSP[^/\\\p{C}]*$/iu.test(text);
}

/**
 * Whether a text may be ArrowSphere's reference of a licence. All that were seen begin with `XSP`, but nothing says that
 * they must: one word that begins with a letter or digit is asked for. Paths of other vendors' things are not.
 */
export function mayBeLicenseReference(text: string): boolean {
  return /^\s*[\p{L}\p{N}][^\s/\\\p{C}]*\s*$/u.test(text);
}
