import { ApiProperty, ApiSchema, OmitType } from '@nestjs/swagger';
import { Always, answerOf } from '../common/answer.js';
import { hyperlink } from '../common/links.js';
import { type ListFormat, ListFormatFilter } from '../common/list-files.js';
import { type Order, OrderFilter } from '../common/page.js';
import { ChoiceField, OwnUuidField, PartialDto, RelationField, TextField } from '../common/validation/body-fields.js';
import {
  ChoicesFilter,
  LinkFilter,
  TextFilter,
  TextsFilter,
  UuidFilter,
  UuidsFilter,
} from '../common/validation/query-fields.js';
import { Unkept } from '../common/validation/unkept-filters.js';
import { CreatedModifiedQuery } from './created-modified.js';
import { Customer } from './customer.entity.js';
import { Offering, OFFERING_STATES, type OfferingState } from './offering.entity.js';
import { OfferingPlanResponse } from './plan.dto.js';
import { UNKEPT } from './unkept-filters.js';

@ApiSchema({ name: 'OfferingRequest' })
export class CreateOfferingDto {
  @TextField({ required: true, max: 150, example: 'Microsoft Azure' })
  name: string;

  @TextField({ max: 100, example: 'Marketplace.Basic' })
  type?: string;

  @RelationField(() => Customer, {
    form: 'link',
    nullable: true,
    description: 'Providing organisation: UUID or hyperlink',
  })
  customer?: string | null;

  @ChoiceField(OFFERING_STATES)
  state?: OfferingState;

  @TextField({ max: 255, blank: true })
  backend_id?: string;

  @OwnUuidField()
  uuid?: string;
}

@ApiSchema({ name: 'PatchedOfferingRequest' })
export class UpdateOfferingDto extends PartialDto(OmitType(CreateOfferingDto, ['uuid'])) {}

@Unkept(UNKEPT.offerings)
export class ListOfferingsQuery extends CreatedModifiedQuery {
  @OrderFilter({ name: 'name', created: 'created', state: 'state', type: 'type' }) declare o?: Order;
  @ListFormatFilter() format?: ListFormat[];
  @TextFilter({ description: 'Part of the name' }) name?: string;
  @TextFilter({ description: 'The whole name' }) name_exact?: string;
  @LinkFilter(() => Customer) customer?: string;
  @UuidFilter() customer_uuid?: string;
  @TextsFilter({ description: 'The whole type; repeat it for any of several' }) type?: string[];
  @ChoicesFilter(OFFERING_STATES) state?: OfferingState[];
  @TextFilter({ description: 'Part of the name, or of what the providing organisation is called' }) keyword?: string;
  @UuidFilter({ description: 'The organisation has live resources of it' }) resource_customer_uuid?: string;
  @UuidFilter({ description: 'The project has live resources of it' }) resource_project_uuid?: string;
  @UuidsFilter({ description: 'These offerings, UUIDs joined by commas' }) uuid_list?: string[];
  @TextFilter({ description: 'Part of the name' }) query?: string;
}

class OfferingOptions {
  static readonly none: OfferingOptions = { order: [], options: {} };

  @ApiProperty({ type: [String], description: 'Always empty: nothing is asked of who orders' }) order: string[];
  @ApiProperty({ type: Object, description: 'Always empty, as `order`' }) options: object;
}

/** What an answer says of the organisation that provides an offering; nothing where there is none. */
export const providerKeys = ({ customer }: Offering) => ({
  provider_uuid: customer?.uuid,
  provider_name: customer?.name,
});

@ApiSchema({ name: 'ProviderOfferingDetails' })
@Always({
  lists: [
    'endpoints',
    'default_access_subnets',
    'software_catalogs',
    'partitions',
    'qos_profiles',
    'components',
    'screenshots',
    'files',
    'quotas',
    'organization_groups',
    'tags',
    'effective_available_limits',
    'promotion_campaigns',
  ],
  objects: ['attributes', 'plugin_options', 'secret_options', 'service_attributes'],
  texts: ['description', 'paused_reason'],
  nulls: [
    'total_customers',
    'total_cost',
    'total_cost_estimated',
    'project',
    'project_uuid',
    'project_name',
    'scope_uuid',
    'scope_name',
    'scope_state',
    'scope_error_message',
    'scope_resource',
    'scope_resource_uuid',
    'scope_resource_name',
    'parent_description',
    'parent_uuid',
    'parent_name',
    'profile_uuid',
    'profile_name',
    'offering_group',
    'offering_group_uuid',
    'offering_group_title',
    'integration_status',
    'google_calendar_is_public',
    'google_calendar_link',
  ],
  falses: ['has_compliance_requirements', 'user_has_consent', 'open_for_proposals', 'config_drive_default'],
  trues: ['shared', 'billable', 'is_accessible'],
})
export class OfferingResponse {
  @ApiProperty({ format: 'uri' }) url: string;
  @ApiProperty({ format: 'uuid' }) uuid: string;
  @ApiProperty({ maxLength: 150 }) name: string;
  @ApiProperty({ maxLength: 100 }) type: string;
  @ApiProperty({ enum: OFFERING_STATES, enumName: 'OfferingState' }) state: OfferingState;
  @ApiProperty({ type: String, format: 'uri', nullable: true }) customer: string | null;
  @ApiProperty({ type: String, format: 'uuid', nullable: true }) customer_uuid: string | null;
  @ApiProperty({ type: String, nullable: true }) customer_name: string | null;
  @ApiProperty({ maxLength: 255 }) backend_id: string;
  @ApiProperty({ type: OfferingOptions }) options: OfferingOptions;
  @ApiProperty({ type: OfferingOptions }) resource_options: OfferingOptions;
  @ApiProperty({ type: [OfferingPlanResponse] }) plans: OfferingPlanResponse[];
  @ApiProperty({ format: 'date-time' }) created: string;

  static from(this: void, offering: Offering): OfferingResponse {
    return answerOf(OfferingResponse, offering, {
      url: hyperlink(Offering, offering),
      customer: offering.customer && hyperlink(Customer, offering.customer),
      customer_name: offering.customer?.name ?? null,
      options: OfferingOptions.none,
      resource_options: OfferingOptions.none,
      plans: offering.plans.map(OfferingPlanResponse.ofOffering),
    });
  }
}
