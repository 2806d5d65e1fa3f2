import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import {
  BodyLimit,
  BooleanField,
  ListField,
  MANY_ROWS_BYTES,
  TextField,
  UuidField,
} from '../common/validation/body-fields.js';
import { renderUuid } from '../common/uuid.js';
import type { ImportWish, LinkWish, UnlinkWish } from './decide-links.js';
import type { Settled } from './license-linking.service.js';

const license = {
  required: true,
  max: 255,
  example: 'XSP12345',
  description: 'Licence reference in ArrowSphere; it becomes the backend_id of the resource',
};

@ApiSchema({ name: 'LinkResourceRequestRequest' })
export class LinkResourceDto {
  @UuidField({ required: true, description: 'Resource to link' })
  resource_uuid: string;

  @TextField(license)
  license_reference: string;

  static wish(this: void, { resource_uuid, license_reference }: LinkResourceDto): LinkWish {
    return { kind: 'link', resourceUuid: resource_uuid, license: license_reference };
  }
}

@ApiSchema({ name: 'UnlinkResourceRequest' })
export class UnlinkResourceDto {
  @UuidField({ required: true, description: 'Resource to unlink' })
  resource_uuid: string;

  static wish(this: void, { resource_uuid }: UnlinkResourceDto): UnlinkWish {
    return { kind: 'unlink', resourceUuid: resource_uuid };
  }
}

@ApiSchema({ name: 'ImportLicenseRequestRequest' })
export class ImportLicenseDto {
  @TextField(license)
  license_reference: string;

  @TextField({ max: 150, description: 'Name of the new resource; the licence reference if left out' })
  license_name?: string;

  @UuidField({ required: true, description: 'Offering the resource is made of' })
  offering_uuid: string;

  @UuidField({ required: true, description: 'Project of the mapped organisation' })
  project_uuid: string;

  static wish(this: void, dto: ImportLicenseDto): ImportWish {
    const { license_reference, license_name, offering_uuid, project_uuid } = dto;
    return {
      kind: 'import',
      license: license_reference,
      name: license_name,
      offeringUuid: offering_uuid,
      projectUuid: project_uuid,
    };
  }
}

const MAX_ITEMS = 500;

@BodyLimit(MANY_ROWS_BYTES)
class BulkDto {
  @BooleanField({ default: true, description: 'Left out, or true: say what would happen, and write nothing' })
  dry_run?: boolean;
}

@ApiSchema({ name: 'LinkResourcesRequest' })
export class LinkResourcesDto extends BulkDto {
  @ListField(LinkResourceDto, { required: true, max: MAX_ITEMS, description: `At most ${MAX_ITEMS}` })
  items: LinkResourceDto[];
}

/** As one of many: the name is the licence's own where it is left out. */
@ApiSchema({ name: 'ImportLicensesItemRequest' })
class ImportLicensesItemDto extends ImportLicenseDto {
  @TextField({
    max: 150,
    description:
      '`suggested_name` of discover_licenses if left out; the licence reference where ArrowSphere has no name',
  })
  declare license_name?: string;
}

@ApiSchema({ name: 'ImportLicensesRequest' })
export class ImportLicensesDto extends BulkDto {
  @ListField(ImportLicensesItemDto, { required: true, max: MAX_ITEMS, description: `At most ${MAX_ITEMS}` })
  items: ImportLicenseDto[];
}

class Verified {
  @ApiProperty({
    required: false,
    description: 'True: ArrowSphere confirmed the licence. False: it could not be asked. Left out: nothing to ask',
  })
  verified?: boolean;
  @ApiProperty({ required: false, description: 'Why ArrowSphere could not be asked' }) verification_error?: string;
}

@ApiSchema({ name: 'LinkResourceResponse' })
export class LinkResourceResponse extends Verified {
  @ApiProperty({ format: 'uuid' }) resource_uuid: string;
  @ApiProperty() resource_name: string;
  @ApiProperty({ description: 'The licence the resource has now, blank for none' }) license_reference: string;
  @ApiProperty({ description: 'The licence it had before, blank for none' }) previous_backend_id: string;
  @ApiProperty() success: boolean;

  static from(this: void, settled: Settled): LinkResourceResponse {
    return {
      resource_uuid: renderUuid(settled.resource!.uuid!),
      resource_name: settled.resource!.name,
      license_reference: settled.license,
      previous_backend_id: settled.previous,
      success: true,
      ...verification(settled),
    };
  }
}

@ApiSchema({ name: 'ImportLicenseResponse' })
export class ImportLicenseResponse extends Verified {
  @ApiProperty({ format: 'uuid' }) resource_uuid: string;
  @ApiProperty() resource_name: string;
  @ApiProperty() license_reference: string;
  @ApiProperty() offering_name: string;
  @ApiProperty() project_name: string;
  @ApiProperty() success: boolean;

  static from(this: void, settled: Settled): ImportLicenseResponse {
    return {
      resource_uuid: renderUuid(settled.resource!.uuid!),
      resource_name: settled.resource!.name,
      license_reference: settled.license,
      offering_name: settled.offeringName ?? '',
      project_name: settled.projectName ?? '',
      success: true,
      ...verification(settled),
    };
  }
}

const OUTCOMES = ['done', 'unchanged', 'refused'] as const;

class BulkResult extends Verified {
  @ApiProperty({ type: 'integer', description: 'Position in the request, from 0' }) index: number;
  @ApiProperty({ enum: OUTCOMES, enumName: 'BulkOutcome', description: '`done`: in a dry run, would be done' })
  outcome: (typeof OUTCOMES)[number];
  @ApiProperty({ description: 'False for `refused` only' }) success: boolean;
  @ApiProperty() license_reference: string;
  @ApiProperty({
    type: String,
    format: 'uuid',
    nullable: true,
    description: 'Null where none is known, or not made yet',
  })
  resource_uuid: string | null;
  @ApiProperty({ type: String, nullable: true }) resource_name: string | null;
  @ApiProperty({ description: 'The licence the resource had before, blank for none' }) previous_backend_id: string;
  @ApiProperty({ type: String, nullable: true, description: 'Why it was refused' }) error: string | null;
  @ApiProperty({ type: String, nullable: true, description: 'The same as a stable word' }) code: string | null;
}

@ApiSchema({ name: 'BulkLinkResponse' })
export class BulkResponse {
  @ApiProperty() dry_run: boolean;
  @ApiProperty({ type: 'integer' }) done: number;
  @ApiProperty({ type: 'integer' }) unchanged: number;
  @ApiProperty({ type: 'integer' }) refused: number;
  @ApiProperty({ type: [BulkResult], description: 'One per item, in their order' }) results: BulkResult[];

  static from(this: void, settled: readonly Settled[], dryRun: boolean): BulkResponse {
    const results = settled.map((one, index): BulkResult => ({
      index,
      outcome: one.outcome,
      success: one.outcome !== 'refused',
      license_reference: one.license,
      resource_uuid: one.resource?.uuid ? renderUuid(one.resource.uuid) : null,
      resource_name: one.resource?.name ?? null,
      previous_backend_id: one.previous,
      error: one.error?.message ?? null,
      code: one.error?.code ?? null,
      ...verification(one),
    }));
    const count = (wanted: BulkResult['outcome']) => results.filter(({ outcome }) => outcome === wanted).length;
    return { dry_run: dryRun, done: count('done'), unchanged: count('unchanged'), refused: count('refused'), results };
  }
}

function verification({ verdict, outcome }: Settled): Verified {
  if (!verdict || outcome === 'refused') return {};
  if (verdict.kind === 'unasked') return { verified: false, verification_error: verdict.why };
  return { verified: true };
}
