import type { Reason } from '../core/reasons.js';

/** One licence as one Arrow customer has it: whose lines are to find their bill-to party. */
export interface LicensePair {
  readonly licenseReference: string;
  /** `XSP…` */
  readonly arrowCustomer: string;
}

/** Who is charged for a licence of an Arrow customer, or why nobody can be. */
export interface BillTo extends LicensePair {
  readonly customerUuid: string | null;
  readonly projectUuid: string | null;
  readonly resourceUuid: string | null;
  readonly reason: Reason | '';
}

/** The organisation that an Arrow customer is mapped to, under any active settings of the account. */
export interface MappedCustomer {
  readonly arrowCustomer: string;
  readonly mappingUuid: string;
  readonly customerUuid: string;
}

/** A charge that the licence has in the month already. */
export interface ExistingCharge extends LicensePair {
  readonly customerUuid: string;
  readonly projectUuid: string | null;
  readonly resourceUuid: string | null;
  /** It is closed, or stands on an issued invoice: party, project and resource stand. */
  readonly isFixed: boolean;
  /** Its target is not 0. */
  readonly isInUse: boolean;
}

/** The live resource that a licence is linked to. */
export interface LinkedResource {
  readonly licenseReference: string;
  readonly resourceUuid: string;
  readonly projectUuid: string;
  readonly customerUuid: string;
}

export interface BillToFacts {
  readonly mappings: readonly MappedCustomer[];
  readonly charges: readonly ExistingCharge[];
  readonly links: readonly LinkedResource[];
  /** Every Arrow customer that was ever seen to own one of the licences. */
  readonly owners: readonly LicensePair[];
}

/**
 * Finds the bill-to party of each pair by references alone: names are never looked at, and where two answers are
 * possible nobody is charged. After issue or close nothing moves; before, a draft follows mapping and link.
 */
export function billTo(pairs: readonly LicensePair[], facts: BillToFacts): BillTo[] {
  const organisations = new Map<string, Set<string>>();
  for (const { arrowCustomer, customerUuid } of facts.mappings)
    organisations.set(arrowCustomer, (organisations.get(arrowCustomer) ?? new Set()).add(customerUuid));
  const chargesOf = new Map<string, ExistingCharge[]>();
  for (const charge of facts.charges)
    chargesOf.set(charge.licenseReference, [...(chargesOf.get(charge.licenseReference) ?? []), charge]);
  const linkOf = new Map(facts.links.map((link) => [link.licenseReference, link]));
  const hadBy = new Map<string, Set<string>>();
  for (const { licenseReference, arrowCustomer } of [...facts.owners, ...pairs])
    for (const customerUuid of organisations.get(arrowCustomer) ?? [])
      hadBy.set(licenseReference, (hadBy.get(licenseReference) ?? new Set()).add(customerUuid));
  return pairs.map((pair) => {
    const { licenseReference } = pair;
    const charges = chargesOf.get(licenseReference) ?? [];
    const found = organisationOf(pair, charges, organisations.get(pair.arrowCustomer));
    if ('reason' in found) return nobody(pair, found.reason);
    const link = linkOf.get(licenseReference);
    // The link of a licence that has moved is only late; one to an organisation that never had it contradicts the owner.
    const isLate = link !== undefined && hadBy.get(licenseReference)?.has(link.customerUuid) === true;
    return placeOf(pair, found.customerUuid, charges, link, isLate);
  });
}

function organisationOf(
  { arrowCustomer }: LicensePair,
  charges: readonly ExistingCharge[],
  mapped: ReadonlySet<string> | undefined,
): { readonly customerUuid: string } | { readonly reason: Reason } {
  const own = charges.filter((charge) => charge.arrowCustomer === arrowCustomer);
  const fixed = own.filter((charge) => charge.isFixed);
  const standing = preferred(fixed);
  if (standing) return standing;
  const [one, another] = mapped ?? [];
  if (another) return { reason: 'several_mappings' };
  if (one) return { customerUuid: one };
  // A mapping that was switched off: whoever was charged gets the final amounts.
  return preferred(own) ?? { reason: 'customer_not_mapped' };
}

/** Project and resource within the organisation: as they stand, else by the link, else as they were. */
function placeOf(
  pair: LicensePair,
  customerUuid: string,
  charges: readonly ExistingCharge[],
  link: LinkedResource | undefined,
  isLinkLate: boolean,
): BillTo {
  const own = charges.filter((charge) => charge.customerUuid === customerUuid);
  const standing = preferred(own.filter((charge) => charge.isFixed));
  if (standing) return party(pair, standing);
  if (link?.customerUuid === customerUuid) return party(pair, link);
  const before = preferred(own);
  if (before) return party(pair, before);
  if (link && !isLinkLate) return nobody(pair, 'resource_of_another_customer');
  return party(pair, { customerUuid, projectUuid: null, resourceUuid: null });
}

/** Of several charges the one in use; the others are left from before. */
function preferred(charges: readonly ExistingCharge[]): ExistingCharge | undefined {
  return charges.find((charge) => charge.isInUse) ?? charges[0];
}

function party(
  { licenseReference, arrowCustomer }: LicensePair,
  { customerUuid, projectUuid, resourceUuid }: Pick<ExistingCharge, 'customerUuid' | 'projectUuid' | 'resourceUuid'>,
): BillTo {
  return { licenseReference, arrowCustomer, customerUuid, projectUuid, resourceUuid, reason: '' };
}

function nobody({ licenseReference, arrowCustomer }: LicensePair, reason: Reason): BillTo {
  return { licenseReference, arrowCustomer, customerUuid: null, projectUuid: null, resourceUuid: null, reason };
}
