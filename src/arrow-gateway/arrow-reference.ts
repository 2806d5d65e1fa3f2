import { groupBy } from '../common/group-by.js';
import { normalizeArrowReference } from '../common/normalize-arrow-reference.js';
import type { ArrowCustomer } from './arrow-gateway.js';

type Identified = Pick<ArrowCustomer, 'reference' | 'ref' | 'internalReference'>;

/** What two spellings of one reference have in common. */
export const referenceKey = (text: string): string => normalizeArrowReference(text).toUpperCase();

/** Whether two texts are one ArrowSphere reference: letter case and invisible characters make no difference. */
export function sameArrowReference(one: string, other: string): boolean {
  return one === other || referenceKey(one) === referenceKey(other);
}

/** Whether a text is a reference in ArrowSphere's own spelling, `XSP` and a number: no customer is called so otherwise. */
export function isOwnCustomerReference(text: string): boolean {
  return /^XSP\d+$/.test(text);
}

/**
 * Answers the references of the customers that a text means: an equal reference decides alone; only without one, and where
 * the text is not such a reference itself, ArrowSphere's short code, the reference without its `XSP` and the reseller's
 * own reference are tried, in that order. Names are never looked at. More than one: the text is ambiguous.
 */
export function arrowCustomersBy(customers: readonly Identified[]): (text: string) => string[] {
  const by = (name: keyof Identified) => groupBy(customers, (customer) => referenceKey(customer[name]));
  const [byReference, byCode, byOwn] = [by('reference'), by('ref'), by('internalReference')];
  return (text) => {
    const key = referenceKey(text);
    if (key === '') return [];
    const others = () => byCode.get(key) ?? byReference.get(referenceKey(`XSP${key}`)) ?? byOwn.get(key);
    const found = byReference.get(key) ?? (isOwnCustomerReference(key) ? undefined : others());
    return [...new Set(found?.map(({ reference }) => reference))];
  };
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
