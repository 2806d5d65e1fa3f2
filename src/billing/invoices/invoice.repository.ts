import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { InvoiceState } from './invoice.entity.js';
import { INSERT_DRAFTS, LOCK_INVOICES } from './invoice.sql.js';

/** An invoice as it stands until the transaction ends. */
export interface LockedInvoice {
  readonly uuid: string;
  readonly customerUuid: string;
  readonly currency: string;
  /** `YYYY-MM-DD`, the first day. */
  readonly month: string;
  readonly state: InvoiceState;
}

/** Whose invoice: one per account, month, organisation and currency. */
export interface InvoiceParty {
  readonly customerUuid: string;
  readonly currency: string;
}

/** Invoices: the locks that posters and issuers take. */
@Injectable()
export class InvoiceRepository {
  /**
   * The invoices of these parties, made where they are missing. Nobody issues them until the transaction ends; others may
   * post on them.
   */
  async lockDrafts(
    manager: EntityManager,
    accountUuid: string,
    month: string,
    parties: readonly InvoiceParty[],
  ): Promise<LockedInvoice[]> {
    await manager.query(INSERT_DRAFTS, parametersOf(accountUuid, month, parties));
    return this.lockExisting(manager, accountUuid, month, parties);
  }

  /** As {@link lockDrafts}, but makes none. */
  lockExisting(
    manager: EntityManager,
    accountUuid: string,
    month: string,
    parties: readonly InvoiceParty[],
  ): Promise<LockedInvoice[]> {
    return manager.query(LOCK_INVOICES, parametersOf(accountUuid, month, parties));
  }
}

function parametersOf(accountUuid: string, month: string, parties: readonly InvoiceParty[]): unknown[] {
  return [accountUuid, month, parties.map((party) => party.customerUuid), parties.map((party) => party.currency)];
}
