import { Audited } from '../audit/audited.js';
import { Readable } from 'node:stream';
import { Body, Get, Head, HttpCode, Param, Post, Query, StreamableFile } from '@nestjs/common';
import { ApiAcceptedResponse, ApiBody, ApiConsumes, ApiProduces, ApiTags } from '@nestjs/swagger';
import { Actor, AdminScope, StaffOnly } from '../auth/access.js';
import { ApiController } from '../auth/api-controller.js';
import { ApiActionConflict, ApiFound, ApiListed, Operation } from '../common/api-answers.js';
import { commandOf } from '../common/command.js';
import type { Count, Page } from '../common/page.js';
import { UnreadBody } from '../common/unread-body.js';
import {
  ApplyImportDto,
  ImportResponse,
  ImportRowResponse,
  ListImportRowsQuery,
  ListImportsQuery,
} from './import.dto.js';
import { ImportsService } from './imports.service.js';
import { SHEET_KINDS } from './sheet-kind-names.js';
import { UploadsService } from './uploads.service.js';

const form = {
  schema: {
    type: 'object',
    required: ['kind', 'file'],
    properties: {
      kind: { type: 'string', enum: [...SHEET_KINDS] },
      file: { type: 'string', format: 'binary' },
    },
  },
};

@ApiTags('Directory: import and export')
@ApiController('api/admin/arrow/directory/import')
@StaffOnly()
@AdminScope()
export class ImportsController {
  constructor(
    private readonly imports: ImportsService,
    private readonly uploads: UploadsService,
  ) {}

  @Head()
  @Operation('admin_arrow_directory_import_count', 'Count imports')
  count(@Query() query: ListImportsQuery): Promise<Count> {
    return this.imports.count(commandOf(query));
  }

  @Get()
  @Operation('admin_arrow_directory_import_list', 'List imports, newest first')
  @ApiListed(ImportResponse)
  async list(@Query() query: ListImportsQuery): Promise<Page<ImportResponse>> {
    return (await this.imports.list(commandOf(query))).map(ImportResponse.from);
  }

  @Post()
  @Audited('sheet_import.create')
  @HttpCode(202)
  @Operation('admin_arrow_directory_import_create', 'Upload a file and preview what it would do; nothing is changed')
  @ApiConsumes('multipart/form-data')
  @ApiBody(form)
  @ApiAcceptedResponse({ type: ImportResponse })
  async create(@Body() body: UnreadBody, @Actor() by: string): Promise<ImportResponse> {
    return ImportResponse.from(await this.uploads.receive(body, by));
  }

  @Get(':uuid')
  @Operation('admin_arrow_directory_import_retrieve', 'One import: what its file would do, in numbers')
  @ApiFound(ImportResponse)
  async get(@Param('uuid') uuid: string): Promise<ImportResponse> {
    return ImportResponse.from(await this.imports.get(uuid));
  }

  @Get(':uuid/rows')
  @Operation('admin_arrow_directory_import_rows', 'What each row would do: old and new values, or why it is refused')
  @ApiListed(ImportRowResponse)
  async rows(@Param('uuid') uuid: string, @Query() query: ListImportRowsQuery): Promise<Page<ImportRowResponse>> {
    const { kind } = await this.imports.get(uuid);
    return (await this.imports.results(uuid, query.outcome ?? [], commandOf(query))).map(
      ImportRowResponse.ofKind(kind),
    );
  }

  @Get(':uuid/refused')
  @Operation('admin_arrow_directory_import_refused', 'The refused rows as CSV, with why: to mend and upload again')
  @ApiProduces('text/csv')
  async refused(@Param('uuid') uuid: string): Promise<StreamableFile> {
    const { name, lines } = await this.imports.refusedRows(uuid);
    return csvFile(name, lines);
  }

  @Post(':uuid/apply')
  @Audited('sheet_import.apply')
  @HttpCode(202)
  @Operation('admin_arrow_directory_import_apply', 'Do exactly what was previewed, or nothing where the data moved')
  @ApiAcceptedResponse({ type: ImportResponse })
  @ApiActionConflict('It is not previewed, or rows are refused and `skip_bad` is not set')
  async apply(
    @Param('uuid') uuid: string,
    @Body() { skip_bad = false }: ApplyImportDto,
    @Actor() by: string,
  ): Promise<ImportResponse> {
    return ImportResponse.from(await this.imports.startApply(uuid, skip_bad, by));
  }
}

/** Sent as it is made. */
export function csvFile(name: string, lines: AsyncIterable<string> | Iterable<string>): StreamableFile {
  return new StreamableFile(Readable.from(lines), {
    type: 'text/csv; charset=utf-8; header=present',
    disposition: `attachment; filename="${name}.csv"`,
  });
}
