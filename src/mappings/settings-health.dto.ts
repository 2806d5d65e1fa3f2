import { ApiSchema } from '@nestjs/swagger';
import { Shown, ShownOrNull, wireOf } from '../common/answer.js';
import { renderDateTime } from '../common/date-time.js';
import { type SettingsHealth, type HealthVerdict, VERDICTS } from './settings-health.service.js';

class HealthCheck {
  @Shown({ enum: VERDICTS, enumName: 'ArrowHealthVerdict', description: 'unknown: could not be checked' })
  verdict: HealthVerdict;
  @Shown() message: string;
}

class PartnerCheck extends HealthCheck {
  @Shown({ description: 'Of the account' }) expected_reference: string;
  @Shown({ required: false, description: 'Of the key, as ArrowSphere says now' }) reference?: string;
  @Shown({ required: false }) name?: string;
}

class ExportTypeCheck extends HealthCheck {
  @Shown() reference: string;
  @Shown({ required: false }) name?: string;
  @Shown({ type: [String] }) missing_required_fields: string[];
  @Shown({ type: [String] }) missing_important_fields: string[];
}

class LastCallCheck extends HealthCheck {
  @ShownOrNull('date-time', { description: 'Null: not since the service started' })
  at: string | null;
}

class DirectoryCheck extends HealthCheck {
  @ShownOrNull('date-time', { description: 'Null: not yet' }) read_at: string | null;
  @Shown({ description: 'Why the last reading failed; blank: it did not' }) last_error: string;
}

class CustomerBrief {
  @Shown() arrow_reference: string;
  @Shown() name: string;
}

class MappingBrief extends CustomerBrief {
  @Shown('uuid') mapping_uuid: string;
}

class RenamedBrief {
  @Shown('uuid') mapping_uuid: string;
  @Shown() arrow_reference: string;
  @Shown() from: string;
  @Shown() to: string;
}

const first = `The first of them`;

class CountCheck extends HealthCheck {
  @Shown({ type: 'integer', nullable: true, description: 'Null where it could not be checked' }) count: number | null;
}

class UnmappedCheck extends CountCheck {
  @Shown({ type: [CustomerBrief], description: first }) customers: CustomerBrief[];
}

class UnknownReferencesCheck extends CountCheck {
  @Shown({ type: [MappingBrief], description: first }) mappings: MappingBrief[];
}

class RenamedCheck extends CountCheck {
  @Shown({ type: [RenamedBrief], description: first }) mappings: RenamedBrief[];
}

/** What is checked of an account, each with its verdict. */
@ApiSchema({ name: 'HealthChecks' })
class HealthChecksResponse {
  @Shown({ description: 'Whether ArrowSphere takes the key' }) api_key: HealthCheck;
  @Shown({ description: 'Whether the key still belongs to the same partner' }) partner: PartnerCheck;
  @Shown({ description: 'Whether billing can run on the export type' }) export_type: ExportTypeCheck;
  @Shown({ description: 'When ArrowSphere last answered' }) last_successful_call: LastCallCheck;
  @Shown({ required: false, description: 'How fresh the copy of Waldur is; left out where there is no Waldur' })
  directory?: DirectoryCheck;
  @Shown({ description: 'ArrowSphere customers without any mapping' }) unmapped_customers: UnmappedCheck;
  @Shown({ description: 'Active mappings of customers that ArrowSphere does not have' })
  unknown_references: UnknownReferencesCheck;
  @Shown({ description: 'Active mappings whose company has another name at ArrowSphere' })
  renamed_customers: RenamedCheck;
}

@ApiSchema({ name: 'ArrowSettingsHealth' })
export class SettingsHealthResponse {
  @Shown('uuid') settings_uuid: string;
  @Shown({ enum: VERDICTS, enumName: 'ArrowHealthVerdict', description: 'The worst of all checks' })
  verdict: HealthVerdict;
  @Shown('date-time') checked_at: string;
  @Shown() checks: HealthChecksResponse;

  static from(this: void, { settingsUuid, checkedAt, checks }: SettingsHealth): SettingsHealthResponse {
    const found = Object.values({ ...checks }).map(({ verdict }) => verdict);
    return {
      settings_uuid: settingsUuid,
      verdict: VERDICTS.findLast((verdict) => found.includes(verdict))!,
      checked_at: renderDateTime(checkedAt),
      checks: wireOf(checks) as unknown as HealthChecksResponse,
    };
  }
}
