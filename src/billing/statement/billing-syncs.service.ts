import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { In, IsNull, Not, Repository, type SelectQueryBuilder } from 'typeorm';
import type { Count, Page } from '../../common/page.js';
import { parseUuid } from '../../common/uuid.js';
import { YearMonth } from '../../common/year-month.js';
import { containing, countOnly, orderOf, paginate } from '../../database/paginate.js';
import { BillingSyncItemNotFoundError, BillingSyncNotFoundError } from '../billing.errors.js';
import type { ListBillingSyncItemsQuery, ListBillingSyncsQuery } from './billing-sync.dto.js';
import { BillingSync } from './billing-sync.entity.js';
import { BillingSyncItem } from './billing-sync-item.entity.js';

const relations = { customerMapping: true, customer: true };
/** Items that stand inside a billing sync; the list of items has all. */
const NESTED = 100;

const SYNC_ORDER = {
  created: 'created',
  modified: 'modified',
  report_period: 'month',
  statement_reference: 'statementReference',
  state: 'state',
  sell_total: 'sellTotal',
  buy_total: 'buyTotal',
  synced_at: 'syncedAt',
};
const ITEM_ORDER = {
  created: 'created',
  report_period: 'month',
  arrow_line_reference: 'arrowLineReference',
  vendor_name: 'vendorName',
  classification: 'classification',
  original_price: 'originalPrice',
};

/** A line with the entries of the ledger that charge it: its own, or those of its licence. */
export interface ChargedItem {
  readonly item: BillingSyncItem;
  readonly invoiceItemUuid: string | null;
  readonly compensationItemUuid: string | null;
}

export interface SyncWithItems {
  readonly sync: BillingSync;
  /** At most 100. */
  readonly items: readonly ChargedItem[];
}

/** Statements and their lines as they are read. */
@Injectable()
export class BillingSyncsService {
  constructor(
    @InjectRepository(BillingSync) private readonly syncs: Repository<BillingSync>,
    @InjectRepository(BillingSyncItem) private readonly items: Repository<BillingSyncItem>,
  ) {}

  /** Newest month first by default. Throws `PageNotFoundError`. */
  async list(query: ListBillingSyncsQuery): Promise<Page<SyncWithItems>> {
    const order = orderOf(query.o, SYNC_ORDER, [
      ['month', 'DESC'],
      ['created', 'DESC'],
    ]);
    const page = await paginate(this.filtered(query), query, order, (uuids) =>
      this.syncs.find({ where: { uuid: In([...uuids]) }, relations }),
    );
    const items = await this.nested(page.items.map((sync) => sync.uuid));
    return page.map((sync) => ({ sync, items: items.get(sync.uuid) ?? [] }));
  }

  /** Throws `PageNotFoundError`. */
  count(query: ListBillingSyncsQuery): Promise<Count> {
    return countOnly(this.filtered(query), query);
  }

  /** Throws `BillingSyncNotFoundError`. */
  async get(uuid: string): Promise<SyncWithItems> {
    const known = parseUuid(uuid);
    const sync = known && (await this.syncs.findOne({ where: { uuid: known }, relations }));
    if (!sync) throw new BillingSyncNotFoundError();
    return { sync, items: (await this.nested([sync.uuid])).get(sync.uuid) ?? [] };
  }

  /** Newest first by default. Throws `PageNotFoundError`. */
  async listItems(query: ListBillingSyncItemsQuery): Promise<Page<ChargedItem>> {
    const order = orderOf(query.o, ITEM_ORDER, [['created', 'DESC']]);
    const page = await paginate(this.filteredItems(query), query, order, (uuids) =>
      this.items.findBy({ uuid: In([...uuids]) }),
    );
    const charged = await this.charged(page.items);
    return page.map((item) => charged.get(item.uuid)!);
  }

  /** Throws `PageNotFoundError`. */
  countItems(query: ListBillingSyncItemsQuery): Promise<Count> {
    return countOnly(this.filteredItems(query), query);
  }

  /** Throws `BillingSyncItemNotFoundError`. */
  async getItem(uuid: string): Promise<ChargedItem> {
    const known = parseUuid(uuid);
    const item = known ? await this.items.findOneBy({ uuid: known, billingSyncUuid: Not(IsNull()) }) : null;
    if (!item) throw new BillingSyncItemNotFoundError();
    return (await this.charged([item])).get(item.uuid)!;
  }

  private async nested(syncs: readonly string[]): Promise<Map<string, ChargedItem[]>> {
    const rows = await this.items.query<{ uuid: string }[]>(
      `SELECT item.uuid FROM unnest($1::uuid[]) AS sync
       CROSS JOIN LATERAL (SELECT uuid FROM billing_sync_item WHERE billing_sync_uuid = sync ORDER BY created, uuid LIMIT $2) item`,
      [syncs, NESTED],
    );
    const items = await this.items.find({
      where: { uuid: In(rows.map((row) => row.uuid)) },
      order: { arrowLineReference: 'ASC', occurrence: 'ASC', uuid: 'ASC' },
    });
    const charged = await this.charged(items);
    const bySync = new Map<string, ChargedItem[]>();
    for (const item of items) {
      if (!bySync.has(item.billingSyncUuid!)) bySync.set(item.billingSyncUuid!, []);
      bySync.get(item.billingSyncUuid!)!.push(charged.get(item.uuid)!);
    }
    return bySync;
  }

  private async charged(items: readonly BillingSyncItem[]): Promise<Map<string, ChargedItem>> {
    const rows = await this.items.query<{ uuid: string; charge: string | null; compensation: string | null }[]>(
      `SELECT item.uuid, (array_agg(posting.uuid ORDER BY revision) FILTER (WHERE kind <> 'compensation'))[1] AS charge,
              (array_agg(posting.uuid ORDER BY revision DESC) FILTER (WHERE kind = 'compensation'))[1] AS compensation
       FROM billing_sync_item item
       JOIN license_charge charge USING (account_uuid, month, license_reference)
       JOIN invoice_posting posting ON posting.account_uuid = item.account_uuid AND posting.month = item.month
        AND posting.charge_key = ${CHARGE_KEY} AND posting.currency = item.currency
       WHERE item.uuid = ANY($1::uuid[]) GROUP BY 1`,
      [items.map((item) => item.uuid)],
    );
    const found = new Map(rows.map((row) => [row.uuid, row]));
    return new Map(
      items.map((item) => {
        const { charge = null, compensation = null } = found.get(item.uuid) ?? {};
        return [item.uuid, { item, invoiceItemUuid: charge, compensationItemUuid: compensation }];
      }),
    );
  }

  private filtered(query: ListBillingSyncsQuery): SelectQueryBuilder<BillingSync> {
    const {
      customer_mapping,
      customer_mapping_uuid,
      settings_uuid,
      statement_reference,
      report_period,
      state,
      arrow_state,
    } = query;
    const found = this.syncs.createQueryBuilder('sync');
    if (customer_mapping) found.andWhere('sync.customerMappingUuid = :customer_mapping', { customer_mapping });
    if (customer_mapping_uuid)
      found.andWhere('sync.customerMappingUuid = :customer_mapping_uuid', { customer_mapping_uuid });
    if (settings_uuid)
      found
        .innerJoin('sync.customerMapping', 'mapping')
        .andWhere('mapping.settingsUuid = :settings_uuid', { settings_uuid });
    if (statement_reference)
      found.andWhere('sync.statementReference ILIKE :statement', { statement: containing(statement_reference) });
    if (report_period) monthFilter(found, 'sync', '=', report_period);
    if (query.report_period_from)
      found.andWhere(`to_char(sync.month, 'YYYY-MM') >= :from`, { from: query.report_period_from });
    if (query.report_period_to) found.andWhere(`to_char(sync.month, 'YYYY-MM') <= :to`, { to: query.report_period_to });
    if (state !== undefined) found.andWhere('sync.state = :state', { state });
    if (arrow_state) found.andWhere('sync.arrowState = lower(:arrow_state)', { arrow_state });
    return found;
  }

  private filteredItems(query: ListBillingSyncItemsQuery): SelectQueryBuilder<BillingSyncItem> {
    const {
      billing_sync,
      billing_sync_uuid,
      report_period,
      vendor_name,
      classification,
      subscription_reference,
      arrow_line_reference,
      has_compensation,
    } = query;
    const found = this.items.createQueryBuilder('item').where('item.billingSyncUuid IS NOT NULL');
    if (billing_sync) found.andWhere('item.billingSyncUuid = :billing_sync', { billing_sync });
    if (billing_sync_uuid) found.andWhere('item.billingSyncUuid = :billing_sync_uuid', { billing_sync_uuid });
    if (report_period) monthFilter(found, 'item', '=', report_period);
    if (vendor_name) found.andWhere('item.vendorName ILIKE :vendor', { vendor: containing(vendor_name) });
    if (classification) found.andWhere('item.classification = :classification', { classification });
    if (subscription_reference)
      found.andWhere('item.subscriptionReference ILIKE :subscription', {
        subscription: containing(subscription_reference),
      });
    if (arrow_line_reference)
      found.andWhere('item.arrowLineReference ILIKE :line', { line: containing(arrow_line_reference) });
    if (has_compensation !== undefined) {
      found.andWhere(
        `${has_compensation ? '' : 'NOT '}EXISTS (SELECT FROM license_charge charge JOIN invoice_posting posting
           ON posting.account_uuid = charge.account_uuid AND posting.month = charge.month AND posting.charge_key = ${CHARGE_KEY} AND posting.currency = item.currency
           WHERE charge.account_uuid = item.account_uuid AND charge.month = item.month AND charge.license_reference = item.license_reference
             AND posting.kind = 'compensation')`,
      );
    }
    return found;
  }
}

/** The charge that a line belongs to. */
const CHARGE_KEY = `CASE charge.path WHEN 'license' THEN 'license:' || item.license_reference
  ELSE 'line:' || item.license_reference || '/' || item.arrow_line_reference || '#' || item.occurrence END`;

/** A text that is no month matches nothing. */
function monthFilter(
  found: SelectQueryBuilder<BillingSync> | SelectQueryBuilder<BillingSyncItem>,
  alias: string,
  operator: string,
  text: string,
): void {
  const month = YearMonth.parse(text);
  if (month) found.andWhere(`${alias}.month ${operator} :month`, { month: month.firstDay });
  else found.andWhere('false');
}
