import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { hyperlink } from '../common/links.js';
import { renderDateTime } from '../common/date-time.js';
import { BooleanField } from '../common/validation/body-fields.js';
import { JobRun } from '../jobs/job-run.entity.js';
import type { Dispute } from '../directory/mirror/mirrored-rows.service.js';
import { WALDUR_KINDS } from '../waldur-gateway/waldur-rows.js';
import type { WaldurMark } from './waldur-mark.entity.js';
import type { MirrorState } from './waldur-mirror.service.js';

@ApiSchema({ name: 'DirectorySyncRequest' })
export class SyncDirectoryDto {
  @BooleanField({ description: 'Everything, and not only what changed since the last time', example: false })
  whole?: boolean;
}

@ApiSchema({ name: 'DirectorySyncAccepted' })
export class DirectorySyncAccepted {
  @ApiProperty({ example: 'Directory sync task scheduled' }) message: string;
  @ApiProperty({ format: 'uuid' }) job_id: string;
  @ApiProperty({ format: 'uri', description: 'How far it is and what came out' }) job_url: string;

  static from(this: void, { uuid }: JobRun): DirectorySyncAccepted {
    return { message: 'Directory sync task scheduled', job_id: uuid, job_url: hyperlink(JobRun, uuid) };
  }
}

class DirectoryListState {
  @ApiProperty({ enum: WALDUR_KINDS }) kind: string;
  @ApiProperty({ format: 'date-time' }) read_at: string;
  @ApiProperty({ type: String, format: 'date-time', nullable: true }) whole_at: string | null;

  static from(this: void, { kind, readAt, wholeAt }: WaldurMark): DirectoryListState {
    return { kind, read_at: renderDateTime(readAt), whole_at: wholeAt && renderDateTime(wholeAt) };
  }
}

class DirectoryConflict {
  @ApiProperty({ format: 'uuid' }) resource_uuid: string;
  @ApiProperty() resource_name: string;
  @ApiProperty() license_reference: string;
  @ApiProperty({ type: String, format: 'uuid', nullable: true, description: 'Null: nobody is billed by it here' })
  holder_uuid: string | null;

  static from(this: void, { resourceUuid, resourceName, licenseReference, holderUuid }: Dispute): DirectoryConflict {
    return {
      resource_uuid: resourceUuid,
      resource_name: resourceName,
      license_reference: licenseReference,
      holder_uuid: holderUuid,
    };
  }
}

@ApiSchema({ name: 'DirectoryState' })
export class DirectoryStateResponse {
  @ApiProperty({ type: String, nullable: true, description: 'Null: the directory is kept here, beside no Waldur' })
  waldur_url: string | null;
  @ApiProperty({ type: String, format: 'date-time', nullable: true, description: 'Null: not all lists were read yet' })
  read_at: string | null;
  @ApiProperty({ description: 'Why the last reading failed; blank: it did not' }) last_error: string;
  @ApiProperty({ type: [DirectoryListState] }) lists: DirectoryListState[];
  @ApiProperty({ type: 'integer' }) conflict_count: number;
  @ApiProperty({ type: [DirectoryConflict], description: 'Licences of several live resources; the first 100' })
  conflicts: DirectoryConflict[];

  static from(
    this: void,
    state: MirrorState | undefined,
    { total, disputes }: { total: number; disputes: readonly Dispute[] },
  ): DirectoryStateResponse {
    return {
      waldur_url: state?.url ?? null,
      read_at: state?.readAt ? renderDateTime(state.readAt) : null,
      last_error: state?.lastError ?? '',
      lists: state?.marks.map(DirectoryListState.from) ?? [],
      conflict_count: total,
      conflicts: disputes.map(DirectoryConflict.from),
    };
  }
}
