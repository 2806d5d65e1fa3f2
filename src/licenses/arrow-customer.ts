import type { ArrowCustomer } from '../arrow-gateway/arrow-gateway.js';
import { arrowCustomersBy } from '../arrow-gateway/arrow-reference.js';
import { ArrowCustomerUnresolvedError } from './licenses.errors.js';

/**
 * The reference of the customer that a mapping's text means, as `arrowCustomersBy` reads it. Throws
 * `ArrowCustomerUnresolvedError` where nobody or more than one answers to it.
 */
export function resolveArrowCustomer(
  customers: readonly Pick<ArrowCustomer, 'reference' | 'ref' | 'internalReference'>[],
  text: string,
): string {
  const found = arrowCustomersBy(customers)(text);
  if (found.length !== 1) throw new ArrowCustomerUnresolvedError(text, found);
  return found[0]!;
}
