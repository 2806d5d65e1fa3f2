import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { renderDateTime } from '../common/date-time.js';
import { hyperlink } from '../common/links.js';
import { FieldsQuery, ListQuery, type Order, OrderFilter } from '../common/page.js';
import { BooleanFilter, ChoicesFilter, LinkFilter, TextFilter, UuidFilter } from '../common/validation/query-fields.js';
import { KnownNamesOnly } from '../common/validation/validation.pipe.js';
import { renderUuid } from '../common/uuid.js';
import { Resource } from '../directory/resource.entity.js';
import { CustomerMapping } from '../mappings/customer-mapping.entity.js';
import { LicenseLink, LINK_KINDS, type LinkKind } from './license-link.entity.js';

@KnownNamesOnly()
export class ListLicenseLinksQuery extends ListQuery {
  @OrderFilter({ created: 'number' })
  declare o?: Order;
  @LinkFilter(() => CustomerMapping) mapping?: string;
  @UuidFilter({ description: 'Entries written under this mapping, also after it was removed' }) mapping_uuid?: string;
  @LinkFilter(() => Resource, { aliases: Resource.aliases }) resource?: string;
  @UuidFilter() resource_uuid?: string;
  @TextFilter({ description: 'The whole licence reference, as the licence before or after' })
  license_reference?: string;
  @UuidFilter({ description: 'Who did it' }) actor_uuid?: string;
  @TextFilter({ description: 'Whole user name of who did it' }) actor?: string;
  @UuidFilter({ description: 'Who really called, as somebody else' }) impersonator_uuid?: string;
  @ChoicesFilter(LINK_KINDS) kind?: LinkKind[];
  @BooleanFilter({ description: 'Entries that still hold: nothing came after, and the resource has that licence' })
  active?: boolean;
}

@KnownNamesOnly()
export class LicenseLinkQuery extends FieldsQuery {}

/** An entry, and whether it is what holds now. */
export interface ListedLink {
  readonly uuid: string;
  readonly link: LicenseLink;
  readonly isActive: boolean;
  /** The entry that undid this one. */
  readonly revertedByUuid?: string;
}

@ApiSchema({ name: 'ArrowLicenseLink' })
export class LicenseLinkResponse {
  @ApiProperty({ format: 'uuid' }) uuid: string;
  @ApiProperty({ format: 'uri' }) url: string;
  @ApiProperty({ enum: LINK_KINDS, enumName: 'ArrowLicenseLinkKind' }) kind: LinkKind;
  @ApiProperty({ format: 'uuid' }) resource_uuid: string;
  @ApiProperty() resource_name: string;
  @ApiProperty({ format: 'uuid', description: 'It may have been removed since' }) mapping_uuid: string;
  @ApiProperty({ example: 'XSP661245', description: 'ArrowSphere customer of that mapping' }) arrow_reference: string;
  @ApiProperty({ description: 'The licence afterwards, blank for none' }) license_reference: string;
  @ApiProperty({ description: 'The licence before, blank for none' }) previous_license_reference: string;
  @ApiProperty({ type: Boolean, nullable: true, description: 'Whether ArrowSphere confirmed it; null: nothing to ask' })
  verified: boolean | null;
  @ApiProperty({ format: 'uuid' }) actor_uuid: string;
  @ApiProperty() actor_username: string;
  @ApiProperty({ type: String, format: 'uuid', nullable: true, description: 'Staff that really called, as the actor' })
  impersonator_uuid: string | null;
  @ApiProperty({ type: String, nullable: true }) impersonator_username: string | null;
  @ApiProperty({ description: 'Nothing came after, and the resource has this licence' }) is_active: boolean;
  @ApiProperty({ type: String, format: 'uuid', nullable: true, description: 'The entry that this one undid' })
  reverts_uuid: string | null;
  @ApiProperty({ type: String, format: 'uuid', nullable: true, description: 'The entry that undid this one' })
  reverted_by_uuid: string | null;
  @ApiProperty({ format: 'date-time' }) created: string;

  static from(this: void, { link, isActive, revertedByUuid }: ListedLink): LicenseLinkResponse {
    return {
      uuid: renderUuid(link.uuid),
      url: hyperlink(LicenseLink, link.uuid),
      kind: link.kind,
      resource_uuid: renderUuid(link.resourceUuid),
      resource_name: link.resource.name,
      mapping_uuid: renderUuid(link.mappingUuid),
      arrow_reference: link.arrowReference,
      license_reference: link.licenseReference,
      previous_license_reference: link.previousLicenseReference,
      verified: link.verified,
      actor_uuid: renderUuid(link.actorUuid),
      actor_username: link.actorUsername,
      impersonator_uuid: link.impersonatorUuid && renderUuid(link.impersonatorUuid),
      impersonator_username: link.impersonatorUsername,
      is_active: isActive,
      reverts_uuid: link.revertsUuid && renderUuid(link.revertsUuid),
      reverted_by_uuid: revertedByUuid ? renderUuid(revertedByUuid) : null,
      created: renderDateTime(link.created),
    };
  }
}
