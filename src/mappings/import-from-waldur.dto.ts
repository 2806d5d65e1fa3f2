import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { answerOf, Shown } from '../common/answer.js';
import { BooleanField, UuidField } from '../common/validation/body-fields.js';
import { ApiKeyField, SettingsResponse } from '../settings/settings.dto.js';
import {
  IMPORTED_OUTCOMES,
  type ImportedFromWaldur,
  type ImportedMapping,
  type ImportedOutcome,
  type ImportFromWaldur,
} from './import-from-waldur.service.js';

@ApiSchema({ name: 'ImportFromWaldurRequest' })
export class ImportFromWaldurDto {
  @ApiKeyField({ required: true, description: 'ArrowSphere API key of that account: Waldur is not asked for it' })
  api_key: string;

  @UuidField({ description: "Which of Waldur's accounts; left out: the active one, or the only one" })
  settings_uuid?: string;

  @BooleanField({ default: true, description: 'true: only answer what would be done. false: do it' })
  dry_run?: boolean;

  toCommand(): ImportFromWaldur {
    return { apiKey: this.api_key, settingsUuid: this.settings_uuid, dryRun: this.dry_run ?? true };
  }
}

@ApiSchema({ name: 'ImportFromWaldurMapping' })
class ImportedMappingResponse {
  @Shown('uuid', { description: 'In Waldur, and here' }) uuid: string;
  @Shown({ description: 'Reference of the customer, or vendor', example: 'XSP661245' }) name: string;
  @ApiProperty({ enum: IMPORTED_OUTCOMES, enumName: 'ImportFromWaldurOutcome' }) outcome: ImportedOutcome;
  @Shown({ description: 'Why it was not made' }) reason: string;

  static from(this: void, mapping: ImportedMapping): ImportedMappingResponse {
    return answerOf(ImportedMappingResponse, mapping, {});
  }
}

@ApiSchema({ name: 'ImportFromWaldurResponse' })
export class ImportFromWaldurResponse {
  @Shown({ type: Boolean }) dry_run: boolean;
  @Shown({ type: SettingsResponse, description: 'The account as it is, or would be' }) settings: SettingsResponse;
  @Shown({ type: Boolean, description: 'The account was not here before' }) settings_created: boolean;
  @Shown({ type: [ImportedMappingResponse] }) customer_mappings: ImportedMappingResponse[];
  @Shown({ type: [ImportedMappingResponse] }) vendor_offering_mappings: ImportedMappingResponse[];
  @Shown({ type: [String] }) warnings: string[];

  static from(this: void, imported: ImportedFromWaldur): ImportFromWaldurResponse {
    return {
      dry_run: imported.dryRun,
      settings: SettingsResponse.from(imported.settings),
      settings_created: imported.isNew,
      customer_mappings: imported.customerMappings.map(ImportedMappingResponse.from),
      vendor_offering_mappings: imported.vendorMappings.map(ImportedMappingResponse.from),
      warnings: [...imported.warnings],
    };
  }
}
