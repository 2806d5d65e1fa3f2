import { ApiSchema } from '@nestjs/swagger';
import { normalizeArrowReference } from '../common/normalize-arrow-reference.js';
import { answerOf, Shown } from '../common/answer.js';
import { hyperlink } from '../common/links.js';
import { type ListFormat, ListFormatFilter } from '../common/list-files.js';
import { ListQuery, type Order, OrderFilter } from '../common/page.js';
import { BooleanField, PartialDto, RelationField, TextField } from '../common/validation/body-fields.js';
import { BooleanFilter, LinkFilter, TextFilter, UuidFilter } from '../common/validation/query-fields.js';
import { Customer } from '../directory/customer.entity.js';
import { Settings } from '../settings/settings.entity.js';
import { CustomerMapping } from './customer-mapping.entity.js';

abstract class CustomerMappingFields {
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
  @OrderFilter({ created: 'created', arrow_reference: 'arrowReference', arrow_company_name: 'arrowCompanyName' })
  declare o?: Order;
  @ListFormatFilter() format?: ListFormat[];
  @TextFilter({ description: 'Part of the ArrowSphere reference' }) arrow_reference?: string;
  @TextFilter({ description: 'Part of the ArrowSphere company name' }) arrow_company_name?: string;
  @TextFilter({ description: "Part of the organisation's name" }) waldur_customer_name?: string;
  @BooleanFilter() is_active?: boolean;
  @LinkFilter(() => Settings) settings?: string;
  @UuidFilter() settings_uuid?: string;
  @LinkFilter(() => Customer) waldur_customer?: string;
  @UuidFilter() waldur_customer_uuid?: string;
}

@ApiSchema({ name: 'ArrowCustomerMapping' })
export class CustomerMappingResponse {
  @Shown('uuid') uuid: string;
  @Shown('uri') url: string;
  @Shown('uri') settings: string;
  @Shown('uuid') settings_uuid: string;
  @Shown({ maxLength: 255, example: 'XSP661245' }) arrow_reference: string;
  @Shown({ maxLength: 500 }) arrow_company_name: string;
  @Shown('uri') waldur_customer: string;
  @Shown('uuid') waldur_customer_uuid: string;
  @Shown() waldur_customer_name: string;
  @Shown() is_active: boolean;
  @Shown('date-time') created: string;
  @Shown('date-time') modified: string;

  static from(this: void, mapping: CustomerMapping): CustomerMappingResponse {
    return answerOf(CustomerMappingResponse, mapping, {
      url: hyperlink(CustomerMapping, mapping.uuid),
      settings: hyperlink(Settings, mapping.settingsUuid),
      waldur_customer: hyperlink(Customer, mapping.waldurCustomer),
      waldur_customer_name: mapping.waldurCustomer.name,
    });
  }
}

/** Keys that lists answer even if `field` does not name them: Waldur's clients need them to read a row. */
export const KEPT_KEYS = ['uuid', 'url', 'settings_uuid', 'waldur_customer_uuid'];

/** The answer to create: relations are UUIDs there, as Waldur's clients expect. */
@ApiSchema({ name: 'ArrowCustomerMappingCreate' })
export class NewCustomerMappingResponse extends CustomerMappingResponse {
  @Shown('uuid') declare settings: string;
  @Shown('uuid') declare waldur_customer: string;

  static override from(this: void, mapping: CustomerMapping): NewCustomerMappingResponse {
    const response = CustomerMappingResponse.from(mapping);
    return { ...response, settings: response.settings_uuid, waldur_customer: response.waldur_customer_uuid };
  }
}
