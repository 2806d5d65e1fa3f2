import { Injectable, type StreamableFile } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { csvFile, inPages } from '../../common/csv.js';
import { renderDateTime } from '../../common/date-time.js';
import { round, sum } from '../../common/money.js';
import { Page, pageOf } from '../../common/page.js';
import { renderUuid } from '../../common/uuid.js';
import { BillingSyncsService } from '../statement/billing-syncs.service.js';
import { type PageRows, SnapshotsService } from '../statement/snapshots.service.js';
import type { ExplainedLine, ExplainedPosting, ExplainQuery } from './report.dto.js';
import { whyCharged } from './why.js';

const CSV_ROWS = 500;

interface Row {
  readonly uuid: string;
  readonly arrow_line_reference: string;
  readonly occurrence: number;
  readonly license_reference: string;
  readonly status: string;
  readonly reason: string;
  readonly presence: string;
  readonly priced: boolean;
  readonly sell: string | null;
  readonly buy: string | null;
  readonly currency: string;
  readonly quantity: string;
  readonly vendor_name: string;
  readonly description: string;
  readonly classification: string;
  readonly subscription_reference: string;
  readonly service_start: string | null;
  readonly service_end: string | null;
  readonly customer_uuid: string | null;
  readonly project_uuid: string | null;
  readonly resource_uuid: string | null;
  readonly owner: string | null;
  readonly path: string | null;
  readonly charge_key: string;
  readonly page_hash: string;
  readonly page_row: number;
  readonly postings: (Omit<ExplainedPosting, 'created'> & { created: string })[] | null;
}

/** Every line of a statement, from ArrowSphere's cells to the entries on the invoice, and why. */
@Injectable()
export class ExplainService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly syncs: BillingSyncsService,
    private readonly snapshots: SnapshotsService,
  ) {}

  /** A page of lines, or all of them as CSV. Throws `BillingSyncNotFoundError`, `PageNotFoundError`. */
  async explain(uuid: string, query: ExplainQuery): Promise<Page<ExplainedLine> | StreamableFile> {
    const { sync } = await this.syncs.get(uuid);
    if (query.format?.includes('csv'))
      return csvFile(`explain-${sync.statementReference}`, CSV_HEADERS, this.csvRows(sync.uuid));
    const [counted] = await this.dataSource.query<{ count: number }[]>(
      'SELECT count(*)::int AS count FROM billing_sync_item WHERE billing_sync_uuid = $1',
      [sync.uuid],
    );
    const { total, page, pageSize } = pageOf(query, counted!.count);
    return new Page(await this.lines(sync.uuid, pageSize, (page - 1) * pageSize), total, page, pageSize, query.field);
  }

  private async *csvRows(syncUuid: string) {
    for await (const line of inPages(CSV_ROWS, (offset) => this.lines(syncUuid, CSV_ROWS, offset))) {
      const { normalised, match, postings } = line;
      const cells = [
        normalised.license_reference,
        normalised.sell,
        normalised.buy,
        normalised.currency,
        match.status,
        match.customer_uuid,
        match.resource_uuid,
      ] as (string | null)[];
      yield [line.uuid, line.arrow_line_reference, line.occurrence, ...cells, line.posted, postings.length, line.why];
    }
  }

  private async lines(syncUuid: string, limit: number, offset: number): Promise<ExplainedLine[]> {
    const rows = await this.dataSource.query<Row[]>(LINES, [syncUuid, limit, offset]);
    const pages = new Map<string, PageRows>();
    for (const hash of new Set(rows.map((row) => row.page_hash).filter(Boolean)))
      pages.set(hash, await this.snapshots.page(hash));
    return rows.map((row) => explained(row, pages.get(row.page_hash)));
  }
}

function explained(row: Row, page: PageRows | undefined): ExplainedLine {
  const postings = (row.postings ?? []).map((posting) => ({
    ...posting,
    uuid: renderUuid(posting.uuid),
    created: renderDateTime(new Date(posting.created)),
  }));
  const posted = round(sum(postings.map((posting) => posting.amount)), 2);
  const cells = page?.rows[row.page_row] ?? [];
  const {
    sell,
    buy,
    currency,
    quantity,
    vendor_name,
    description,
    classification,
    subscription_reference,
    license_reference,
    service_start,
    service_end,
  } = row;
  return {
    uuid: renderUuid(row.uuid),
    arrow_line_reference: row.arrow_line_reference,
    occurrence: row.occurrence,
    raw: Object.fromEntries((page?.headers ?? []).map((header, i) => [header, cells[i] ?? null])),
    normalised: {
      license_reference,
      sell,
      buy,
      currency,
      quantity,
      vendor_name,
      description,
      classification,
      subscription_reference,
      service_start,
      service_end,
      priced: row.priced,
    },
    match: {
      status: row.status,
      reason: row.reason,
      presence: row.presence,
      arrow_customer_reference: row.owner,
      customer_uuid: row.customer_uuid && renderUuid(row.customer_uuid),
      project_uuid: row.project_uuid && renderUuid(row.project_uuid),
      resource_uuid: row.resource_uuid && renderUuid(row.resource_uuid),
    },
    charge_key: row.charge_key,
    postings,
    posted,
    why: whyCharged({ ...row, posted, entries: postings.length }),
  };
}

const CSV_HEADERS = [
  'uuid',
  'arrow_line_reference',
  'occurrence',
  'license_reference',
  'sell',
  'buy',
  'currency',
  'status',
  'customer_uuid',
  'resource_uuid',
  'posted',
  'postings',
  'why',
];

const LINES = `
  SELECT item.uuid, arrow_line_reference, occurrence, item.license_reference, status, reason, presence, priced, trim_scale(sell)::text AS sell,
         trim_scale(buy)::text AS buy, item.currency, trim_scale(quantity)::text AS quantity, vendor_name, description, classification, subscription_reference,
         service_start::text, service_end::text, item.customer_uuid, item.project_uuid, item.resource_uuid, owner.customer_reference AS owner,
         charge.path, charge.charge_key, page_hash, page_row, posting.postings
  FROM (SELECT * FROM billing_sync_item WHERE billing_sync_uuid = $1 ORDER BY license_reference, arrow_line_reference, currency, occurrence, uuid LIMIT $2 OFFSET $3) item
  LEFT JOIN license_owner owner ON owner.account_uuid = item.account_uuid AND owner.license_reference = item.license_reference
  CROSS JOIN LATERAL (
    SELECT coalesce((SELECT path FROM license_charge WHERE account_uuid = item.account_uuid AND month = item.month AND license_reference = item.license_reference), 'lines') AS path
  ) way
  CROSS JOIN LATERAL (
    SELECT way.path, CASE way.path WHEN 'license' THEN 'license:' || item.license_reference
      ELSE 'line:' || item.license_reference || '/' || arrow_line_reference || '#' || occurrence END AS charge_key
  ) charge
  LEFT JOIN LATERAL (
    SELECT jsonb_agg(jsonb_build_object('uuid', entry.uuid, 'idempotency_key', entry.account_uuid || '/' || entry.month || '/' || entry.charge_key || '/' || entry.currency || '/' || entry.revision,
             'kind', kind, 'amount', round(amount, 2)::text, 'target', trim_scale(target)::text, 'invoice_uuid', invoice_uuid,
             'invoice_month', to_char(invoice.month, 'YYYY-MM'), 'job_uuid', job_uuid, 'created', entry.created) ORDER BY revision) AS postings
    FROM invoice_posting entry JOIN invoice ON invoice.uuid = invoice_uuid
    WHERE entry.account_uuid = item.account_uuid AND entry.month = item.month AND entry.charge_key = charge.charge_key AND entry.currency = item.currency
  ) posting ON true
  ORDER BY item.license_reference, arrow_line_reference, item.currency, occurrence, item.uuid`;
