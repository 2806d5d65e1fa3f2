import { ApiSchema } from '@nestjs/swagger';
import { normalizeArrowReference } from '../common/normalize-arrow-reference.js';
import { Shown, ShownOrNull } from '../common/answer.js';
import {
  BodyLimit,
  BooleanField,
  ListField,
  MANY_ROWS_BYTES,
  TextField,
  UuidField,
} from '../common/validation/body-fields.js';
import { sentence } from '../common/uuid-formatter.js';
import type { ImportCommand, LicenseCommand, LinkCommand, UnlinkCommand } from './decide-links.js';
import type { ChangedLicenses, ChangeLicenses, LinkResult } from './license-linking.service.js';

const license = {
  required: true,
  max: 255,
  clean: normalizeArrowReference,
  example: 'XSP12345',
  description: 'Licence reference in ArrowSphere; it becomes the backend_id of the resource',
};

@ApiSchema({ name: 'LinkResourceRequestRequest' })
export class LinkResourceDto {
  @UuidField({ required: true, description: 'Resource to link' })
  resource_uuid: string;

  @TextField(license)
  license_reference: string;

  toCommand(): LinkCommand {
    return { kind: 'link', resourceUuid: this.resource_uuid, license: this.license_reference };
  }
}

@ApiSchema({ name: 'UnlinkResourceRequest' })
export class UnlinkResourceDto {
  @UuidField({ required: true, description: 'Resource to unlink' })
  resource_uuid: string;

  toCommand(): UnlinkCommand {
    return { kind: 'unlink', resourceUuid: this.resource_uuid };
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

  toCommand(): ImportCommand {
    return {
      kind: 'import',
      license: this.license_reference,
      name: this.license_name,
      offeringUuid: this.offering_uuid,
      projectUuid: this.project_uuid,
    };
  }
}

const MAX_ITEMS = 500;

@BodyLimit(MANY_ROWS_BYTES)
abstract class BulkDto {
  abstract items: { toCommand(): LicenseCommand }[];

  @BooleanField({ default: true, description: 'Left out, or true: say what would happen, and write nothing' })
  dry_run?: boolean;

  toCommand(): ChangeLicenses {
    return { commands: this.items.map((item) => item.toCommand()), dryRun: this.dry_run ?? true };
  }
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

  override toCommand(): ImportCommand {
    return { ...super.toCommand(), ownName: true };
  }
}

@ApiSchema({ name: 'ImportLicensesRequest' })
export class ImportLicensesDto extends BulkDto {
  @ListField(ImportLicensesItemDto, { required: true, max: MAX_ITEMS, description: `At most ${MAX_ITEMS}` })
  items: ImportLicenseDto[];
}

class Verified {
  @Shown({
    required: false,
    description: 'True: ArrowSphere confirmed the licence. False: it could not be asked. Left out: nothing to ask',
  })
  verified?: boolean;
  @Shown({ required: false, description: 'Why ArrowSphere could not be asked' }) verification_error?: string;
}

class Linked extends Verified {
  @Shown('uuid') resource_uuid: string;
  @Shown() resource_name: string;
  @Shown({ description: 'The licence the resource has now, blank for none' }) license_reference: string;
  @Shown() success: boolean;

  protected static linked(this: void, result: LinkResult): Linked {
    return {
      resource_uuid: result.resource!.uuid!,
      resource_name: result.resource!.name,
      license_reference: result.license,
      success: true,
      ...verification(result),
    };
  }
}

@ApiSchema({ name: 'LinkResourceResponse' })
export class LinkResourceResponse extends Linked {
  @Shown({ description: 'The licence it had before, blank for none' }) previous_backend_id: string;

  static from(this: void, result: LinkResult): LinkResourceResponse {
    return { ...Linked.linked(result), previous_backend_id: result.previous };
  }
}

@ApiSchema({ name: 'ImportLicenseResponse' })
export class ImportLicenseResponse extends Linked {
  @Shown() offering_name: string;
  @Shown() project_name: string;

  static from(this: void, result: LinkResult): ImportLicenseResponse {
    const { offeringName = '', projectName = '' } = result;
    return { ...Linked.linked(result), offering_name: offeringName, project_name: projectName };
  }
}

const OUTCOMES = ['done', 'unchanged', 'refused', 'pending'] as const;

class BulkResult extends Verified {
  @Shown('integer', { description: 'Position in the request, from 0' }) index: number;
  @Shown({
    enum: OUTCOMES,
    enumName: 'BulkOutcome',
    description:
      '`done`: in a dry run, would be done. `pending`: Waldur has not carried it out yet, and it is gone on with',
  })
  outcome: (typeof OUTCOMES)[number];
  @Shown({ description: 'False for `refused` and `pending`' }) success: boolean;
  @Shown() license_reference: string;
  @ShownOrNull('uuid', { description: 'Null where none is known, or not made yet' })
  resource_uuid: string | null;
  @ShownOrNull() resource_name: string | null;
  @Shown({ description: 'The licence the resource had before, blank for none' }) previous_backend_id: string;
  @ShownOrNull({ description: 'Why it was refused, or is pending' }) error: string | null;
  @ShownOrNull({ description: 'The same as a stable word' }) code: string | null;
}

@ApiSchema({ name: 'BulkLinkResponse' })
export class BulkResponse {
  @Shown() dry_run: boolean;
  @Shown('integer') done: number;
  @Shown('integer') unchanged: number;
  @Shown('integer') refused: number;
  @Shown('integer') pending: number;
  @Shown({ type: [BulkResult], description: 'One per item, in their order' }) results: BulkResult[];

  static from(this: void, { dryRun, results: changed }: ChangedLicenses): BulkResponse {
    const results = changed.map((one, index): BulkResult => ({
      index,
      outcome: one.outcome,
      success: one.outcome === 'done' || one.outcome === 'unchanged',
      license_reference: one.license,
      resource_uuid: one.resource?.uuid ?? null,
      resource_name: one.resource?.name ?? null,
      previous_backend_id: one.previous,
      error: one.error ? sentence(one.error.message, one.error.uuids) : null,
      code: one.error?.code ?? null,
      ...verification(one),
    }));
    const count = (wanted: BulkResult['outcome']) => results.filter(({ outcome }) => outcome === wanted).length;
    const counts = { done: count('done'), unchanged: count('unchanged'), refused: count('refused') };
    return { dry_run: dryRun, ...counts, pending: count('pending'), results };
  }
}

function verification({ verdict, outcome }: LinkResult): Verified {
  if (!verdict || outcome === 'refused' || outcome === 'pending') return {};
  if (verdict.kind === 'unasked') return { verified: false, verification_error: verdict.why };
  return { verified: true };
}
