import { displayName, suggestedName } from '../arrow-gateway/display-name.js';
import { ApiSchema } from '@nestjs/swagger';
import type { ArrowLicense } from '../arrow-gateway/arrow-gateway.js';
import { answerOf, Shown, ShownOrNull } from '../common/answer.js';
import { Counted } from '../common/page.js';
import { type Resource, RESOURCE_STATES, type ResourceState } from '../directory/resource.entity.js';
import { EvidenceResponse } from '../mappings/available-customers.dto.js';
import type { DiscoveredLicenses } from './discover-licenses.service.js';

@ApiSchema({ name: 'ArrowLicense' })
export class LicenseResponse {
  @Shown({ example: 'XSP12345', description: 'Licence reference in ArrowSphere' }) license_reference: string;
  @Shown({ example: 'MSCSP', description: "ArrowSphere's service of the vendor" }) vendor_name: string;
  @Shown({ example: 'Microsoft Azure Plan' }) offer_name: string;
  @Shown() offer_sku: string;
  @Shown({ description: 'The name somebody gave it; blank where ArrowSphere only made one up' })
  friendly_name: string;
  @Shown({ example: 'Production web shop', description: 'What bulk import calls a resource of it' })
  suggested_name: string;
  @Shown({ example: 'Microsoft' }) vendor: string;
  @Shown() vendor_subscription_id: string;
  @Shown({ description: "State in ArrowSphere's words" }) state: string;
  @ShownOrNull('uuid', { description: 'The live resource that has the licence' })
  linked_resource_uuid: string | null;
  @ShownOrNull() linked_resource_name: string | null;

  static from(this: void, license: ArrowLicense, holder?: Resource): LicenseResponse {
    return answerOf(LicenseResponse, license, {
      vendor_name: license.serviceReference ?? license.vendorName ?? '',
      offer_name: license.offerName ?? '',
      offer_sku: license.sku ?? '',
      friendly_name: displayName(license.friendlyName),
      suggested_name: suggestedName(license),
      vendor: license.vendorName ?? '',
      vendor_subscription_id: license.vendorSubscriptionId ?? '',
      state: license.statusLabel ?? '',
      linked_resource_uuid: holder?.uuid ?? null,
      linked_resource_name: holder?.name ?? null,
    });
  }
}

@ApiSchema({ name: 'WaldurResourceForLinking' })
export class ResourceForLinking {
  @Shown('uuid') uuid: string;
  @Shown() name: string;
  @Shown({ description: 'Licence reference, or blank; also one that another resource of Waldur has too' })
  backend_id: string;
  @Shown() project_name: string;
  @Shown() offering_name: string;
  @Shown({ type: String, example: 'OK', description: `Label: ${RESOURCE_STATES.join(', ')}` })
  state: ResourceState;

  static from(this: void, resource: Resource): ResourceForLinking {
    return answerOf(ResourceForLinking, resource, {
      backend_id: resource.claimedBackendId,
      project_name: resource.project.name,
      offering_name: resource.offering.name,
    });
  }
}

@ApiSchema({ name: 'LicenseSuggestion' })
export class LicenseSuggestionResponse {
  @Shown('uuid') resource_uuid: string;
  @Shown() resource_name: string;
  @Shown() license_reference: string;
  @Shown() license_name: string;
  @Shown({ type: Number, format: 'double', minimum: 0, maximum: 1 }) confidence: number;
  @Shown({ description: 'Another choice is as good or nearly: a person has to decide' }) ambiguous: boolean;
  @Shown({ type: [EvidenceResponse], description: 'Why' }) evidence: readonly EvidenceResponse[];
}

@ApiSchema({ name: 'DiscoverLicensesResponse' })
export class DiscoverLicensesResponse {
  @Shown('uuid') customer_mapping_uuid: string;
  @Shown({ example: 'XSP661245' }) arrow_reference: string;
  @Shown() waldur_customer_name: string;
  @Shown({ type: [LicenseResponse], description: 'All licences of the customer; none where `error` says why' })
  arrow_licenses: LicenseResponse[];
  @Shown({ type: [ResourceForLinking], description: 'All resources of the organisation' })
  waldur_resources: ResourceForLinking[];
  @Shown({ type: [LicenseSuggestionResponse], description: 'One to one, the best total over the whole answer' })
  suggestions: LicenseSuggestionResponse[];
  @ShownOrNull({ description: 'Why there are no licences; null when all is well' })
  error: string | null;
}

export function answerDiscovered(found: DiscoveredLicenses): Counted<DiscoverLicensesResponse> {
  const resources = new Map(found.resources.map((resource) => [resource.uuid, resource]));
  const licenses = new Map(found.licenses.map((license) => [license.licenseReference, license]));
  const body = {
    customer_mapping_uuid: found.mapping.uuid,
    arrow_reference: found.arrowReference,
    waldur_customer_name: found.mapping.waldurCustomer.name,
    arrow_licenses: found.licenses.map((license) =>
      LicenseResponse.from(license, found.holders.get(license.licenseReference)),
    ),
    waldur_resources: found.resources.map(ResourceForLinking.from),
    suggestions: found.suggestions.map((suggestion) =>
      answerOf(LicenseSuggestionResponse, suggestion, {
        resource_name: resources.get(suggestion.resourceUuid)!.name,
        license_name: suggestedName(licenses.get(suggestion.licenseReference)!),
      }),
    ),
    error: found.error,
  };
  return new Counted(body, 1, found.ageSeconds === undefined ? {} : { Age: String(found.ageSeconds) });
}
