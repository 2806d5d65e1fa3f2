import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { type EntityManager, Repository } from 'typeorm';
import type { TieOut } from '../ledger/tie-out.service.js';
import type { LicenseParty } from '../matching/match-licenses.js';
import type { BillingContext } from './billing-context.js';
import { BillingMonth } from './billing-month.entity.js';
import type { ExportSnapshot } from './export-snapshot.entity.js';

interface Finished {
  readonly rows: number;
  readonly turnover: string;
  readonly tieOut: readonly TieOut[];
  readonly failures: readonly { readonly customerUuid: string | null; readonly error: string }[];
}

/** How far each month of each account has come. */
@Injectable()
export class BillingMonthsService {
  constructor(@InjectRepository(BillingMonth) private readonly months: Repository<BillingMonth>) {}

  get({ account, month }: BillingContext): Promise<BillingMonth | null> {
    return this.months.findOneBy({ accountUuid: account.uuid, month: month.firstDay });
  }

  /** The months of an account that were begun, newest first. */
  of(accountUuid: string): Promise<BillingMonth[]> {
    return this.months.find({ where: { accountUuid }, order: { month: 'DESC' } });
  }

  /** Nothing was changed, and this is why; `''` where there is nothing to say. */
  async fail({ account, month, now }: BillingContext, error: string): Promise<void> {
    await this.months.manager.transaction(async (manager) => {
      await manager.query(
        `INSERT INTO billing_month (account_uuid, month, error_message) VALUES ($1, $2, $3)
         ON CONFLICT (account_uuid, month) DO UPDATE SET error_message = excluded.error_message`,
        [account.uuid, month.firstDay, error],
      );
      const failed = 'UPDATE billing_sync SET error_message = $3, modified = $4 WHERE account_uuid = $1 AND month = $2';
      await manager.query(failed, [account.uuid, month.firstDay, error, now]);
    });
  }

  /** An export was applied from end to end. Answers whether everything of the month is final and posted. */
  async finish(
    manager: EntityManager,
    { account, month, now }: BillingContext,
    snapshot: ExportSnapshot,
    done: Finished,
  ): Promise<boolean> {
    const scope = [account.uuid, month.firstDay];
    for (const { customerUuid, error } of done.failures) {
      await manager.query(
        'UPDATE billing_sync SET error_message = $4, modified = $3 WHERE account_uuid = $1 AND month = $2 AND customer_uuid = $5',
        [...scope, now, error, customerUuid],
      );
    }
    const [open] = await manager.query<{ settled: boolean }[]>(
      `SELECT NOT EXISTS (SELECT FROM billing_sync WHERE account_uuid = $1 AND month = $2 AND state <> 4)
          AND NOT EXISTS (SELECT FROM billing_sync_item WHERE account_uuid = $1 AND month = $2 AND status = 'billable' AND (presence = 'missing' OR NOT priced))
          AND NOT EXISTS (SELECT FROM consumption_record JOIN license_charge USING (account_uuid, month, license_reference)
                          WHERE account_uuid = $1 AND month = $2 AND path = 'license' AND finalized_at IS NULL AND reversed_at IS NULL) AS settled`,
      scope,
    );
    const settled = !done.failures.length && open!.settled && done.tieOut.every((entry) => entry.ties_out);
    const error = done.failures.length ? `${done.failures.length} organisations could not be posted.` : '';
    await manager.query(
      `UPDATE billing_month SET snapshot_uuid = $3, fingerprint = $4, rows = $5, turnover = $6, tie_out = $7, applied_at = $8,
         settled_at = CASE WHEN $9 THEN coalesce(settled_at, $8) END, error_message = $10 WHERE account_uuid = $1 AND month = $2`,
      [...scope, snapshot.uuid, '', done.rows, done.turnover, JSON.stringify(done.tieOut), now, settled, error],
    );
    return settled;
  }

  /** Many rows were written: the next run should be planned for as many. */
  async analyse(): Promise<void> {
    await this.months.query('ANALYZE billing_sync_item, invoice_posting, license_charge');
  }

  /** What besides the export the result depended on: with both as they are now, there is nothing to do. */
  async remember({ account, month }: BillingContext, snapshot: ExportSnapshot, fingerprint: string): Promise<void> {
    await this.months.update(
      { accountUuid: account.uuid, month: month.firstDay, snapshotUuid: snapshot.uuid },
      { fingerprint },
    );
  }

  /** Only part of an export was applied: the next whole one is to be gone through, even if it is the last one again. */
  async forget({ account, month }: BillingContext): Promise<void> {
    await this.months.update({ accountUuid: account.uuid, month: month.firstDay }, { fingerprint: '' });
  }

  /** The export is the one applied before. */
  async touch({ account, month, now }: BillingContext, tieOut: readonly TieOut[]): Promise<void> {
    await this.months.manager.transaction(async (manager) => {
      const scope = [account.uuid, month.firstDay, now];
      await manager.query(
        `UPDATE billing_month SET tie_out = $4, applied_at = $3, error_message = '' WHERE account_uuid = $1 AND month = $2`,
        [...scope, JSON.stringify(tieOut)],
      );
      await manager.query(
        `UPDATE billing_sync SET synced_at = $3, error_message = CASE arrow_state WHEN 'rejected' THEN error_message ELSE '' END WHERE account_uuid = $1 AND month = $2`,
        scope,
      );
    });
  }

  /** The licences that the month is known to have. */
  async licenses({ account, month }: BillingContext): Promise<string[]> {
    const rows = await this.months.query<{ license_reference: string }[]>(
      'SELECT DISTINCT license_reference FROM billing_sync_item WHERE account_uuid = $1 AND month = $2 ORDER BY 1',
      [account.uuid, month.firstDay],
    );
    return rows.map((row) => row.license_reference);
  }

  /** Changes whenever the consumption of the month does. */
  async recordsVersion({ account, month }: BillingContext): Promise<string> {
    const [row] = await this.months.query<{ version: string }[]>(
      `SELECT count(*) || '/' || coalesce(sum(consumed_sell), 0) || '/' || coalesce(sum(consumed_buy), 0) || '/' || count(reversed_at) AS version
       FROM consumption_record WHERE account_uuid = $1 AND month = $2`,
      [account.uuid, month.firstDay],
    );
    return row!.version;
  }

  /** Customer → currency in which it is billed for that month already: of its invoice, else of what is to stand on it. */
  async heldCurrencies(
    { account, month }: BillingContext,
    parties: readonly LicenseParty[],
  ): Promise<Map<string, string>> {
    const customers = [...new Set(parties.flatMap((party) => party.customerUuid ?? []))];
    const rows = await this.months.query<{ customer_uuid: string; currency: string }[]>(
      `SELECT DISTINCT ON (customer_uuid) customer_uuid, currency FROM (
         SELECT 1 AS weight, customer_uuid, currency FROM invoice WHERE month = $1 AND customer_uuid = ANY($2::uuid[])
         UNION ALL SELECT DISTINCT 2, customer_uuid, currency FROM consumption_record
           WHERE month = $1 AND account_uuid = $3 AND customer_uuid = ANY($2::uuid[]) AND (consumed_sell, consumed_buy) <> (0, 0)
         UNION ALL SELECT DISTINCT 3, customer_uuid, currency FROM billing_sync_item
           WHERE month = $1 AND account_uuid = $3 AND customer_uuid = ANY($2::uuid[]) AND party_fixed AND status = 'billable' AND presence <> 'gone'
       ) held ORDER BY customer_uuid, weight, currency`,
      [month.firstDay, customers, account.uuid],
    );
    return new Map(rows.map((row) => [row.customer_uuid, row.currency]));
  }
}
