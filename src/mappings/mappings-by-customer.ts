import type { ArrowCustomer } from '../arrow-gateway/arrow-gateway.js';
import { arrowCustomersBy } from '../arrow-gateway/arrow-reference.js';
import type { CustomerMapping } from './customer-mapping.entity.js';

/**
 * The mapping of each customer, by the customer's reference: the one that has that reference, else the one whose text
 * means this customer alone. Such a one was made while ArrowSphere could not be asked; of several the active one counts,
 * then the first.
 */
export function mappingsByCustomer(
  mappings: readonly CustomerMapping[],
  customers: readonly ArrowCustomer[],
): Map<string, CustomerMapping> {
  const meant = arrowCustomersBy(customers);
  const found = new Map(mappings.map((mapping) => [mapping.arrowReference, mapping]));
  for (const mapping of mappings.toSorted((a, b) => Number(b.isActive) - Number(a.isActive))) {
    const [reference, ...others] = meant(mapping.arrowReference);
    if (reference === undefined || others.length > 0 || found.has(reference)) continue;
    found.set(reference, mapping);
    found.delete(mapping.arrowReference);
  }
  return found;
}
