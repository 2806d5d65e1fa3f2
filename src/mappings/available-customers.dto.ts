import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import type { ArrowCustomer } from '../arrow-gateway/arrow-gateway.js';
import { Counted } from '../common/page.js';
import { BooleanFilter } from '../common/validation/query-fields.js';
import type { Customer } from '../directory/customer.entity.js';
import type { AvailableCustomers, CustomerMappingSuggestion } from './available-customers.service.js';
import type { CustomerSuggestion } from './customer-suggestions.js';

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
    return { uuid, name, abbreviation };
  }
}

@ApiSchema({ name: 'MatchEvidence' })
export class EvidenceResponse {
  @ApiProperty({ description: 'What was compared', example: 'legal_form' }) kind: string;
  @ApiProperty({ description: "ArrowSphere's side" }) arrow: string;
  @ApiProperty({ description: "Waldur's side" }) waldur: string;
  @ApiProperty({ type: Number, minimum: -1, maximum: 1, description: 'By how much it moved the confidence' })
  weight: number;
}

@ApiSchema({ name: 'MatchRunnerUp' })
export class RunnerUpResponse extends CustomerBrief {
  @ApiProperty({ type: Number, format: 'double', minimum: 0, maximum: 1 }) confidence: number;
}

/** How sure a suggestion is, and why: the same keys wherever one is answered. */
export class MatchReasons {
  @ApiProperty({ description: 'Another choice is as good or nearly: a person has to decide' }) ambiguous: boolean;
  @ApiProperty({ type: [EvidenceResponse], description: 'The reasons, the weightiest first' })
  evidence: EvidenceResponse[];
  @ApiProperty({ required: false, description: 'The next best organisation, where one comes near' })
  runner_up?: RunnerUpResponse;
  @ApiProperty({ required: false, description: 'A sentence for the person who decides' }) note?: string;

  static reasons(this: void, suggestion: CustomerSuggestion | undefined): MatchReasons {
    const { ambiguous = false, evidence = [], runnerUp, note } = suggestion ?? {};
    return {
      ambiguous,
      evidence: evidence.map(({ kind, arrow, waldur, weight }) => ({ kind, arrow, waldur, weight })),
      runner_up: runnerUp && { ...CustomerBrief.from(runnerUp.organisation), confidence: runnerUp.confidence },
      note,
    };
  }
}

@ApiSchema({ name: 'CustomerMappingSuggestion' })
export class SuggestionResponse extends MatchReasons {
  @ApiProperty() arrow_customer: ArrowCustomerResponse;
  @ApiProperty({ required: false, description: 'Left out when no organisation is similar enough' })
  suggested_waldur_customer?: CustomerBrief;
  @ApiProperty({ type: Number, format: 'double', minimum: 0, maximum: 1 }) confidence: number;
  @ApiProperty({ description: 'An inactive mapping stands in the way of a new one' }) existing_mapping: boolean;
  @ApiProperty({ required: false, format: 'uuid', description: 'That mapping' }) mapping_uuid?: string;

  static from(this: void, suggested: CustomerMappingSuggestion): SuggestionResponse {
    const { arrowCustomer, suggestion, mappingUuid } = suggested;
    return {
      arrow_customer: ArrowCustomerResponse.from(arrowCustomer),
      suggested_waldur_customer: suggestion && CustomerBrief.from(suggestion.organisation),
      confidence: suggestion?.confidence ?? 0,
      existing_mapping: mappingUuid !== undefined,
      mapping_uuid: mappingUuid,
      ...MatchReasons.reasons(suggestion),
    };
  }
}

@ApiSchema({ name: 'AvailableArrowCustomersResponse' })
export class AvailableCustomersResponse {
  @ApiProperty({ format: 'uuid' }) settings_uuid: string;
  @ApiProperty({ type: [ArrowCustomerResponse] }) arrow_customers: ArrowCustomerResponse[];
  @ApiProperty({ type: [CustomerBrief] }) waldur_customers: CustomerBrief[];
  @ApiProperty({ type: [SuggestionResponse] }) suggestions: SuggestionResponse[];
}

export function answerAvailable(available: AvailableCustomers): Counted<AvailableCustomersResponse> {
  const body = {
    settings_uuid: available.settingsUuid,
    arrow_customers: available.arrowCustomers.map(ArrowCustomerResponse.from),
    waldur_customers: available.organisations.map(CustomerBrief.from),
    suggestions: available.suggestions.map(SuggestionResponse.from),
  };
  return new Counted(body, 1, { Age: String(available.ageSeconds) });
}
