import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { normalizeArrowReference } from '../arrow-gateway/arrow-reference.js';
import { renderDateTime } from '../common/date-time.js';
import { hyperlink } from '../common/links.js';
import { ListQuery, type Order, OrderFilter } from '../common/page.js';
import { BooleanField, PartialDto, RelationField, TextField, UuidField } from '../common/validation/body-fields.js';
import { BooleanFilter, LinkFilter, TextFilter, UuidFilter } from '../common/validation/query-fields.js';
import { renderUuid } from '../common/uuid.js';
import { Customer } from '../directory/customer.entity.js';
import { Settings } from '../settings/settings.entity.js';
import { CustomerMapping } from './customer-mapping.entity.js';

class CustomerMappingFields {
  @TextField({
    required: true,
    max: 255,
    clean: normalizeArrowReference,
    example: 'XSP661245',
    description:
      "Customer reference in ArrowSphere. ArrowSphere's short code or your own reference works too: ArrowSphere is asked, and its reference is stored.",
  })
  arrow_reference: string;

  @TextField({ max: 500, blank: true, example: 'Põhjala Tehnika OÜ', description: 'Company name in ArrowSphere' })
  arrow_company_name?: string;

  @BooleanField({ default: true, description: 'Inactive mappings are kept but not used' })
  is_active?: boolean;
}

@ApiSchema({ name: 'ArrowCustomerMappingCreateRequest' })
export class CreateCustomerMappingDto extends CustomerMappingFields {
  @RelationField(() => Settings, { required: true, form: 'uuid', description: 'Account: UUID (a hyperlink works too)' })
  settings: string;

  @RelationField(() => Customer, {
    required: true,
    form: 'uuid',
    description: 'Organisation: UUID (a hyperlink works too)',
  })
  waldur_customer: string;
}

@ApiSchema({ name: 'ArrowCustomerMappingRequest' })
export class UpdateCustomerMappingDto extends CustomerMappingFields {
  @RelationField(() => Settings, { required: true, form: 'link', description: 'Account: hyperlink (a UUID works too)' })
  settings: string;

  @RelationField(() => Customer, {
    required: true,
    form: 'link',
    description: 'Organisation: hyperlink (a UUID works too)',
  })
  waldur_customer: string;
}

@ApiSchema({ name: 'PatchedArrowCustomerMappingRequest' })
export class PatchCustomerMappingDto extends PartialDto(UpdateCustomerMappingDto) {}

export class ListCustomerMappingsQuery extends ListQuery {
  @OrderFilter({
    created: 'created',
    arrow_reference: 'arrowReference',
    arrow_company_name: 'arrowCompanyName',
  })
  declare o?: Order;
  @TextFilter({ description: 'Part of the ArrowSphere reference' }) arrow_reference?: string;
  @TextFilter({ description: 'Part of the ArrowSphere company name' }) arrow_company_name?: string;
  @TextFilter({ description: "Part of the organisation's name" }) waldur_customer_name?: string;
  @BooleanFilter() is_active?: boolean;
  @LinkFilter(() => Settings) settings?: string;
  @UuidFilter() settings_uuid?: string;
  @LinkFilter(() => Customer) waldur_customer?: string;
  @UuidFilter() waldur_customer_uuid?: string;
}

@ApiSchema({ name: 'SyncFromArrowRequestRequest' })
export class SyncFromArrowDto {
  @UuidField({ description: 'Account; the active one if left out' })
  settings_uuid?: string;
}

@ApiSchema({ name: 'ArrowCustomerMapping' })
export class CustomerMappingResponse {
  @ApiProperty({ format: 'uuid' }) uuid: string;
  @ApiProperty({ format: 'uri' }) url: string;
  @ApiProperty({ format: 'uri' }) settings: string;
  @ApiProperty({ format: 'uuid' }) settings_uuid: string;
  @ApiProperty({ maxLength: 255, example: 'XSP661245' }) arrow_reference: string;
  @ApiProperty({ maxLength: 500 }) arrow_company_name: string;
  @ApiProperty({ format: 'uri' }) waldur_customer: string;
  @ApiProperty({ format: 'uuid' }) waldur_customer_uuid: string;
  @ApiProperty() waldur_customer_name: string;
  @ApiProperty() is_active: boolean;
  @ApiProperty({ format: 'date-time' }) created: string;
  @ApiProperty({ format: 'date-time' }) modified: string;

  static from(this: void, mapping: CustomerMapping): CustomerMappingResponse {
    return {
      uuid: renderUuid(mapping.uuid),
      url: hyperlink(CustomerMapping, mapping.uuid),
      settings: hyperlink(Settings, mapping.settingsUuid),
      settings_uuid: renderUuid(mapping.settingsUuid),
      arrow_reference: mapping.arrowReference,
      arrow_company_name: mapping.arrowCompanyName,
      waldur_customer: hyperlink(Customer, mapping.waldurCustomerUuid),
      waldur_customer_uuid: renderUuid(mapping.waldurCustomerUuid),
      waldur_customer_name: mapping.waldurCustomer.name,
      is_active: mapping.isActive,
      created: renderDateTime(mapping.created),
      modified: renderDateTime(mapping.modified),
    };
  }
}

/** The answer to create: relations are UUIDs there, as Waldur's clients expect. */
@ApiSchema({ name: 'ArrowCustomerMappingCreate' })
export class NewCustomerMappingResponse extends CustomerMappingResponse {
  @ApiProperty({ format: 'uuid' }) declare settings: string;
  @ApiProperty({ format: 'uuid' }) declare waldur_customer: string;

  static override from(this: void, mapping: CustomerMapping): NewCustomerMappingResponse {
    const response = CustomerMappingResponse.from(mapping);
    return { ...response, settings: response.settings_uuid, waldur_customer: response.waldur_customer_uuid };
  }
}

class RenamedMapping {
  @ApiProperty({ format: 'uuid' }) uuid: string;
  @ApiProperty() arrow_reference: string;
  @ApiProperty() from: string;
  @ApiProperty() to: string;
}

class CorrectedReference {
  @ApiProperty({ format: 'uuid' }) uuid: string;
  @ApiProperty({ example: '661245' }) from: string;
  @ApiProperty({ example: 'XSP661245' }) to: string;
}

/** What a sync with ArrowSphere changed, and which mapped customers ArrowSphere does not have. */
export class SyncFromArrowResponse {
  @ApiProperty({ description: 'Mappings whose company name changed' }) updated: number;
  @ApiProperty({ type: [RenamedMapping] }) renamed: RenamedMapping[];
  @ApiProperty({ type: [CorrectedReference], description: "Mappings that hold ArrowSphere's own reference now" })
  corrected: CorrectedReference[];
  @ApiProperty({ type: [String], description: 'References of active mappings that ArrowSphere does not know' })
  missing: string[];
}
