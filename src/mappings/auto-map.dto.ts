import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import type { ArrowCustomer } from '../arrow-gateway/arrow-gateway.js';
import { BooleanField, NumberField, UuidField } from '../common/validation/body-fields.js';
import type { Customer } from '../directory/customer.entity.js';
import { type AutoMap, type AutoMapping, SKIPPED, type SkipReason } from './auto-map.service.js';
import { CustomerBrief, MatchReasons } from './available-customers.dto.js';

const DEFAULT_MIN_CONFIDENCE = 0.9;

@ApiSchema({ name: 'AutoMapRequest' })
export class AutoMapDto {
  @UuidField({ description: 'Account; the active one if left out' })
  settings_uuid?: string;

  @NumberField({
    min: 0,
    max: 1,
    default: DEFAULT_MIN_CONFIDENCE,
    description: 'Only suggestions at least this sure are taken. Nothing below 0.5 is ever suggested',
  })
  min_confidence?: number;

  @BooleanField({ default: true, description: 'true: only answer the plan. false: create the mappings' })
  dry_run?: boolean;

  toCommand(): AutoMap {
    const { settings_uuid: settingsUuid, min_confidence = DEFAULT_MIN_CONFIDENCE, dry_run = true } = this;
    return { settingsUuid, minConfidence: min_confidence, dryRun: dry_run };
  }
}

@ApiSchema({ name: 'AutoMapPlanned' })
class PlannedResponse extends MatchReasons {
  @ApiProperty({ example: 'XSP661245' }) arrow_reference: string;
  @ApiProperty() arrow_company_name: string;
  @ApiProperty() waldur_customer: CustomerBrief;
  @ApiProperty({ type: Number, format: 'double', minimum: 0, maximum: 1 }) confidence: number;
}

@ApiSchema({ name: 'AutoMapCreated' })
class CreatedResponse {
  @ApiProperty({ format: 'uuid', description: 'The new mapping' }) uuid: string;
  @ApiProperty({ example: 'XSP661245' }) arrow_reference: string;
  @ApiProperty() arrow_company_name: string;
  @ApiProperty({ format: 'uuid' }) waldur_customer_uuid: string;
  @ApiProperty() waldur_customer_name: string;
}

@ApiSchema({ name: 'AutoMapSkipped' })
class SkippedResponse extends MatchReasons {
  @ApiProperty({ example: 'XSP661245' }) arrow_reference: string;
  @ApiProperty() arrow_company_name: string;
  @ApiProperty({ enum: Object.keys(SKIPPED), enumName: 'AutoMapSkipReason' }) reason: SkipReason;
  @ApiProperty({ description: 'The reason as a sentence', example: SKIPPED.ambiguous }) detail: string;
  @ApiProperty({ required: false, description: 'The best organisation found' }) waldur_customer?: CustomerBrief;
  @ApiProperty({ type: Number, format: 'double', minimum: 0, maximum: 1 }) confidence: number;
}

@ApiSchema({ name: 'AutoMapResponse' })
export class AutoMapResponse {
  @ApiProperty({ format: 'uuid' }) settings_uuid: string;
  @ApiProperty() dry_run: boolean;
  @ApiProperty({ type: Number, minimum: 0, maximum: 1 }) min_confidence: number;
  @ApiProperty({ type: [PlannedResponse], description: 'What is sure enough to be mapped' }) planned: PlannedResponse[];
  @ApiProperty({ type: [CreatedResponse], description: 'What has been mapped: empty on a dry run' })
  created: CreatedResponse[];
  @ApiProperty({ type: [SkippedResponse], description: 'What is left to a person, and why' })
  skipped: SkippedResponse[];
  @ApiProperty({ description: 'Customers that had an active mapping before' }) already_mapped: number;

  static from(this: void, done: AutoMapping): AutoMapResponse {
    return {
      settings_uuid: done.settingsUuid,
      dry_run: done.dryRun,
      min_confidence: done.minConfidence,
      planned: done.planned.map(({ arrowCustomer, suggestion }) => ({
        ...named(arrowCustomer),
        waldur_customer: CustomerBrief.from(suggestion.organisation),
        confidence: suggestion.confidence,
        ...MatchReasons.reasons(suggestion),
      })),
      created: done.created.map(({ uuid, planned: { arrowCustomer, suggestion } }) => ({
        uuid,
        ...named(arrowCustomer),
        ...organisation(suggestion.organisation),
      })),
      skipped: done.skipped.map(({ arrowCustomer, reason, suggestion }) => ({
        ...named(arrowCustomer),
        reason,
        detail: SKIPPED[reason],
        waldur_customer: suggestion && CustomerBrief.from(suggestion.organisation),
        confidence: suggestion?.confidence ?? 0,
        ...MatchReasons.reasons(suggestion),
      })),
      already_mapped: done.alreadyMapped,
    };
  }
}

function named({ reference, companyName }: ArrowCustomer) {
  return { arrow_reference: reference, arrow_company_name: companyName };
}

function organisation({ uuid, name }: Customer) {
  return { waldur_customer_uuid: uuid, waldur_customer_name: name };
}
