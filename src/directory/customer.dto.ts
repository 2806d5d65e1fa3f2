import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { Always, answerOf } from '../common/answer.js';
import { countryName } from '../common/country-name.js';
import { hyperlink } from '../common/links.js';
import { type ListFormat, ListFormatFilter } from '../common/list-files.js';
import { ListQuery, type Order, OrderFilter } from '../common/page.js';
import { EmailField, notAChoice, OwnUuidField, PartialDto, TextField } from '../common/validation/body-fields.js';
import { BooleanFilter, TextFilter, UuidFilter } from '../common/validation/query-fields.js';
import { Unkept } from '../common/validation/unkept-filters.js';
import { Customer } from './customer.entity.js';
import { UNKEPT } from './unkept-filters.js';

const LETTERS = /^[A-Za-z]{2}$/;

/** What is left out stays as it is. */
@ApiSchema({ name: 'CustomerRequest' })
export class ReplaceCustomerDto {
  @TextField({ required: true, max: 150, example: 'Põhjala Tehnika OÜ' })
  name: string;

  @TextField({ max: 12, blank: true })
  abbreviation?: string;

  @TextField({ max: 160, blank: true })
  native_name?: string;

  @EmailField({ max: 75 })
  email?: string;

  @TextField({ max: 255, blank: true })
  backend_id?: string;

  @TextField({ max: 160, blank: true })
  registration_code?: string;

  @TextField({
    max: 2,
    blank: true,
    description: 'ISO 3166-1 alpha-2',
    example: 'EE',
    // Of other letters one may become several.
    clean: (code) => (LETTERS.test(code) ? code.toUpperCase() : code),
    check: (code) => (!code || LETTERS.test(code) ? undefined : notAChoice(code)),
  })
  country?: string;
}

@ApiSchema({ name: 'CustomerCreateRequest' })
export class CreateCustomerDto extends ReplaceCustomerDto {
  @OwnUuidField()
  uuid?: string;
}

@ApiSchema({ name: 'PatchedCustomerRequest' })
export class UpdateCustomerDto extends PartialDto(ReplaceCustomerDto) {}

@Unkept(UNKEPT.customers)
export class ListCustomersQuery extends ListQuery {
  @OrderFilter({ name: 'name', created: 'created', abbreviation: 'abbreviation' }) declare o?: Order;
  @ListFormatFilter() format?: ListFormat[];
  @TextFilter({ description: 'Part of the name' }) name?: string;
  @TextFilter({ description: 'The whole name' }) name_exact?: string;
  @TextFilter({ description: 'Part of the native name' }) native_name?: string;
  @TextFilter({ description: 'Part of the abbreviation' }) abbreviation?: string;
  @TextFilter({ description: 'The whole backend id' }) backend_id?: string;
  @TextFilter({ description: 'The whole registration code' }) registration_code?: string;
  @BooleanFilter({ description: 'Whether it has resources, terminated ones too' }) has_resources?: boolean;
  @UuidFilter({ description: 'Has resources of what this organisation offers' }) service_provider_uuid?: string;
  @BooleanFilter({ description: 'Whether it provides an offering' }) is_service_provider?: boolean;
  @TextFilter({ description: 'Part of name, native name, abbreviation, e-mail or registration code' }) query?: string;
  @BooleanFilter({ description: 'Taken for compatibility: nothing is archived here' }) archived?: boolean;
}

@ApiSchema({ name: 'Customer' })
@Always({
  lists: ['organization_groups', 'default_affiliations', 'payment_profiles'],
  nulls: ['customer_credit', 'customer_unallocated_credit', 'call_managing_organization_uuid'],
  falses: ['archived', 'blocked', 'has_affiliate_links', 'has_active_helpdesk'],
})
export class CustomerResponse {
  @ApiProperty({ format: 'uri' }) url: string;
  @ApiProperty({ format: 'uuid' }) uuid: string;
  @ApiProperty({ maxLength: 150 }) name: string;
  @ApiProperty({ maxLength: 12 }) abbreviation: string;
  @ApiProperty({ maxLength: 160 }) native_name: string;
  @ApiProperty() display_name: string;
  @ApiProperty({ format: 'email', maxLength: 75 }) email: string;
  @ApiProperty({ maxLength: 255 }) backend_id: string;
  @ApiProperty() registration_code: string;
  @ApiProperty() country: string;
  @ApiProperty({ example: 'Estonia' }) country_name: string;
  @ApiProperty({ format: 'date-time' }) created: string;

  static from(this: void, customer: Customer): CustomerResponse {
    const { name, abbreviation } = customer;
    return answerOf(CustomerResponse, customer, {
      url: hyperlink(Customer, customer),
      country_name: countryName(customer.country),
      display_name: abbreviation ? `${name} (${abbreviation})` : name,
    });
  }
}
