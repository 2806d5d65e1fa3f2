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
import type { LicenseParty } from '../matching/match-licenses.js';
import { PartiesService } from '../matching/parties.service.js';
import { checkedRange } from '../month-range.js';
import { BilledLicensesService } from '../statement/billed-licenses.service.js';
import { BillingJobsService } from './billing-jobs.service.js';
import type { SyncResourcesDto, SyncResourcesResponse } from './resource-sync.dto.js';

const ADVICE: Record<string, string> = {
  customer_not_mapped: 'Its ArrowSphere customer is not mapped: map it first.',
  customer_unknown: 'ArrowSphere does not say whose it is.',
  resource_of_another_customer:
    'Its resource belongs to another organisation than its ArrowSphere customer is mapped to.',
  several_mappings: 'Its organisation has several mappings; it is not clear which is meant.',
};

/** Resources for licences that bill. It makes nothing else: who is who is for a person to say. */
@Injectable()
export class ResourceSyncService {
  constructor(
    private readonly jobs: BillingJobsService,
    private readonly accounts: BillingAccountsService,
    private readonly licenses: BilledLicensesService,
    private readonly parties: PartiesService,
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
    const context = await this.accounts.context(settings, YearMonth.at(this.clock.now()), by, null);
    const to = dto.period_to ?? context.currentMonth;
    const range = checkedRange(dto.period_from ?? to.plus(-5), to);
    const billed = await this.licenses.between(context.account.uuid, range);
    const names = new Map(billed.map((license) => [license.licenseReference, license.name]));
    const errors: SyncErrorResponse[] = [];
    const counts = { synced: 0, created: 0, updated: 0 };
    for (const party of await this.parties.known(context, [...names.keys()])) {
      if (party.resourceUuid) counts.synced++;
      else {
        const made = await this.make(party, names.get(party.licenseReference)!, project, offering?.uuid);
        if (made === true) {
          counts.created++;
          counts.synced++;
        } else errors.push({ error: made, subscription_id: party.licenseReference });
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
    { reason, customerUuid, licenseReference }: LicenseParty,
    name: string,
    project: Project | null,
    offering: string | undefined,
  ): Promise<true | string> {
    if (reason) return ADVICE[reason] ?? 'Its lines name no licence.';
    if (!project || !offering)
      return 'It hangs on no resource: give project_uuid and offering_uuid to make one, or link it.';
    if (project.customerUuid !== customerUuid) return 'It belongs to another organisation than the project given.';
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
