import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { renderDateTime } from '../../common/date-time.js';
import { renderUuid } from '../../common/uuid.js';
import type { CustomerMapping } from '../../mappings/customer-mapping.entity.js';
import { CustomerMappingsService } from '../../mappings/customer-mappings.service.js';
import type { BillingSummaryResponse, SummaryBillingSync, SummaryConsumptionRecord } from './report.dto.js';

const RECENT = 20;

interface Totals {
  readonly total: number;
  readonly pending: number;
  readonly finalized: number;
  readonly reconciled: number;
  readonly consumed: string;
  readonly final: string | null;
}

/** What a mapped customer consumed and was billed, in one look. Five statements, whatever the size. */
@Injectable()
export class BillingSummaryService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly mappings: CustomerMappingsService,
  ) {}

  /** Throws `CustomerMappingNotFoundError`. */
  async of(uuid: string): Promise<BillingSummaryResponse> {
    const mapping = await this.mappings.get(uuid);
    const siblings = await this.mappings.ofCustomer(mapping.waldurCustomerUuid);
    const whose = this.whose(mapping, siblings);
    const currency = await this.currencyOf(mapping, whose);
    const [[records], recent, [syncs], recentSyncs] = await Promise.all([
      this.dataSource.query<Totals[]>(
        `SELECT ${TOTALS(whose.parameters.length + 1)} FROM consumption_record record WHERE ${whose.where}`,
        [...whose.parameters, currency],
      ),
      this.dataSource.query<SummaryConsumptionRecord[]>(RECENT_RECORDS(whose.where), whose.parameters),
      this.dataSource.query<{ total: number; sell: string | null }[]>(
        'SELECT count(*)::int AS total, round(sum(sell_total) FILTER (WHERE currency = $2), 2)::text AS sell FROM billing_sync WHERE customer_mapping_uuid = $1',
        [mapping.uuid, currency],
      ),
      this.dataSource.query<(Omit<SummaryBillingSync, 'created'> & { created: Date })[]>(RECENT_SYNCS, [mapping.uuid]),
    ]);
    return {
      customer_mapping_uuid: renderUuid(mapping.uuid),
      arrow_reference: mapping.arrowReference,
      arrow_company_name: mapping.arrowCompanyName,
      waldur_customer_uuid: renderUuid(mapping.waldurCustomerUuid),
      waldur_customer_name: mapping.waldurCustomer.name,
      currency,
      total_consumption_records: records!.total,
      total_consumed_sell: records!.consumed,
      total_final_sell: records!.final,
      pending_records: records!.pending,
      finalized_records: records!.finalized,
      reconciled_records: records!.reconciled,
      total_billing_syncs: syncs!.total,
      total_billing_sell: syncs!.sell,
      recent_consumption_records: recent.map((record) => ({ ...record, uuid: renderUuid(record.uuid) })),
      recent_billing_syncs: recentSyncs.map((sync) => ({
        ...sync,
        uuid: renderUuid(sync.uuid),
        created: renderDateTime(sync.created),
      })),
      mappings_of_customer: siblings.length,
      consumption_counted_by: siblings.length > 1 ? 'license_owner' : 'customer',
    };
  }

  /** In which currency most of it comes: amounts in others are not added to it. */
  private async currencyOf(
    mapping: CustomerMapping,
    { where, parameters }: { where: string; parameters: unknown[] },
  ): Promise<string | null> {
    const [row] = await this.dataSource.query<{ currency: string | null }[]>(
      `SELECT mode() WITHIN GROUP (ORDER BY currency) AS currency FROM (
         SELECT currency FROM consumption_record record WHERE ${where}
         UNION ALL SELECT currency FROM billing_sync WHERE customer_mapping_uuid = $${parameters.length + 1}) used`,
      [...parameters, mapping.uuid],
    );
    return row!.currency;
  }

  /** An organisation with one mapping has all its consumption there; with several, each licence counts where its owner is mapped. */
  private whose(
    mapping: CustomerMapping,
    siblings: readonly CustomerMapping[],
  ): { where: string; parameters: unknown[] } {
    const where = 'record.customer_uuid = $1 AND record.reversed_at IS NULL';
    if (siblings.length < 2) return { where, parameters: [mapping.waldurCustomerUuid] };
    const owner = `(SELECT customer_reference FROM license_owner owner
      WHERE owner.account_uuid = record.account_uuid AND owner.license_reference = record.license_reference)`;
    // What belongs to none of them counts under the oldest, so that nothing is counted nowhere.
    const others = siblings.filter((sibling) => sibling.uuid !== mapping.uuid).map((sibling) => sibling.arrowReference);
    const isOldest = siblings[0]!.uuid === mapping.uuid;
    return isOldest
      ? {
          where: `${where} AND coalesce(${owner}, '') <> ALL($2::text[])`,
          parameters: [mapping.waldurCustomerUuid, others],
        }
      : { where: `${where} AND ${owner} = $2`, parameters: [mapping.waldurCustomerUuid, mapping.arrowReference] };
  }
}

/** Amounts in the currency that stands at that parameter. */
const TOTALS = (
  currency: number,
) => `count(*)::int AS total, (count(*) - count(finalized_at))::int AS pending, count(finalized_at)::int AS finalized,
  count(reconciled_at)::int AS reconciled, round(coalesce(sum(consumed_sell) FILTER (WHERE currency = $${currency}::text), 0), 2)::text AS consumed, round(sum(final_sell) FILTER (WHERE currency = $${currency}::text), 2)::text AS final`;

const RECENT_RECORDS = (where: string) => `
  SELECT record.uuid, license_reference, resource.name AS resource_name, record.month::text AS billing_period, round(consumed_sell, 2)::text AS consumed_sell,
         round(final_sell, 2)::text AS final_sell, finalized_at IS NOT NULL AS is_finalized, reconciled_at IS NOT NULL AS is_reconciled
  FROM (SELECT * FROM consumption_record record WHERE ${where} ORDER BY month DESC, uuid LIMIT ${RECENT}) record
  LEFT JOIN resource ON resource.uuid = record.resource_uuid ORDER BY record.month DESC, record.uuid`;

const RECENT_SYNCS = `
  SELECT uuid, to_char(month, 'YYYY-MM') AS report_period, state::text AS state, round(sell_total, 2)::text AS sell_total, item_count AS items_count, created
  FROM billing_sync WHERE customer_mapping_uuid = $1 ORDER BY month DESC, created DESC, uuid LIMIT ${RECENT}`;
