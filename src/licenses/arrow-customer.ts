import type { ArrowCustomer } from '../arrow-gateway/arrow-gateway.js';
import { ArrowCustomerUnresolvedError } from './licenses.errors.js';

type Identified = Pick<ArrowCustomer, 'reference' | 'ref' | 'internalReference'>;

/**
 * The reference of the customer that a mapping's text means: an equal reference settles it alone; only without one
 * ArrowSphere's short code, the reference without its `XSP` and the reseller's own reference are tried, in that order.
 * Names are never looked at. Throws `ArrowCustomerUnresolvedError` where nobody or more than one answers to it.
 */
export function resolveArrowCustomer(customers: readonly Identified[], text: string): string {
  const wanted = text.trim();
  const same = (value: string) => value !== '' && value.toLowerCase() === wanted.toLowerCase();
  const ways: ((customer: Identified) => boolean)[] = [
    ({ reference }) => reference === wanted,
    ({ ref }) => ref !== '' && ref === wanted,
    ({ reference }) => reference === `XSP${wanted}`,
    ({ internalReference }) => same(internalReference),
  ];
  for (const answers of ways) {
    const found = [...new Set(customers.filter(answers).map(({ reference }) => reference))];
    if (found.length > 1) throw new ArrowCustomerUnresolvedError(text, found);
    if (found[0] !== undefined) return found[0];
  }
  throw new ArrowCustomerUnresolvedError(text, []);
}
