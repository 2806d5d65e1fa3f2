import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import type { ArrowCustomer } from '../arrow-gateway/arrow-gateway.js';
import { Counted } from '../common/page.js';
import { BooleanFilter } from '../common/validation/query-fields.js';
import { renderUuid } from '../common/uuid.js';
import type { Customer } from '../directory/customer.entity.js';

export class RefreshQuery {
  @BooleanFilter({ description: 'Ask ArrowSphere even if a recent answer is at hand' })
  refresh?: boolean;
}

@ApiSchema({ name: 'ArrowCustomerDiscovery' })
export class ArrowCustomerResponse {
  @ApiProperty({ example: 'XSP661245' }) reference: string;
  @ApiProperty() companyName: string;
  @ApiProperty() email: string;
  @ApiProperty() city: string;
  @ApiProperty() countryCode: string;

  static from(this: void, { reference, companyName, email, city, countryCode }: ArrowCustomer): ArrowCustomerResponse {
    return { reference, companyName, email, city, countryCode };
  }
}

@ApiSchema({ name: 'WaldurCustomerBrief' })
export class CustomerBrief {
  @ApiProperty({ format: 'uuid' }) uuid: string;
  @ApiProperty() name: string;
  @ApiProperty() abbreviation: string;

  static from(this: void, { uuid, name, abbreviation }: Customer): CustomerBrief {
    return { uuid: renderUuid(uuid), name, abbreviation };
  }
}

@ApiSchema({ name: 'CustomerMappingSuggestion' })
export class SuggestionResponse {
  @ApiProperty() arrow_customer: ArrowCustomerResponse;
  @ApiProperty({ required: false, description: 'Left out when no organisation is similar enough' })
  suggested_waldur_customer?: CustomerBrief;
  @ApiProperty({ type: Number, format: 'double', minimum: 0, maximum: 1 }) confidence: number;
  @ApiProperty({ description: 'An inactive mapping stands in the way of a new one' }) existing_mapping: boolean;
  @ApiProperty({ required: false, format: 'uuid', description: 'That mapping' }) mapping_uuid?: string;
}

@ApiSchema({ name: 'AvailableArrowCustomersResponse' })
export class AvailableCustomersResponse {
  @ApiProperty({ format: 'uuid' }) settings_uuid: string;
  @ApiProperty({ type: [ArrowCustomerResponse] }) arrow_customers: ArrowCustomerResponse[];
  @ApiProperty({ type: [CustomerBrief] }) waldur_customers: CustomerBrief[];
  @ApiProperty({ type: [SuggestionResponse] }) suggestions: SuggestionResponse[];
}

/** What can be mapped, and how old ArrowSphere's part of it is. */
export interface AvailableCustomers {
  readonly settingsUuid: string;
  readonly arrowCustomers: readonly ArrowCustomer[];
  readonly organisations: readonly Customer[];
  readonly suggestions: readonly {
    readonly arrowCustomer: ArrowCustomer;
    readonly organisation?: Customer;
    readonly confidence: number;
    /** The inactive mapping of this customer, if there is one. */
    readonly mappingUuid?: string;
  }[];
  readonly ageSeconds: number;
}

export function answerAvailable(available: AvailableCustomers): Counted<AvailableCustomersResponse> {
  const body = {
    settings_uuid: renderUuid(available.settingsUuid),
    arrow_customers: available.arrowCustomers.map(ArrowCustomerResponse.from),
    waldur_customers: available.organisations.map(CustomerBrief.from),
    suggestions: available.suggestions.map(({ arrowCustomer, organisation, confidence, mappingUuid }) => ({
      arrow_customer: ArrowCustomerResponse.from(arrowCustomer),
      suggested_waldur_customer: organisation && CustomerBrief.from(organisation),
      confidence,
      existing_mapping: mappingUuid !== undefined,
      mapping_uuid: mappingUuid && renderUuid(mappingUuid),
    })),
  };
  return new Counted(body, body.arrow_customers.length, { Age: String(available.ageSeconds) });
}
