import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { renderDateTime } from '../common/date-time.js';
import { renderUuid } from '../common/uuid.js';
import type { Settings } from '../settings/settings.entity.js';

/** From best to worst; `unknown`: it could not be checked, which is never taken for ok. */
export const VERDICTS = ['ok', 'warning', 'unknown', 'failed'] as const;
export type Verdict = (typeof VERDICTS)[number];

class HealthCheck {
  @ApiProperty({ enum: VERDICTS, enumName: 'ArrowHealthVerdict', description: 'unknown: could not be checked' })
  verdict: Verdict;
  @ApiProperty() message: string;
}

class PartnerCheck extends HealthCheck {
  @ApiProperty({ description: 'Of the account' }) expected_reference: string;
  @ApiProperty({ required: false, description: 'Of the key, as ArrowSphere says now' }) reference?: string;
  @ApiProperty({ required: false }) name?: string;
}

class ExportTypeCheck extends HealthCheck {
  @ApiProperty() reference: string;
  @ApiProperty({ required: false }) name?: string;
  @ApiProperty({ type: [String] }) missing_required_fields: string[];
  @ApiProperty({ type: [String] }) missing_important_fields: string[];
}

class LastCallCheck extends HealthCheck {
  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'Null: not since the service started',
  })
  at: string | null;
}

class CustomerBrief {
  @ApiProperty() arrow_reference: string;
  @ApiProperty() name: string;
}

class MappingBrief extends CustomerBrief {
  @ApiProperty({ format: 'uuid' }) mapping_uuid: string;
}

class RenamedBrief {
  @ApiProperty({ format: 'uuid' }) mapping_uuid: string;
  @ApiProperty() arrow_reference: string;
  @ApiProperty() from: string;
  @ApiProperty() to: string;
}

const total = { type: 'integer', nullable: true, description: 'Null where it could not be checked' } as const;
const first = `The first of them`;

class UnmappedCheck extends HealthCheck {
  @ApiProperty({ ...total, type: 'integer' }) count: number | null;
  @ApiProperty({ type: [CustomerBrief], description: first }) customers: CustomerBrief[];
}

class UnknownReferencesCheck extends HealthCheck {
  @ApiProperty({ ...total, type: 'integer' }) count: number | null;
  @ApiProperty({ type: [MappingBrief], description: first }) mappings: MappingBrief[];
}

class RenamedCheck extends HealthCheck {
  @ApiProperty({ ...total, type: 'integer' }) count: number | null;
  @ApiProperty({ type: [RenamedBrief], description: first }) mappings: RenamedBrief[];
}

/** How many rows a check shows at most. */
export const MAX_SHOWN = 100;

/** What is checked of an account, each with its verdict. */
export class HealthChecks {
  @ApiProperty({ description: 'Whether ArrowSphere takes the key' }) api_key: HealthCheck;
  @ApiProperty({ description: 'Whether the key still belongs to the same partner' }) partner: PartnerCheck;
  @ApiProperty({ description: 'Whether billing can run on the export type' }) export_type: ExportTypeCheck;
  @ApiProperty({ description: 'When ArrowSphere last answered' }) last_successful_call: LastCallCheck;
  @ApiProperty({ description: 'ArrowSphere customers without any mapping' }) unmapped_customers: UnmappedCheck;
  @ApiProperty({ description: 'Active mappings of customers that ArrowSphere does not have' })
  unknown_references: UnknownReferencesCheck;
  @ApiProperty({ description: 'Active mappings whose company has another name at ArrowSphere' })
  renamed_customers: RenamedCheck;
}

@ApiSchema({ name: 'ArrowSettingsHealth' })
export class SettingsHealthResponse {
  @ApiProperty({ format: 'uuid' }) settings_uuid: string;
  @ApiProperty({ enum: VERDICTS, enumName: 'ArrowHealthVerdict', description: 'The worst of all checks' })
  verdict: Verdict;
  @ApiProperty({ format: 'date-time' }) checked_at: string;
  @ApiProperty() checks: HealthChecks;

  static from(this: void, { settings, checkedAt, checks }: SettingsHealth): SettingsHealthResponse {
    const found = Object.values(checks as unknown as Record<string, HealthCheck>).map(({ verdict }) => verdict);
    return {
      settings_uuid: renderUuid(settings.uuid),
      verdict: VERDICTS.findLast((verdict) => found.includes(verdict))!,
      checked_at: renderDateTime(checkedAt),
      checks,
    };
  }
}

/** An account and how it is. */
export interface SettingsHealth {
  readonly settings: Settings;
  readonly checkedAt: Date;
  readonly checks: HealthChecks;
}
