import { Get, Head, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { StaffOnly } from '../../auth/access.js';
import { ApiController } from '../../auth/api-controller.js';
import { ApiActionRefused, ApiCounted } from '../../common/api-answers.js';
import type { Counted } from '../../common/page.js';
import { VendorChoice, VendorChoicesQuery } from '../../mappings/vendor-choices.dto.js';
import { LineVendorsService } from './line-vendors.service.js';

/** Here and not with the mappings, as it also looks at lines. */
@ApiTags('Arrow vendor offering mappings')
@ApiController('api/admin/arrow/vendor-offering-mappings/vendor_choices')
@StaffOnly()
export class VendorChoicesController {
  constructor(private readonly vendors: LineVendorsService) {}

  @Head()
  @ApiOperation({
    operationId: 'admin_arrow_vendor_offering_mappings_vendor_choices_count',
    summary: 'Count the vendor names to choose from',
  })
  count(@Query() query: VendorChoicesQuery): Promise<Counted<null>> {
    return this.vendors.count(query);
  }

  @Get()
  @ApiOperation({
    operationId: 'admin_arrow_vendor_offering_mappings_vendor_choices_list',
    summary: "Vendor names to choose from: all pages of ArrowSphere's catalogue of cloud services, and those on lines",
  })
  @ApiCounted(VendorChoice)
  @ApiActionRefused('No Arrow settings found')
  list(@Query() query: VendorChoicesQuery): Promise<Counted<VendorChoice[]>> {
    return this.vendors.choose(query);
  }
}
