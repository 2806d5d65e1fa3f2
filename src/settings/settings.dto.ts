import { ApiProperty, ApiSchema, IntersectionType } from '@nestjs/swagger';
import { answerOf } from '../common/answer.js';
import { hyperlink } from '../common/links.js';
import { ListQuery, type Order, OrderFilter } from '../common/page.js';
import {
  BooleanField,
  ChoiceField,
  PartialDto,
  TextField,
  type TextRules,
  UrlField,
} from '../common/validation/body-fields.js';
import type { FieldOptions } from '../common/validation/field.js';
import { BooleanFilter } from '../common/validation/query-fields.js';
import { PRICE_SOURCES, type PriceSource } from '../arrow-export/columns.js';
import type { CheckedCredentials } from './credentials.service.js';
import { Settings } from './settings.entity.js';
import type { SavedSettings } from './settings.service.js';

const example = 'https://xsp.arrow.com/index.php/api/';

/** Keys go into a header, which takes no other characters: ArrowSphere could not even be asked. */
export const ApiKeyField = (options: FieldOptions & Pick<TextRules, 'blank'>) =>
  TextField({
    ...options,
    max: 500,
    secret: true,
    check: (key) =>
      /^[\x20-\x7e]*$/.test(key)
        ? undefined
        : 'The key has characters that no key has (only ASCII is possible). Copy it from the ArrowSphere portal again.',
  });

@ApiSchema({ name: 'ArrowCredentialsRequest' })
export class CredentialsDto {
  @UrlField({ required: true, max: 255, example, description: 'Base URL of the ArrowSphere API' })
  api_url: string;

  @ApiKeyField({ required: true, description: 'ArrowSphere API key: write-only' })
  api_key: string;
}

class SettingsFields {
  @TextField({ max: 255, blank: true, description: 'Export type that billing reads' })
  export_type_reference?: string;

  @TextField({ max: 50, example: 'IAAS', description: 'Classification that billing takes from exports' })
  classification_filter?: string;

  @BooleanField({
    default: true,
    description: 'The account in use; making one active switches the others off, if ArrowSphere takes its key',
  })
  is_active?: boolean;

  @BooleanField({ default: false, description: 'Whether scheduled jobs run' })
  sync_enabled?: boolean;

  @ChoiceField(PRICE_SOURCES, { enumName: 'InvoicePriceSourceEnum', description: 'Which price invoices take' })
  invoice_price_source?: PriceSource;

  @TextField({ max: 100, blank: true, description: 'What invoice items begin with' })
  invoice_item_prefix?: string;
}

@ApiSchema({ name: 'ArrowSettingsCreateRequest' })
export class CreateSettingsDto extends IntersectionType(SettingsFields, CredentialsDto) {}

@ApiSchema({ name: 'ArrowSettingsRequest' })
export class UpdateSettingsDto extends SettingsFields {
  @UrlField({
    required: true,
    max: 255,
    example,
    description: 'Base URL of the ArrowSphere API; a new one needs the key again',
  })
  api_url: string;

  @ApiKeyField({ blank: true, description: 'Left out or blank: the key stays' })
  api_key?: string;
}

@ApiSchema({ name: 'PatchedArrowSettingsRequest' })
export class PatchSettingsDto extends PartialDto(UpdateSettingsDto) {}

export class ListSettingsQuery extends ListQuery {
  @OrderFilter({
    created: 'created',
    modified: 'modified',
    partner_name: 'partnerName',
    api_url: 'apiUrl',
  })
  declare o?: Order;
  @BooleanFilter() is_active?: boolean;
  @BooleanFilter() sync_enabled?: boolean;
}

@ApiSchema({ name: 'ArrowSettings' })
export class SettingsResponse {
  @ApiProperty({ format: 'uuid' }) uuid: string;
  @ApiProperty({ format: 'uri' }) url: string;
  @ApiProperty({ format: 'uri', maxLength: 255 }) api_url: string;
  @ApiProperty({ description: 'Last four characters of the API key' }) key_hint: string;
  @ApiProperty({ format: 'date-time' }) key_changed_at: string;
  @ApiProperty({ maxLength: 255 }) export_type_reference: string;
  @ApiProperty({ maxLength: 50 }) classification_filter: string;
  @ApiProperty() is_active: boolean;
  @ApiProperty() sync_enabled: boolean;
  @ApiProperty({ description: 'As ArrowSphere says it; blank until it could be asked' }) partner_reference: string;
  @ApiProperty() partner_name: string;
  @ApiProperty({ enum: PRICE_SOURCES, enumName: 'InvoicePriceSourceEnum' }) invoice_price_source: PriceSource;
  @ApiProperty({ maxLength: 100 }) invoice_item_prefix: string;
  @ApiProperty({ format: 'date-time' }) created: string;
  @ApiProperty({ format: 'date-time' }) modified: string;

  static from(this: void, settings: Settings): SettingsResponse {
    return answerOf(SettingsResponse, settings, { url: hyperlink(Settings, settings.uuid) });
  }
}

@ApiSchema({ name: 'ArrowSettingsCreate' })
export class SavedSettingsResponse extends SettingsResponse {
  @ApiProperty({
    required: false,
    description:
      'True: ArrowSphere took the key; false: it could not be asked, and then another active account stays the active one. ' +
      'Left out where neither key nor address is new and the account was not made active',
  })
  verified?: boolean;
  @ApiProperty({ required: false, description: 'Why it could not be asked' }) verification_error?: string;

  static fromSaved(this: void, { settings, verified, unverifiedBecause }: SavedSettings): SavedSettingsResponse {
    return { ...SettingsResponse.from(settings), verified, verification_error: unverifiedBecause };
  }
}

class PartnerInfo {
  @ApiProperty() reference: string;
  @ApiProperty() company_name: string;
  @ApiProperty() email: string;
  @ApiProperty() city: string;
  @ApiProperty() country_code: string;
}

class ExportTypeBrief {
  @ApiProperty() reference: string;
  @ApiProperty() name: string;
}

@ApiSchema({ name: 'ArrowCredentialsValidationResponse' })
export class CredentialsResponse {
  @ApiProperty() valid: boolean;
  @ApiProperty({ required: false }) message?: string;
  @ApiProperty({ required: false }) error?: string;
  @ApiProperty({ required: false, type: PartnerInfo }) partner_info?: PartnerInfo;
  @ApiProperty({ required: false, type: [ExportTypeBrief] }) export_types?: ExportTypeBrief[];

  static from(this: void, { partner, exportTypes = [], error }: CheckedCredentials): CredentialsResponse {
    if (!partner) return { valid: false, error };
    const { reference, companyName, email, city, countryCode } = partner;
    return {
      valid: true,
      message: `The API key works: it belongs to ${companyName || reference}.`,
      partner_info: { reference, company_name: companyName, email, city, country_code: countryCode },
      export_types: exportTypes.map(({ reference, name }) => ({ reference, name })),
    };
  }
}
