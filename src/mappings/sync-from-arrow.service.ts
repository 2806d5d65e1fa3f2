import { Injectable } from '@nestjs/common';
import { type ArrowCustomer, ArrowGateway } from '../arrow-gateway/arrow-gateway.js';
import { Clock } from '../common/clock.js';
import { sanitizeText } from '../common/sanitize-text.js';
import { SettingsService } from '../settings/settings.service.js';
import type { CustomerMapping } from './customer-mapping.entity.js';
import { CustomerMappingsRepository } from './customer-mappings.repository.js';
import { mappingsByCustomer } from './mappings-by-customer.js';

interface Correction {
  /** Of the mapping. */
  readonly uuid: string;
  readonly from: string;
  readonly to: string;
}

/** What a synchronisation changed. */
export interface SyncedFromArrow {
  /** Mappings whose company name changed. */
  readonly renamed: readonly (Correction & { readonly arrowReference: string })[];
  /** Mappings that hold ArrowSphere's own reference now. */
  readonly corrected: readonly Correction[];
  /** References of active mappings that ArrowSphere does not know. */
  readonly missing: readonly string[];
}

/** Takes over references and company names from ArrowSphere. */
@Injectable()
export class SyncFromArrowService {
  constructor(
    private readonly mappings: CustomerMappingsRepository,
    private readonly settings: SettingsService,
    private readonly gateway: ArrowGateway,
    private readonly clock: Clock,
  ) {}

  /**
   * For the active mappings of an account, the active one by default. ArrowSphere is asked first, then each kind of
   * change is written in one statement. Throws `SettingsMissingError`, `KeyOfAnotherPartnerError` and the gateway's errors.
   */
  async run(settingsUuid?: string): Promise<SyncedFromArrow> {
    const settings = await this.settings.resolve(settingsUuid);
    const account = await this.settings.ownAccountOf(settings);
    const { data: customers } = await this.gateway.listCustomers(account, { refresh: true });
    const names = new Map(customers.map(({ reference, companyName }) => [reference, companyName]));
    const stored = await this.mappings.ofSettings(settings.uuid);
    const corrected = corrections(stored, customers);
    await this.mappings.rewrite('arrow_reference', corrected, this.clock.now());
    const ownReference = new Map(corrected.map(({ uuid, to }) => [uuid, to]));
    const active = stored
      .filter(({ isActive }) => isActive)
      .map((row) => ({ ...row, arrowReference: ownReference.get(row.uuid) ?? row.arrowReference }));
    const renamed = active.flatMap(({ uuid, arrowReference, arrowCompanyName: from }) => {
      const to = sanitizeText(names.get(arrowReference) ?? '', 500);
      // A nameless customer says nothing new: blanking the stored name would lose what the operator knows it by.
      return to && to !== from ? [{ uuid, arrowReference, from, to }] : [];
    });
    await this.mappings.rewrite('arrow_company_name', renamed, this.clock.now());
    const missing = active.map(({ arrowReference }) => arrowReference).filter((reference) => !names.has(reference));
    return { renamed, corrected, missing };
  }
}

/**
 * Active mappings that were made while ArrowSphere could not be asked get its own reference, where nobody has it yet.
 */
function corrections(mappings: readonly CustomerMapping[], customers: readonly ArrowCustomer[]): Correction[] {
  return [...mappingsByCustomer(mappings, customers)].flatMap(([to, { uuid, arrowReference: from, isActive }]) =>
    isActive && from !== to ? [{ uuid, from, to }] : [],
  );
}
