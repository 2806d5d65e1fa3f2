import type { YearMonth } from '../../common/year-month.js';
import type { LicenseParty, MappedCustomer } from '../matching/match-licenses.js';
import type { AssignedParty } from './export-staging.js';

/**
 * Settles in which currency each customer is billed: that of the invoice it has, else the one most of its lines come in.
 * Lines in another currency then stand out instead of being added up.
 */
export function assignable(
  parties: readonly LicenseParty[],
  lines: readonly { readonly license_reference: string; readonly currency: string; readonly lines: number }[],
  invoiced: ReadonlyMap<string, string>,
  month: YearMonth,
  mappings: readonly MappedCustomer[],
): AssignedParty[] {
  const customerOf = new Map(parties.map((party) => [party.licenseReference, party.customerUuid]));
  const counts = new Map<string, Map<string, number>>();
  for (const line of lines) {
    const customer = customerOf.get(line.license_reference);
    if (!customer) continue;
    const ofCustomer = counts.get(customer) ?? new Map<string, number>();
    counts.set(customer, ofCustomer.set(line.currency, (ofCustomer.get(line.currency) ?? 0) + line.lines));
  }
  const usual = (customer: string) =>
    [...(counts.get(customer) ?? [])].sort(([a, many], [b, more]) => more - many || a.localeCompare(b))[0]?.[0];
  const referenceOf = new Map(mappings.map((mapping) => [mapping.mappingUuid, mapping.arrowReference]));
  return parties.map((party) => ({
    ...party,
    currency: (party.customerUuid && (invoiced.get(party.customerUuid) ?? usual(party.customerUuid))) ?? '',
    generatedStatement: party.mappingUuid ? `SYNC-${month.toString()}-${referenceOf.get(party.mappingUuid)}` : '',
  }));
}
