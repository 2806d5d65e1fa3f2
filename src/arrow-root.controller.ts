import { Get } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { AnyUser } from './auth/access.js';
import { ApiController } from './auth/api-controller.js';
import { BillingSyncItem } from './billing/statements/billing-sync-item.entity.js';
import { BillingSync } from './billing/statements/billing-sync.entity.js';
import { ConsumptionRecord } from './billing/consumption/consumption-record.entity.js';
import { hyperlink } from './common/links.js';
import { CustomerMapping } from './mappings/customer-mapping.entity.js';
import { VendorOfferingMapping } from './mappings/vendor-offering-mapping.entity.js';
import { Settings } from './settings/settings.entity.js';

const collections = [Settings, CustomerMapping, VendorOfferingMapping, BillingSync, BillingSyncItem, ConsumptionRecord];

/** Where everything begins: what Waldur answers at the address above its collections. */
@ApiTags('Arrow')
@ApiController('api/admin/arrow')
@AnyUser()
export class ArrowRootController {
  @Get()
  @ApiOperation({ operationId: 'admin_arrow_root_retrieve', summary: 'The addresses of the six collections' })
  @ApiOkResponse({ schema: { type: 'object', additionalProperties: { type: 'string', format: 'uri' } } })
  links(): Record<string, string> {
    return Object.fromEntries(collections.map((entity) => [entity.path.split('/').at(-2)!, hyperlink(entity)]));
  }
}
