import { ApiSchema } from '@nestjs/swagger';
import { Shown } from '../../common/answer.js';
import { BooleanField, UuidField } from '../../common/validation/body-fields.js';
import { MonthField } from '../../common/validation/month-fields.js';
import type { YearMonth } from '../../common/year-month.js';
import { ArrowSyncError } from '../consumption/consumption-action.dto.js';
import type { ResourceSyncReport, SyncResources } from './resource-sync.service.js';

@ApiSchema({ name: 'SyncResourcesRequest' })
export class SyncResourcesDto {
  @MonthField({ description: 'Five months before period_to by default' }) period_from?: YearMonth;
  @MonthField({ description: 'The running month by default' }) period_to?: YearMonth;
  @UuidField({ description: 'The active settings by default' }) settings_uuid?: string;
  @UuidField({ description: 'Offering of new resources; without it none are made' }) offering_uuid?: string;
  @UuidField({ description: "Project of new resources; only its organisation's licences get one" })
  project_uuid?: string;
  @BooleanField({
    default: false,
    description: 'Taken for compatibility: organisations and projects are never made of ArrowSphere data',
  })
  force_import?: boolean;

  toCommand(): SyncResources {
    const { period_from: from, period_to: to, settings_uuid: settingsUuid } = this;
    return { from, to, settingsUuid, offeringUuid: this.offering_uuid, projectUuid: this.project_uuid };
  }
}

export class SyncResourcesResponse {
  @Shown('integer', { description: 'Licences that are linked to a resource now' }) synced: number;
  @Shown('integer') created: number;
  @Shown('integer') updated = 0;
  @Shown('integer') orders_created = 0;
  @Shown('integer') customers_created = 0;
  @Shown('integer') projects_created = 0;
  @Shown('integer') mappings_created = 0;
  @Shown('integer') invoices_created = 0;
  @Shown('integer') invoice_items_created = 0;
  @Shown({ type: [ArrowSyncError] }) errors: ArrowSyncError[];

  static from({ linked, created, errors }: ResourceSyncReport): SyncResourcesResponse {
    return Object.assign(new SyncResourcesResponse(), {
      synced: linked,
      created,
      errors: errors.map(({ licenseReference, error }) => ({ error, subscription_id: licenseReference })),
    });
  }
}
