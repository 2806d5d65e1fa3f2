import { Get, Head, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { StaffOnly } from '../../auth/access.js';
import { ApiActionRefused, ApiListed, Operation } from '../../common/api-answers.js';
import { commandOf } from '../../common/command.js';
import { Count, type Page } from '../../common/page.js';
import { VendorChoiceResponse, VendorChoicesQuery } from '../../mappings/vendor-choices.dto.js';
import { ApiController } from '../../auth/api-controller.js';
import { Bulk } from '../../auth/priority.js';
import { LineVendorsService } from './line-vendors.service.js';

/** Here and not with the mappings, as it also looks at lines. */
@ApiTags('Arrow vendor offering mappings')
@ApiController('api/admin/arrow/vendor-offering-mappings/vendor_choices')
@StaffOnly()
@Bulk()
export class VendorChoicesController {
  constructor(private readonly vendors: LineVendorsService) {}

  @Head()
  @Operation('admin_arrow_vendor_offering_mappings_vendor_choices_count', 'Count the vendor names to choose from')
  async count(@Query() query: VendorChoicesQuery): Promise<Count> {
    const { total, page, pageSize } = await this.vendors.choose(commandOf(query));
    return new Count(total, page, pageSize);
  }

  @Get()
  @Operation(
    'admin_arrow_vendor_offering_mappings_vendor_choices_list',
    "Vendor names to choose from: all pages of ArrowSphere's catalogue of cloud services, and those on lines",
  )
  @ApiListed(VendorChoiceResponse)
  @ApiActionRefused('No Arrow settings found')
  async list(@Query() query: VendorChoicesQuery): Promise<Page<VendorChoiceResponse>> {
    return (await this.vendors.choose(commandOf(query))).map(VendorChoiceResponse.from);
  }
}
