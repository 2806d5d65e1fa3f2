import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { answerOf, Shown, ShownOrNull } from '../common/answer.js';
import { hyperlink } from '../common/links.js';
import { ListQuery, type Order, OrderFilter, PagedQuery } from '../common/page.js';
import { ChoiceField } from '../common/validation/body-fields.js';
import { ChoicesFilter } from '../common/validation/query-fields.js';
import { KnownNamesOnly } from '../common/validation/validation.pipe.js';
import { DirectoryMove, MOVE_DIRECTIONS, MOVE_STATES, type MoveDirection, type MoveState } from './move.entity.js';
import { MOVE_OUTCOMES, MOVED_KINDS, type MovedKind, type MoveOutcome, type MoveRow } from './moves.repository.js';
import type { CountedMove } from './moves.service.js';

@ApiSchema({ name: 'DirectoryMoveRequest' })
export class CreateMoveDto {
  @ChoiceField(MOVE_DIRECTIONS, {
    required: true,
    enumName: 'DirectoryMoveDirection',
    description: '`in`: rows kept here become Waldur’s; `out`: copies of Waldur’s rows become ours',
  })
  direction: MoveDirection;
}

@KnownNamesOnly()
export class ListMovesQuery extends ListQuery {
  @OrderFilter({ created: 'created' }) declare o?: Order;
  @ChoicesFilter(MOVE_STATES) state?: MoveState[];
}

@KnownNamesOnly()
export class ListMoveRowsQuery extends PagedQuery {
  @ChoicesFilter(MOVE_OUTCOMES, { description: 'Rows that do this' }) outcome?: MoveOutcome[];
  @ChoicesFilter(MOVED_KINDS, { description: 'Rows of this kind' }) kind?: MovedKind[];
}

class MoveCountResponse {
  @ApiProperty({ enum: MOVED_KINDS }) kind: MovedKind;
  @Shown('integer', { description: 'Become Waldur’s, or ours' }) moves: number;
  @Shown('integer', { description: 'Are here only, and stay' }) stays: number;
  @Shown('integer', { description: 'Stay until somebody has decided' }) conflict: number;
}

@ApiSchema({ name: 'DirectoryMove' })
export class MoveResponse {
  @Shown('uri') url: string;
  @Shown('uuid') uuid: string;
  @ApiProperty({ enum: MOVE_DIRECTIONS }) direction: MoveDirection;
  @Shown() requested_by: string;
  @ApiProperty({ enum: MOVE_STATES }) state: MoveState;
  @Shown({ description: 'Why it failed' }) problem: string;
  @ShownOrNull('uuid', { description: 'The job that works on it, or did last' }) job_uuid: string | null;
  @Shown('date-time') created: string;
  @ShownOrNull('date-time') applied_at: string | null;

  static from(this: void, move: DirectoryMove): MoveResponse {
    return answerOf(MoveResponse, move, { url: hyperlink(DirectoryMove, move.uuid) });
  }
}

@ApiSchema({ name: 'DirectoryMoveDetail' })
export class MoveDetailResponse extends MoveResponse {
  @ApiProperty({ type: [MoveCountResponse] }) counts: MoveCountResponse[];

  static of(this: void, { move, counts }: CountedMove): MoveDetailResponse {
    return { ...MoveResponse.from(move), counts: MOVED_KINDS.map((kind) => ({ kind, ...counts[kind] })) };
  }
}

class MoveDifference {
  @Shown() field: string;
  @ApiProperty({ nullable: true, type: Object }) here: unknown;
  @ApiProperty({ nullable: true, type: Object, description: 'This is what it will be' }) waldur: unknown;
}

@ApiSchema({ name: 'DirectoryMoveRow' })
export class MoveRowResponse {
  @ApiProperty({ enum: MOVED_KINDS }) kind: MovedKind;
  @Shown('uuid', { description: 'Here' }) uuid: string;
  @Shown() name: string;
  @ApiProperty({ enum: MOVE_OUTCOMES }) outcome: MoveOutcome;
  @ShownOrNull('uuid', { description: 'In Waldur: what the row will be known by' }) waldur_uuid: string | null;
  @Shown({ description: 'The key that leads there' }) matched_by: string;
  @Shown({ description: 'Why it is a conflict, or what it loses' }) reason: string;
  @ApiProperty({ type: [MoveDifference], description: 'Waldur’s values hold from then on' })
  differences: MoveDifference[];

  static from(this: void, row: MoveRow): MoveRowResponse {
    const { here, there } = row;
    const differences = Object.keys(there ?? {})
      .filter((field) => here[field] !== there![field])
      .map((field) => ({ field, here: here[field], waldur: there![field] }));
    return answerOf(MoveRowResponse, row, { differences });
  }
}
