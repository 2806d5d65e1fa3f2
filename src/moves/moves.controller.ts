import { Body, Get, Head, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiAcceptedResponse, ApiTags } from '@nestjs/swagger';
import { Audited } from '../audit/audited.js';
import { Actor, AdminScope, StaffOnly } from '../auth/access.js';
import { ApiController } from '../auth/api-controller.js';
import { ApiActionConflict, ApiActionRefused, ApiFound, ApiListed, Operation } from '../common/api-answers.js';
import { commandOf } from '../common/command.js';
import type { Count, Page } from '../common/page.js';
import {
  CreateMoveDto,
  ListMoveRowsQuery,
  ListMovesQuery,
  MoveDetailResponse,
  MoveResponse,
  MoveRowResponse,
} from './move.dto.js';
import { MovesService } from './moves.service.js';

@ApiTags('Directory: moving to Waldur and back')
@ApiController('api/admin/arrow/directory/moves')
@StaffOnly()
@AdminScope()
export class MovesController {
  constructor(private readonly moves: MovesService) {}

  @Head()
  @Operation('admin_arrow_directory_moves_count', 'Count moves')
  count(@Query() query: ListMovesQuery): Promise<Count> {
    return this.moves.count(commandOf(query));
  }

  @Get()
  @Operation('admin_arrow_directory_moves_list', 'List moves, newest first')
  @ApiListed(MoveResponse)
  async list(@Query() query: ListMovesQuery): Promise<Page<MoveResponse>> {
    return (await this.moves.list(commandOf(query))).map(MoveResponse.from);
  }

  @Post()
  @Audited('directory_move.create')
  @HttpCode(202)
  @Operation(
    'admin_arrow_directory_moves_create',
    'Preview what moving to Waldur, or back, would do; nothing is changed',
  )
  @ApiAcceptedResponse({ type: MoveDetailResponse })
  @ApiActionRefused('WALDUR_URL is not set: …')
  @ApiActionConflict('Waldur has not been read yet, or WALDUR_URL is set where rows are to become ours')
  async create(@Body() { direction }: CreateMoveDto, @Actor() by: string): Promise<MoveDetailResponse> {
    return MoveDetailResponse.of(await this.moves.startPreview(direction, by));
  }

  @Get(':uuid')
  @Operation('admin_arrow_directory_moves_retrieve', 'One move, in numbers')
  @ApiFound(MoveDetailResponse)
  async get(@Param('uuid') uuid: string): Promise<MoveDetailResponse> {
    return MoveDetailResponse.of(await this.moves.get(uuid));
  }

  @Get(':uuid/rows')
  @Operation('admin_arrow_directory_moves_rows', 'What becomes of each row')
  @ApiListed(MoveRowResponse)
  async rows(@Param('uuid') uuid: string, @Query() query: ListMoveRowsQuery): Promise<Page<MoveRowResponse>> {
    return (await this.moves.rows(uuid, commandOf(query))).map(MoveRowResponse.from);
  }

  @Post(':uuid/apply')
  @Audited('directory_move.apply')
  @HttpCode(202)
  @Operation('admin_arrow_directory_moves_apply', 'Do exactly what was previewed, or nothing where the data moved')
  @ApiAcceptedResponse({ type: MoveDetailResponse })
  @ApiActionConflict('It is not previewed, or was applied already')
  async apply(@Param('uuid') uuid: string, @Actor() by: string): Promise<MoveDetailResponse> {
    return MoveDetailResponse.of(await this.moves.startApply(uuid, by));
  }
}
