import { ApiSchema } from '@nestjs/swagger';
import { Shown } from '../common/answer.js';
import { PagedQuery } from '../common/page.js';
import { LinkFilter, TextFilter, UuidFilter } from '../common/validation/query-fields.js';
import { Unkept } from '../common/validation/unkept-filters.js';
import { UNKEPT } from '../directory/unkept-filters.js';
import { Settings } from '../settings/settings.entity.js';
import { VENDOR_SOURCES, type VendorChoice } from './vendor-choices.service.js';

@Unkept(UNKEPT.vendorChoices)
export class VendorChoicesQuery extends PagedQuery {
  @TextFilter({ description: 'Part of the name' }) arrow_vendor_name?: string;
  @LinkFilter(() => Settings, { description: 'Account; the active one if left out' }) settings?: string;
  @UuidFilter({ description: 'The same by its UUID' }) settings_uuid?: string;
}

@ApiSchema({ name: 'VendorNameChoice' })
export class VendorChoiceResponse {
  @Shown({ example: 'Microsoft' }) value: string;
  @Shown({ example: 'Microsoft' }) label: string;
  @Shown({ enum: VENDOR_SOURCES }) source: VendorChoice['source'];

  static from(this: void, { name, source }: VendorChoice): VendorChoiceResponse {
    return { value: name, label: name, source };
  }
}
