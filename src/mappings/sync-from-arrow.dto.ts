import { ApiSchema } from '@nestjs/swagger';
import { answerOf, Shown } from '../common/answer.js';
import { UuidField } from '../common/validation/body-fields.js';
import type { SyncedFromArrow } from './sync-from-arrow.service.js';

@ApiSchema({ name: 'SyncFromArrowRequestRequest' })
export class SyncFromArrowDto {
  @UuidField({ description: 'Account; the active one if left out' })
  settings_uuid?: string;
}

class CorrectedReference {
  @Shown('uuid') uuid: string;
  @Shown({ example: '661245' }) from: string;
  @Shown({ example: 'XSP661245' }) to: string;
}

class RenamedMapping {
  @Shown('uuid') uuid: string;
  @Shown() arrow_reference: string;
  @Shown() from: string;
  @Shown() to: string;
}

/** What a sync with ArrowSphere changed, and which mapped customers ArrowSphere does not have. */
export class SyncFromArrowResponse {
  @Shown({ description: 'Mappings whose company name changed' }) updated: number;
  @Shown({ type: [RenamedMapping] }) renamed: RenamedMapping[];
  @Shown({ type: [CorrectedReference], description: "Mappings that hold ArrowSphere's own reference now" })
  corrected: CorrectedReference[];
  @Shown({ type: [String], description: 'References of active mappings that ArrowSphere does not know' })
  missing: string[];

  static from(this: void, { renamed, corrected, missing }: SyncedFromArrow): SyncFromArrowResponse {
    return {
      updated: renamed.length,
      renamed: renamed.map((one) => answerOf(RenamedMapping, one, {})),
      corrected: corrected.map((one) => answerOf(CorrectedReference, one, {})),
      missing: [...missing],
    };
  }
}
