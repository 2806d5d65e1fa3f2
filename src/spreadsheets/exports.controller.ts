import { Get, Query, StreamableFile } from '@nestjs/common';
import { ApiProduces, ApiTags } from '@nestjs/swagger';
import { StaffOnly } from '../auth/access.js';
import { ApiController } from '../auth/api-controller.js';
import { Operation } from '../common/api-answers.js';
import { commandOf } from '../common/command.js';
import {
  ExportCustomerMappingsQuery,
  ExportOfferingsQuery,
  ExportOrganisationsQuery,
  ExportProjectsQuery,
  ExportResourcesQuery,
  ExportVendorOfferingMappingsQuery,
} from './export.dto.js';
import { ExportsService, type SheetFile, type SheetFormat } from './exports.service.js';

@ApiTags('Directory: import and export')
@ApiController('api/admin/arrow/directory/export')
@StaffOnly()
@ApiProduces('text/csv', 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet')
export class ExportsController {
  constructor(private readonly exports: ExportsService) {}

  @Get('organisations')
  @Operation('admin_arrow_directory_export_organisations', 'Organisations as a file that can be imported again')
  organisations(@Query() query: ExportOrganisationsQuery): StreamableFile {
    return sent(this.exports.organisations(commandOf(query), formatOf(query)));
  }

  @Get('projects')
  @Operation('admin_arrow_directory_export_projects', 'Projects as a file that can be imported again')
  projects(@Query() query: ExportProjectsQuery): StreamableFile {
    return sent(this.exports.projects(commandOf(query), formatOf(query)));
  }

  @Get('offerings')
  @Operation(
    'admin_arrow_directory_export_offerings',
    'Offerings with their plans as a file that can be imported again',
  )
  offerings(@Query() query: ExportOfferingsQuery): StreamableFile {
    return sent(this.exports.offerings(commandOf(query), formatOf(query)));
  }

  @Get('resources')
  @Operation('admin_arrow_directory_export_resources', 'Resources as a file that can be imported again')
  resources(@Query() query: ExportResourcesQuery): StreamableFile {
    return sent(this.exports.resources(commandOf(query), formatOf(query)));
  }

  @Get('customer-mappings')
  @Operation('admin_arrow_directory_export_customer_mappings', 'Mappings of customers, to be imported again')
  customerMappings(@Query() query: ExportCustomerMappingsQuery): StreamableFile {
    return sent(this.exports.customerMappings(commandOf(query), formatOf(query)));
  }

  @Get('vendor-offering-mappings')
  @Operation('admin_arrow_directory_export_vendor_offering_mappings', 'Mappings of vendors, to be imported again')
  vendorOfferingMappings(@Query() query: ExportVendorOfferingMappingsQuery): StreamableFile {
    return sent(this.exports.vendorOfferingMappings(commandOf(query), formatOf(query)));
  }
}

const formatOf = ({ format }: { format?: SheetFormat[] }): SheetFormat => format?.[0] ?? 'csv';

const sent = ({ name, type, content }: SheetFile) =>
  new StreamableFile(content, { type, disposition: `attachment; filename="${name}"` });
