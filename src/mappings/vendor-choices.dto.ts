import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { UuidFilter } from '../common/validation/query-fields.js';

export class VendorChoicesQuery {
  @UuidFilter({ description: 'Account; the active one if left out' })
  settings_uuid?: string;
}

/** Where a vendor name was found: in ArrowSphere's catalogue, or on stored export lines. */
export const VENDOR_SOURCES = ['catalogue', 'lines'] as const;

@ApiSchema({ name: 'VendorNameChoice' })
export class VendorChoice {
  @ApiProperty({ example: 'Microsoft' }) value: string;
  @ApiProperty({ example: 'Microsoft' }) label: string;
  @ApiProperty({ enum: VENDOR_SOURCES }) source: (typeof VENDOR_SOURCES)[number];
}
