import { ApiSchema } from '@nestjs/swagger';
import { answerOf, Shown, ShownOrNull } from '../common/answer.js';
import { hyperlink } from '../common/links.js';
import { FieldsQuery, ListQuery, type Order, OrderFilter } from '../common/page.js';
import { BooleanFilter, ChoicesFilter, LinkFilter, TextFilter, UuidFilter } from '../common/validation/query-fields.js';
import { KnownNamesOnly } from '../common/validation/validation.pipe.js';
import { Resource } from '../directory/resource.entity.js';
import { CustomerMapping } from '../mappings/customer-mapping.entity.js';
import { LicenseLink, LINK_KINDS, LINK_STATES, type LinkKind, type LinkState } from './license-link.entity.js';
import type { ListedLink } from './license-links.repository.js';
import { resumePath } from './describe-link.js';

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
  @ChoicesFilter(LINK_STATES) state?: LinkState[];
  @BooleanFilter({ description: 'Entries that still hold: nothing came after, and the resource has that licence' })
  active?: boolean;
}

@KnownNamesOnly()
export class LicenseLinkQuery extends FieldsQuery {}

@ApiSchema({ name: 'ArrowLicenseLink' })
export class LicenseLinkResponse {
  @Shown('uuid') uuid: string;
  @Shown('uri') url: string;
  @Shown({ enum: LINK_KINDS, enumName: 'ArrowLicenseLinkKind' }) kind: LinkKind;
  @Shown({
    enum: LINK_STATES,
    enumName: 'ArrowLicenseLinkState',
    description:
      '`intended`: Waldur is to carry it out. `done`: it is so in Waldur. `recorded`: it happened. `failed`: it did not',
  })
  state: LinkState;
  @Shown({ description: 'Why it is not recorded; blank: it is, or nothing is wrong' }) problem: string;
  @Shown({ description: 'Blank where it is recorded' }) what_to_do: string;
  @ShownOrNull('uuid', { description: 'The order in Waldur that an import made there' })
  waldur_order_uuid: string | null;
  @ShownOrNull('uuid', { description: 'Null while Waldur has not made it' })
  resource_uuid: string | null;
  @Shown() resource_name: string;
  @Shown('uuid', { description: 'It may have been removed since' }) mapping_uuid: string;
  @Shown({ example: 'XSP661245', description: 'ArrowSphere customer of that mapping' }) arrow_reference: string;
  @Shown({ description: 'The licence afterwards, blank for none' }) license_reference: string;
  @Shown({ description: 'The licence before, blank for none' }) previous_license_reference: string;
  @Shown({ type: Boolean, nullable: true, description: 'Whether ArrowSphere confirmed it; null: nothing to ask' })
  verified: boolean | null;
  @Shown('uuid') actor_uuid: string;
  @Shown() actor_username: string;
  @ShownOrNull('uuid', { description: 'Staff that really called, as the actor' })
  impersonator_uuid: string | null;
  @ShownOrNull() impersonator_username: string | null;
  @Shown({ description: 'Nothing came after, and the resource has this licence' }) is_active: boolean;
  @ShownOrNull('uuid', { description: 'The entry that this one undid' })
  reverts_uuid: string | null;
  @ShownOrNull('uuid', { description: 'The entry that undid this one' })
  reverted_by_uuid: string | null;
  @Shown('date-time') created: string;

  static from(this: void, { link, write, ...state }: ListedLink): LicenseLinkResponse {
    return answerOf(
      LicenseLinkResponse,
      { ...link, ...state },
      {
        url: hyperlink(LicenseLink, link.uuid),
        resource_name: link.resource?.name ?? write?.resourceName ?? '',
        problem: write?.problem ?? '',
        what_to_do: whatToDo(link, write),
        waldur_order_uuid: write?.orderUuid ?? null,
      },
    );
  }
}

function whatToDo({ uuid, state }: LicenseLink, write: ListedLink['write']): string {
  const order = write?.orderUuid ? ` The order ${write.orderUuid} in Waldur may have to be ended there.` : '';
  if (state === 'recorded') return '';
  if (state === 'failed') return `Mend what the problem says, and ask for it anew.${order}`;
  return `Nothing: it is gone on with every minute, and at once by ${resumePath(uuid)}.${order}`;
}
