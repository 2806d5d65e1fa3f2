import { ApiSchema } from '@nestjs/swagger';
import { answerOf, Shown, ShownOrNull } from '../common/answer.js';
import { hyperlink } from '../common/links.js';
import { type ListFormat, ListFormatFilter } from '../common/list-files.js';
import { ListQuery, type Order, OrderFilter } from '../common/page.js';
import { BooleanField, PartialDto, RelationField, TextField } from '../common/validation/body-fields.js';
import { BooleanFilter, LinkFilter, TextFilter, UuidFilter } from '../common/validation/query-fields.js';
import { Offering } from '../directory/offering.entity.js';
import { Plan } from '../directory/plan.entity.js';
import { Settings } from '../settings/settings.entity.js';
import { VendorOfferingMapping } from './vendor-offering-mapping.entity.js';

abstract class VendorOfferingMappingFields {
  @TextField({ required: true, max: 255, example: 'Microsoft', description: 'Vendor name as ArrowSphere spells it' })
  arrow_vendor_name: string;

  @RelationField(() => Offering, {
    required: true,
    form: 'uuid',
    aliases: Offering.aliases,
    description: 'Offering: UUID (a hyperlink works too)',
  })
  offering: string;

  @RelationField(() => Plan, {
    form: 'uuid',
    nullable: true,
    description: 'Plan of that offering: UUID (a hyperlink works too); null or blank: none',
  })
  plan?: string | null;

  @BooleanField({ default: true, description: 'Inactive mappings are kept but not used' })
  is_active?: boolean;
}

@ApiSchema({ name: 'ArrowVendorOfferingMappingCreateRequest' })
export class CreateVendorOfferingMappingDto extends VendorOfferingMappingFields {
  @RelationField(() => Settings, { required: true, form: 'uuid', description: 'Account: UUID (a hyperlink works too)' })
  settings: string;
}

@ApiSchema({ name: 'ArrowVendorOfferingMappingRequest' })
export class UpdateVendorOfferingMappingDto extends VendorOfferingMappingFields {
  @RelationField(() => Settings, { required: true, form: 'link', description: 'Account: hyperlink (a UUID works too)' })
  settings: string;
}

@ApiSchema({ name: 'PatchedArrowVendorOfferingMappingRequest' })
export class PatchVendorOfferingMappingDto extends PartialDto(UpdateVendorOfferingMappingDto) {}

export class ListVendorOfferingMappingsQuery extends ListQuery {
  @OrderFilter({ created: 'created', arrow_vendor_name: 'arrowVendorName' })
  declare o?: Order;
  @ListFormatFilter() format?: ListFormat[];
  @TextFilter({ description: 'Part of the vendor name' }) arrow_vendor_name?: string;
  @BooleanFilter() is_active?: boolean;
  @LinkFilter(() => Settings) settings?: string;
  @UuidFilter() settings_uuid?: string;
  @LinkFilter(() => Offering, { aliases: Offering.aliases }) offering?: string;
  @UuidFilter() offering_uuid?: string;
}

@ApiSchema({ name: 'ArrowVendorOfferingMapping' })
export class VendorOfferingMappingResponse {
  @Shown('uuid') uuid: string;
  @Shown('uri') url: string;
  @Shown('uri') settings: string;
  @Shown('uuid') settings_uuid: string;
  @Shown({ maxLength: 255, example: 'Microsoft' }) arrow_vendor_name: string;
  @Shown('uuid') offering: string;
  @Shown('uuid') offering_uuid: string;
  @Shown() offering_name: string;
  @Shown() offering_type: string;
  @ShownOrNull('uuid') plan: string | null;
  @Shown({ format: 'uuid', required: false, description: 'Left out when there is none' }) plan_uuid?: string;
  @Shown({ required: false, description: 'Left out when there is none' }) plan_name?: string;
  @Shown() is_active: boolean;
  @Shown('date-time') created: string;
  @Shown('date-time') modified: string;

  static from(this: void, mapping: VendorOfferingMapping): VendorOfferingMappingResponse {
    const { offering, plan } = mapping;
    return answerOf(VendorOfferingMappingResponse, mapping, {
      url: hyperlink(VendorOfferingMapping, mapping.uuid),
      settings: hyperlink(Settings, mapping.settingsUuid),
      offering: offering.uuid,
      offering_name: offering.name,
      offering_type: offering.type,
      plan: plan?.uuid ?? null,
      plan_uuid: plan?.uuid,
      plan_name: plan?.name,
    });
  }
}

/** The answer to create: the account is a UUID there, as Waldur's clients expect. */
@ApiSchema({ name: 'ArrowVendorOfferingMappingCreate' })
export class NewVendorOfferingMappingResponse extends VendorOfferingMappingResponse {
  @Shown('uuid') declare settings: string;

  static override from(this: void, mapping: VendorOfferingMapping): NewVendorOfferingMappingResponse {
    const response = VendorOfferingMappingResponse.from(mapping);
    return { ...response, settings: response.settings_uuid };
  }
}
