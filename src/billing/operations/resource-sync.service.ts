import { Injectable } from '@nestjs/common';
import { AppError } from '../../common/app.error.js';
import { Clock } from '../../common/clock.js';
import { YearMonth } from '../../common/year-month.js';
import { OfferingsService } from '../../directory/offerings.service.js';
import type { Project } from '../../directory/project.entity.js';
import { ProjectsService } from '../../directory/projects.service.js';
import { ResourcesService } from '../../directory/resources.service.js';
import { BillingAccountsService } from '../accounts/billing-accounts.service.js';
import type { SyncErrorResponse } from '../consumption/consumption-action.dto.js';
import { checkedRange } from '../core/month-range.js';
import { reasonOf } from '../core/reasons.js';
import type { BillTo } from '../payers/bill-to.js';
import { PayersService } from '../payers/payers.service.js';
import { BillingJobsService } from './billing-jobs.service.js';
import type { SyncResourcesDto, SyncResourcesResponse } from './resource-sync.dto.js';
import { ScheduleRepository } from './schedule.repository.js';

/** Resources for licences that bill. It makes nothing else: who is who is for a person to say. */
@Injectable()
export class ResourceSyncService {
  constructor(
    private readonly jobs: BillingJobsService,
    private readonly accounts: BillingAccountsService,
    private readonly schedule: ScheduleRepository,
    private readonly payers: PayersService,
    private readonly resources: ResourcesService,
    private readonly projects: ProjectsService,
    private readonly offerings: OfferingsService,
    private readonly clock: Clock,
  ) {}

  /** Throws `SettingsMissingError`, `SettingsNotFoundError`, `ProjectNotFoundError`, `OfferingNotFoundError`, `InvalidFieldsError`. */
  async sync(dto: SyncResourcesDto, by: string): Promise<SyncResourcesResponse> {
    const settings = await this.jobs.named(dto.settings_uuid);
    const project = dto.project_uuid ? await this.projects.get(dto.project_uuid) : null;
    const offering = dto.offering_uuid ? await this.offerings.get(dto.offering_uuid) : null;
    const context = await this.accounts.context(settings, YearMonth.at(this.clock.now()), by, null, null);
    const to = dto.period_to ?? context.currentMonth;
    const range = checkedRange(dto.period_from ?? to.plus(-5), to);
    const billed = await this.schedule.billedLicenses(context.account.uuid, range.from.firstDay, range.to.firstDay);
    const parties = await this.payers.billTo(
      context,
      billed.filter((license) => license.arrowCustomer),
    );
    const partyOf = new Map(parties.map((party) => [party.licenseReference, party]));
    const linked = new Set(
      (await this.resources.linksOf(billed.map((license) => license.licenseReference))).map(
        (link) => link.licenseReference,
      ),
    );
    const errors: SyncErrorResponse[] = [];
    const counts = { synced: 0, created: 0, updated: 0 };
    for (const { licenseReference, name } of billed) {
      const made =
        linked.has(licenseReference) ||
        (await this.make(licenseReference, partyOf.get(licenseReference), name, project, offering?.uuid));
      if (made !== true) errors.push({ error: made, subscription_id: licenseReference });
      else {
        counts.synced++;
        if (!linked.has(licenseReference)) counts.created++;
      }
    }
    const never = {
      orders_created: 0,
      customers_created: 0,
      projects_created: 0,
      mappings_created: 0,
      invoices_created: 0,
      invoice_items_created: 0,
    };
    return { ...counts, ...never, errors };
  }

  /** True, or the sentence that says why not. */
  private async make(
    licenseReference: string,
    party: BillTo | undefined,
    name: string,
    project: Project | null,
    offering: string | undefined,
  ): Promise<true | string> {
    const reason = party ? party.reason : 'customer_unknown';
    if (reason) return `${reasonOf(reason).sentence} ${reasonOf(reason).fix}`;
    if (!project || !offering)
      return 'It is linked to no resource: give project_uuid and offering_uuid to make one, or link it.';
    if (project.customerUuid !== party!.customerUuid)
      return 'It belongs to another organisation than the project given.';
    try {
      await this.resources.create({
        name: (name || licenseReference).slice(0, 150),
        project: project.uuid,
        offering,
        backend_id: licenseReference,
      });
      return true;
    } catch (error) {
      if (error instanceof AppError) return error.message;
      throw error;
    }
  }
}
