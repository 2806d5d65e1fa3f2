import { groupBy } from '../../common/group-by.js';
import type { LicenseLinkFacts } from '../../directory/resources.service.js';
import type { Reason } from '../core/reasons.js';
import type { Charge } from '../ledger/charge.entity.js';

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
export interface ExistingCharge extends LicensePair, Pick<Charge, 'customerUuid' | 'projectUuid' | 'resourceUuid'> {
  /** In use when it was closed, until somebody reopened it too, or on an issued invoice: its bill-to party stands. */
  readonly isFixed: boolean;
  /** It has lines, or its target is not 0. */
  readonly isInUse: boolean;
}

export interface BillToFacts {
  readonly mappings: readonly MappedCustomer[];
  readonly charges: readonly ExistingCharge[];
  readonly links: readonly LicenseLinkFacts[];
  /** Every Arrow customer that was ever seen to own one of the licences. */
  readonly owners: readonly LicensePair[];
}

/**
 * Finds the bill-to party of each pair by references alone: names are never looked at, and where two answers are
 * possible nobody is charged. After issue or close nothing moves; before, a draft follows mapping and link.
 */
export function billTo(pairs: readonly LicensePair[], facts: BillToFacts): BillTo[] {
  const mappingsOf = groupBy(facts.mappings, ({ arrowCustomer }) => arrowCustomer);
  const organisationsOf = ({ arrowCustomer }: LicensePair) =>
    new Set(mappingsOf.get(arrowCustomer)?.map(({ customerUuid }) => customerUuid));
  const chargesOf = groupBy(facts.charges, ({ licenseReference }) => licenseReference);
  const linkOf = new Map(facts.links.map((link) => [link.licenseReference, link]));
  const ownersOf = groupBy([...facts.owners, ...pairs], ({ licenseReference }) => licenseReference);
  return pairs.map((pair) => {
    const { licenseReference, arrowCustomer } = pair;
    const charges = chargesOf.get(licenseReference) ?? [];
    const link = linkOf.get(licenseReference);
    // The link of a licence that has moved is only late; one to an organisation that never had it contradicts the owner.
    const own = charges.filter((charge) => charge.arrowCustomer === arrowCustomer);
    const isLate = () =>
      ownersOf.get(licenseReference)!.some((owner) => organisationsOf(owner).has(link!.customerUuid)) ||
      charges.some((charge) => charge.customerUuid === link!.customerUuid && !own.includes(charge));
    const found = organisationOf(own, organisationsOf(pair));
    const place = found.customerUuid ? placeOf(found.customerUuid, charges, link, isLate) : found;
    const { customerUuid = null, projectUuid = null, resourceUuid = null, reason = '' } = place;
    return { licenseReference, arrowCustomer, customerUuid, projectUuid, resourceUuid, reason };
  });
}

type Place = Partial<Omit<BillTo, keyof LicensePair>>;

/** `own`: charges of the licence by the same Arrow customer. */
function organisationOf(own: readonly ExistingCharge[], mapped: ReadonlySet<string>): Place {
  const standing = preferred(own.filter((charge) => charge.isFixed));
  if (standing) return standing;
  const [customerUuid, another] = mapped;
  if (another) return { reason: 'several_mappings' };
  if (customerUuid) return { customerUuid };
  // A mapping that was switched off: whoever was charged gets the final amounts.
  return preferred(own) ?? { reason: 'customer_not_mapped' };
}

/** Project and resource within the organisation: as they stand, else by the link, else as they were. */
function placeOf(
  customerUuid: string,
  charges: readonly ExistingCharge[],
  link: LicenseLinkFacts | undefined,
  isLate: () => boolean,
): Place {
  const own = charges.filter((charge) => charge.customerUuid === customerUuid);
  const standing = preferred(own.filter((charge) => charge.isFixed));
  if (standing) return standing;
  if (link?.customerUuid === customerUuid) return link;
  const before = preferred(own);
  if (before) return before;
  return link && !isLate() ? { reason: 'resource_of_another_customer' } : { customerUuid };
}

/** Of several charges the one in use; the others are left from before. */
function preferred(charges: readonly ExistingCharge[]): ExistingCharge | undefined {
  return charges.find((charge) => charge.isInUse) ?? charges[0];
}
