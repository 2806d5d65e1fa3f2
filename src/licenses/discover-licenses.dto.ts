import { givenName, suggestedName } from '../arrow-gateway/given-name.js';
import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import type { ArrowLicense } from '../arrow-gateway/arrow-gateway.js';
import { Counted } from '../common/page.js';
import { BooleanFilter } from '../common/validation/query-fields.js';
import { renderUuid } from '../common/uuid.js';
import { type Resource, RESOURCE_STATES, type ResourceState } from '../directory/resource.entity.js';
import { EvidenceResponse } from '../mappings/available-customers.dto.js';
import type { CustomerMapping } from '../mappings/customer-mapping.entity.js';
import type { LinkSuggestion } from './suggest-links.js';

export class DiscoverLicensesQuery {
  @BooleanFilter({ description: 'Ask ArrowSphere even if a recent answer is at hand' })
  refresh?: boolean;
}

/** A mapped customer's licences beside its resources. */
export interface DiscoveredLicenses {
  readonly mapping: CustomerMapping;
  /** As ArrowSphere writes it; the stored one where it could not be asked. */
  readonly arrowReference: string;
  /** All of them; none where {@link error} says why. */
  readonly licenses: readonly ArrowLicense[];
  /** Licence → the live resource that has it, of whatever organisation. */
  readonly holders: ReadonlyMap<string, Resource>;
  readonly resources: readonly Resource[];
  readonly suggestions: readonly LinkSuggestion[];
  readonly error: string | null;
  readonly ageSeconds?: number;
}

@ApiSchema({ name: 'ArrowLicense' })
export class LicenseResponse {
  @ApiProperty({ example: 'XSP12345', description: 'Licence reference in ArrowSphere' }) license_reference: string;
  @ApiProperty({ example: 'MSCSP', description: "ArrowSphere's service of the vendor" }) vendor_name: string;
  @ApiProperty({ example: 'Microsoft Azure Plan' }) offer_name: string;
  @ApiProperty() offer_sku: string;
  @ApiProperty({ description: 'The name somebody gave it; blank where ArrowSphere only made one up' })
  friendly_name: string;
  @ApiProperty({ example: 'Production web shop', description: 'What bulk import calls a resource of it' })
  suggested_name: string;
  @ApiProperty({ example: 'Microsoft' }) vendor: string;
  @ApiProperty() vendor_subscription_id: string;
  @ApiProperty({ description: "State in ArrowSphere's words" }) state: string;
  @ApiProperty({ type: String, format: 'uuid', nullable: true, description: 'The live resource that has the licence' })
  linked_resource_uuid: string | null;
  @ApiProperty({ type: String, nullable: true }) linked_resource_name: string | null;

  static from(this: void, license: ArrowLicense, holder?: Resource): LicenseResponse {
    return {
      license_reference: license.licenseReference,
      vendor_name: license.serviceReference ?? license.vendorName ?? '',
      offer_name: license.offerName ?? '',
      offer_sku: license.sku ?? '',
      friendly_name: givenName(license.friendlyName),
      suggested_name: suggestedName(license),
      vendor: license.vendorName ?? '',
      vendor_subscription_id: license.vendorSubscriptionId ?? '',
      state: license.statusLabel ?? '',
      linked_resource_uuid: holder ? renderUuid(holder.uuid) : null,
      linked_resource_name: holder?.name ?? null,
    };
  }
}

@ApiSchema({ name: 'WaldurResourceForLinking' })
export class ResourceForLinking {
  @ApiProperty({ format: 'uuid' }) uuid: string;
  @ApiProperty() name: string;
  @ApiProperty({ description: 'Licence reference, or blank' }) backend_id: string;
  @ApiProperty() project_name: string;
  @ApiProperty() offering_name: string;
  @ApiProperty({ type: String, example: 'OK', description: `Label: ${RESOURCE_STATES.join(', ')}` })
  state: ResourceState;

  static from(this: void, { uuid, name, backendId, project, offering, state }: Resource): ResourceForLinking {
    return {
      uuid: renderUuid(uuid),
      name,
      backend_id: backendId,
      project_name: project.name,
      offering_name: offering.name,
      state,
    };
  }
}

@ApiSchema({ name: 'LicenseSuggestion' })
export class LicenseSuggestionResponse {
  @ApiProperty({ format: 'uuid' }) resource_uuid: string;
  @ApiProperty() resource_name: string;
  @ApiProperty() license_reference: string;
  @ApiProperty() license_name: string;
  @ApiProperty({ type: Number, format: 'double', minimum: 0, maximum: 1 }) confidence: number;
  @ApiProperty({ description: 'Another choice is as good or nearly: a person has to decide' }) ambiguous: boolean;
  @ApiProperty({ type: [EvidenceResponse], description: 'Why' }) evidence: readonly EvidenceResponse[];
}

@ApiSchema({ name: 'DiscoverLicensesResponse' })
export class DiscoverLicensesResponse {
  @ApiProperty({ format: 'uuid' }) customer_mapping_uuid: string;
  @ApiProperty({ example: 'XSP661245' }) arrow_reference: string;
  @ApiProperty() waldur_customer_name: string;
  @ApiProperty({ type: [LicenseResponse], description: 'All licences of the customer; none where `error` says why' })
  arrow_licenses: LicenseResponse[];
  @ApiProperty({ type: [ResourceForLinking], description: 'All resources of the organisation' })
  waldur_resources: ResourceForLinking[];
  @ApiProperty({ type: [LicenseSuggestionResponse], description: 'One to one, the best total over the whole answer' })
  suggestions: LicenseSuggestionResponse[];
  @ApiProperty({ type: String, nullable: true, description: 'Why there are no licences; null when all is well' })
  error: string | null;
}

export function answerDiscovered(found: DiscoveredLicenses): Counted<DiscoverLicensesResponse> {
  const resources = new Map(found.resources.map((resource) => [resource.uuid, resource]));
  const licenses = new Map(found.licenses.map((license) => [license.licenseReference, license]));
  const body = {
    customer_mapping_uuid: renderUuid(found.mapping.uuid),
    arrow_reference: found.arrowReference,
    waldur_customer_name: found.mapping.waldurCustomer.name,
    arrow_licenses: found.licenses.map((license) =>
      LicenseResponse.from(license, found.holders.get(license.licenseReference)),
    ),
    waldur_resources: found.resources.map(ResourceForLinking.from),
    suggestions: found.suggestions.map(({ resourceUuid, licenseReference, confidence, ambiguous, evidence }) => ({
      resource_uuid: renderUuid(resourceUuid),
      resource_name: resources.get(resourceUuid)!.name,
      license_reference: licenseReference,
      license_name: suggestedName(licenses.get(licenseReference)!),
      confidence,
      ambiguous,
      evidence,
    })),
    error: found.error,
  };
  return new Counted(body, 1, found.ageSeconds === undefined ? {} : { Age: String(found.ageSeconds) });
}
