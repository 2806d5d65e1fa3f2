import { ApiSchema } from '@nestjs/swagger';
import { Shown } from '../common/answer.js';
import { UuidFilter } from '../common/validation/query-fields.js';
import { VENDOR_SOURCES, type VendorChoice } from './vendor-choices.service.js';

export class VendorChoicesQuery {
  @UuidFilter({ description: 'Account; the active one if left out' })
  settings_uuid?: string;
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
