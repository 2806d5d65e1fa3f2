/** What is known of a licence when its lines are to be charged to somebody. */
export interface LicenseFacts {
  readonly licenseReference: string;
  /** The customer ArrowSphere says it belongs to (`XSP…`); `undefined` = ArrowSphere does not know the licence. */
  readonly customerReference?: string;
  /** What the export's customer columns say, where ArrowSphere says nothing. */
  readonly statedReferences: readonly string[];
}

export interface MappedCustomer {
  readonly mappingUuid: string;
  readonly arrowReference: string;
  /** The Waldur organisation. */
  readonly customerUuid: string;
}

export interface LinkedResource {
  readonly licenseReference: string;
  readonly resourceUuid: string;
  readonly projectUuid: string;
  readonly customerUuid: string;
}

/** Why the money of a licence reaches nobody. Stable once published. */
export type UnmatchedReason =
  'no_license' | 'customer_unknown' | 'customer_not_mapped' | 'resource_of_another_customer' | 'several_mappings';

/** Who pays for a licence. Without a resource the organisation pays, and the licence is listed as hanging on nothing. */
export interface LicenseParty {
  readonly licenseReference: string;
  readonly mappingUuid: string | null;
  readonly customerUuid: string | null;
  readonly projectUuid: string | null;
  readonly resourceUuid: string | null;
  readonly reason: UnmatchedReason | null;
}

/**
 * Matches licences with organisations by references alone: licence → ArrowSphere customer → mapping, and licence →
 * linked resource. Names are never looked at, and where two answers are possible nobody is charged.
 */
export function matchLicenses(
  licenses: readonly LicenseFacts[],
  mappings: readonly MappedCustomer[],
  resources: readonly LinkedResource[],
): LicenseParty[] {
  const mappingOf = new Map(mappings.map((mapping) => [mapping.arrowReference, mapping]));
  const resourceOf = new Map(resources.map((resource) => [resource.licenseReference, resource]));
  return licenses.map((license) => {
    const { licenseReference } = license;
    const nobody = (reason: UnmatchedReason): LicenseParty => ({ ...NOBODY, licenseReference, reason });
    if (!licenseReference) return nobody('no_license');
    const resource = resourceOf.get(licenseReference);
    const reference = license.customerReference ?? license.statedReferences.find((stated) => mappingOf.has(stated));
    const candidates = reference
      ? [mappingOf.get(reference)].filter((found) => !!found)
      : mappings.filter((mapping) => mapping.customerUuid === resource?.customerUuid);
    const [mapping, another] = candidates;
    if (another) return nobody('several_mappings');
    if (!mapping) return nobody(reference ? 'customer_not_mapped' : 'customer_unknown');
    if (resource && resource.customerUuid !== mapping.customerUuid) return nobody('resource_of_another_customer');
    return {
      licenseReference,
      mappingUuid: mapping.mappingUuid,
      customerUuid: mapping.customerUuid,
      projectUuid: resource?.projectUuid ?? null,
      resourceUuid: resource?.resourceUuid ?? null,
      reason: null,
    };
  });
}

const NOBODY: Omit<LicenseParty, 'licenseReference' | 'reason'> = {
  mappingUuid: null,
  customerUuid: null,
  projectUuid: null,
  resourceUuid: null,
};
