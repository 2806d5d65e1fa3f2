import { Injectable } from '@nestjs/common';
import { AppError } from '../../common/app.error.js';
import { Clock } from '../../common/clock.js';
import { YearMonth } from '../../common/year-month.js';
import { OfferingsService } from '../../directory/offerings.service.js';
import type { Project } from '../../directory/project.entity.js';
import { ProjectsService } from '../../directory/projects.service.js';
import { type LicenseLinkFacts, ResourcesService } from '../../directory/resources.service.js';
import { SettingsService } from '../../settings/settings.service.js';
import { BillingAccountsService } from '../accounts/billing-accounts.service.js';
import { rangeUpTo } from '../core/month-range.js';
import { settingsNotFound } from '../core/named-in-request.js';
import { reasonOf } from '../core/reasons.js';
import type { BillTo } from '../payers/bill-to.js';
import { PayersService } from '../payers/payers.service.js';
import { LinesRepository } from '../statements/lines.repository.js';

/** Which licences are to get resources, and where. */
export interface SyncResources {
  /** Five months before `to` by default. */
  readonly from?: YearMonth;
  /** The running month by default. */
  readonly to?: YearMonth;
  /** The active settings by default. */
  readonly settingsUuid?: string;
  /** Of new resources; without both none are made. */
  readonly offeringUuid?: string;
  readonly projectUuid?: string;
}

export interface ResourceSyncReport {
  /** Licences that are linked now. */
  readonly linked: number;
  /** Of those, the ones that were linked to a new resource. */
  readonly created: number;
  readonly errors: readonly { readonly licenseReference: string; readonly error: string }[];
}

/** Resources for licences that bill. It makes nothing else: who is who is for a person to say. */
@Injectable()
export class ResourceSyncService {
  constructor(
    private readonly settings: SettingsService,
    private readonly accounts: BillingAccountsService,
    private readonly lines: LinesRepository,
    private readonly payers: PayersService,
    private readonly resources: ResourcesService,
    private readonly projects: ProjectsService,
    private readonly offerings: OfferingsService,
    private readonly clock: Clock,
  ) {}

  /**
   * `signal` ends the asking of ArrowSphere. Throws `SettingsMissingError`, `NamedNotFoundError`, `ProjectNotFoundError`, `OfferingNotFoundError`,
   * `InvalidFieldsError`, `KeyOfAnotherPartnerError`, and the gateway's errors.
   */
  async sync(
    command: SyncResources,
    by: string,
    signal: AbortSignal = new AbortController().signal,
  ): Promise<ResourceSyncReport> {
    const { settingsUuid, projectUuid, offeringUuid } = command;
    const settings = await this.settings.resolve(settingsUuid, settingsNotFound);
    const project = projectUuid ? await this.projects.get(projectUuid) : null;
    const offering = offeringUuid ? await this.offerings.get(offeringUuid) : null;
    const context = await this.accounts.context(settings, YearMonth.at(this.clock.now()), by);
    const range = rangeUpTo(command, context.currentMonth, 6);
    await this.accounts.ensureOwnKey(context, signal);
    const licenses = await this.lines.licensesBetween(context.account.uuid, range);
    const references = licenses.map((license) => license.licenseReference);
    const namedOn = new Map(licenses.map((license) => [license.licenseReference, license.arrowCustomer]));
    // The owner of now, as ArrowSphere says; else the one that the newest line names.
    const customerOf = (license: string, owner?: string) => owner ?? namedOn.get(license);
    const partyOf = await this.payers.partiesOf(context, references, customerOf, signal);
    const linkOf = new Map((await this.resources.linksOf(references)).map((link) => [link.licenseReference, link]));
    const errors: { licenseReference: string; error: string }[] = [];
    let created = 0;
    for (const { licenseReference, name } of licenses) {
      const party = partyOf.get(licenseReference);
      const link = linkOf.get(licenseReference);
      const error = linkFault(party, link) ?? (link ? '' : await this.create(party!, name, project, offering?.uuid));
      if (error) errors.push({ licenseReference, error });
      else if (!link) created++;
    }
    return { linked: licenses.length - errors.length, created, errors };
  }

  /** Answers `""`, or the sentence that says why not. */
  private async create(
    { licenseReference, customerUuid }: BillTo,
    name: string,
    project: Project | null,
    offeringUuid: string | undefined,
  ): Promise<string> {
    if (!project || !offeringUuid)
      return 'It is linked to no resource: give project_uuid and offering_uuid to make one, or link it.';
    if (project.customerUuid !== customerUuid) return 'It belongs to another organisation than the project given.';
    try {
      await this.resources.create({
        name: (name || licenseReference).slice(0, 150),
        projectUuid: project.uuid,
        offeringUuid,
        backendId: licenseReference,
      });
      return '';
    } catch (error) {
      if (error instanceof AppError) return error.message;
      throw error;
    }
  }
}

/** Why the licence may not be linked as it is, or at all. */
function linkFault(party: BillTo | undefined, link: LicenseLinkFacts | undefined): string | null {
  if (!party) return sentenceOf('customer_unknown');
  if (party.reason) return sentenceOf(party.reason);
  if (link && link.customerUuid !== party.customerUuid) return sentenceOf('resource_of_another_customer');
  return null;
}

function sentenceOf(reason: string): string {
  const { sentence, fix } = reasonOf(reason);
  return `${sentence} ${fix}`;
}
