import { Get, Param, type StreamableFile } from '@nestjs/common';
import { ApiParam, ApiProduces, ApiTags } from '@nestjs/swagger';
import { StaffOnly } from '../auth/access.js';
import { ApiController } from '../auth/api-controller.js';
import { Operation } from '../common/api-answers.js';
import { csvFile } from './imports.controller.js';
import { ImportsService } from './imports.service.js';
import { SHEET_KINDS } from './sheet-kind-names.js';

@ApiTags('Directory: import and export')
@ApiController('api/admin/arrow/directory/template')
@StaffOnly()
export class TemplatesController {
  constructor(private readonly imports: ImportsService) {}

  @Get(':kind')
  @Operation('admin_arrow_directory_template', 'A CSV to fill in: the columns of a kind, and a row that shows how')
  @ApiParam({ name: 'kind', description: 'What the rows of the file are', enum: [...SHEET_KINDS] })
  @ApiProduces('text/csv')
  get(@Param('kind') kind: string): StreamableFile {
    const { name, lines } = this.imports.template(kind);
    return csvFile(name, lines);
  }
}
