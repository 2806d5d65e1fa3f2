import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { InvalidFieldsError } from '../../common/app.error.js';
import { YearMonth } from '../../common/year-month.js';
import { SettingsService } from '../../settings/settings.service.js';
import { BillingAccountsService } from '../accounts/billing-accounts.service.js';
import { LedgerService } from '../ledger/ledger.service.js';
import { checkedRange } from '../month-range.js';
import { postingContext } from '../statement/statement-applier.service.js';
import type { CleanupConsumptionDto, CleanupConsumptionResponse } from './consumption-action.dto.js';
import { ConsumptionLedgerService } from './consumption-ledger.service.js';

interface Affected {
  readonly account_uuid: string;
  readonly settings_uuid: string;
  readonly month: string;
  readonly uuids: string[];
  readonly customers: string[];
  readonly items: number;
  readonly compensations: number;
}

/** Takes consumption back: what was charged for it is credited, and everything stays in the ledger for whoever asks. */
@Injectable()
export class ConsumptionCleanupService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly settings: SettingsService,
    private readonly accounts: BillingAccountsService,
    private readonly ledger: LedgerService,
    private readonly consumption: ConsumptionLedgerService,
  ) {}

  /** Throws `InvalidFieldsError`. */
  async cleanUp(dto: CleanupConsumptionDto, by: string): Promise<CleanupConsumptionResponse> {
    const { dry_run = true, only_finalized, only_unfinalized, period_from, period_to } = dto;
    if (only_finalized && only_unfinalized) {
      throw new InvalidFieldsError({ non_field_errors: ['Cannot specify both only_finalized and only_unfinalized'] });
    }
    if (period_from && period_to) checkedRange(period_from, period_to);
    const groups = await this.affected(dto);
    const total = (of: (group: Affected) => number) => groups.reduce((sum, group) => sum + of(group), 0);
    let deleted = 0;
    if (!dry_run) for (const group of groups) deleted += await this.takeBack(group, by);
    return {
      dry_run,
      records_to_delete: total((group) => group.uuids.length),
      records_deleted: deleted,
      compensation_items_affected: total((group) => group.compensations),
      invoice_items_affected: total((group) => group.items),
    };
  }

  private affected({
    period_from,
    period_to,
    resource_uuid,
    only_finalized,
    only_unfinalized,
  }: CleanupConsumptionDto): Promise<Affected[]> {
    return this.dataSource.query<Affected[]>(
      `SELECT record.account_uuid, account.settings_uuid, record.month, array_agg(record.uuid) AS uuids, array_agg(DISTINCT record.customer_uuid) AS customers,
              sum((posting.charges > 0)::int)::int AS items, sum((posting.compensations > 0)::int)::int AS compensations
       FROM consumption_record record JOIN billing_account account ON account.uuid = record.account_uuid
       CROSS JOIN LATERAL (
         SELECT count(*) FILTER (WHERE kind <> 'compensation') AS charges, count(*) FILTER (WHERE kind = 'compensation') AS compensations
         FROM invoice_posting WHERE account_uuid = record.account_uuid AND month = record.month AND charge_key = 'license:' || record.license_reference
       ) posting
       WHERE record.reversed_at IS NULL AND ($1::date IS NULL OR record.month >= $1) AND ($2::date IS NULL OR record.month <= $2)
         AND ($3::uuid IS NULL OR record.resource_uuid = $3)
         AND ($4::boolean IS NULL OR (record.finalized_at IS NOT NULL) = $4)
       GROUP BY 1, 2, 3 ORDER BY 3, 1`,
      [
        period_from?.firstDay,
        period_to?.firstDay,
        resource_uuid,
        only_finalized ? true : only_unfinalized ? false : null,
      ],
    );
  }

  private async takeBack({ settings_uuid, month, uuids, customers }: Affected, by: string): Promise<number> {
    const context = await this.accounts.context(
      await this.settings.get(settings_uuid),
      YearMonth.from(month),
      by,
      null,
    );
    return this.dataSource.transaction(async (manager) => {
      await this.consumption.lock(manager, context);
      const count = await this.mark(manager, uuids, by, context.now);
      await this.ledger.postDifferences(manager, postingContext(context), customers);
      return count;
    });
  }

  private async mark(manager: EntityManager, uuids: readonly string[], by: string, now: Date): Promise<number> {
    const [rows] = await manager.query<[unknown[], number]>(
      'UPDATE consumption_record SET reversed_at = $2, reversed_by = $3, modified = $2 WHERE uuid = ANY($1::uuid[]) AND reversed_at IS NULL RETURNING uuid',
      [uuids, now, by],
    );
    return rows.length;
  }
}
