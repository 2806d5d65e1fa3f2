import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { DecimalString } from '../../common/money.js';

/** One line of an invoice: everything posted on it for one charge, corrections of what was final apart. */
export interface InvoiceItem {
  /** Of its first posting, so that it stays the same while the amount changes. */
  readonly uuid: string;
  readonly name: string;
  /** Two decimals, in the invoice's currency. */
  readonly price: DecimalString;
  readonly start: string;
  readonly end: string;
  readonly resourceUuid: string | null;
  readonly projectUuid: string | null;
  /** No buy prices: what a customer may see. */
  readonly details: Record<string, unknown>;
}

/** Reads the lines of invoices out of the ledger. */
@Injectable()
export class InvoiceItemsService {
  constructor(private readonly dataSource: DataSource) {}

  /** In the order of names; `after` is the offset. */
  of(invoiceUuid: string, limit: number, after = 0): Promise<InvoiceItem[]> {
    return this.dataSource.query<InvoiceItem[]>(`${ITEMS('$1')} ORDER BY name, uuid LIMIT $2 OFFSET $3`, [
      invoiceUuid,
      limit,
      after,
    ]);
  }

  /** The first items of each of these invoices. */
  async ofMany(invoiceUuids: readonly string[], limit: number): Promise<Map<string, InvoiceItem[]>> {
    const rows = await this.dataSource.query<(InvoiceItem & { invoice: string })[]>(
      `SELECT item.*, invoice FROM unnest($3::uuid[]) AS invoice CROSS JOIN LATERAL (${ITEMS('invoice')} ORDER BY name, uuid LIMIT $2 OFFSET $1) item`,
      [0, limit, invoiceUuids],
    );
    const byInvoice = new Map<string, InvoiceItem[]>();
    for (const { invoice, ...item } of rows) {
      if (!byInvoice.has(invoice)) byInvoice.set(invoice, []);
      byInvoice.get(invoice)!.push(item);
    }
    return byInvoice;
  }

  async counts(invoiceUuids: readonly string[]): Promise<Map<string, number>> {
    const rows = await this.dataSource.query<{ invoice_uuid: string; count: number }[]>(
      `SELECT invoice_uuid, count(DISTINCT (account_uuid, month, charge_key, kind = 'compensation'))::int AS count
       FROM invoice_posting WHERE invoice_uuid = ANY($1::uuid[]) GROUP BY 1`,
      [invoiceUuids],
    );
    return new Map(rows.map((row) => [row.invoice_uuid, row.count]));
  }
}

/** `invoice` is where its UUID stands in the statement. */
const ITEMS = (invoice: string) => `
  SELECT (array_agg(uuid ORDER BY revision))[1] AS uuid, (array_agg(name ORDER BY revision))[1] AS name, sum(amount)::numeric(22, 2)::text AS price,
         min(start)::text AS start, max("end")::text AS "end",
         (array_agg(resource_uuid ORDER BY revision))[1] AS "resourceUuid", (array_agg(project_uuid ORDER BY revision))[1] AS "projectUuid",
         jsonb_strip_nulls(jsonb_build_object(
           'source', CASE WHEN part = 'compensation' THEN 'arrow_reconciliation' WHEN charge_key LIKE 'license:%' THEN 'arrow_consumption'
                          WHEN charge_key LIKE 'rounding:%' THEN 'arrow_rounding' ELSE 'arrow' END,
           'arrow_line_reference', CASE WHEN charge_key LIKE 'line:%' THEN regexp_replace(charge_key, '^line:[^/]*/(.*)#\\d+$', '\\1') END,
           'license_reference', min(license_reference), 'original_period', to_char(month, 'YYYY-MM'), 'price_source', min(price_source),
           'postings', count(*))) AS details
  FROM (SELECT *, CASE WHEN kind = 'compensation' THEN 'compensation' ELSE 'charge' END AS part FROM invoice_posting WHERE invoice_uuid = ${invoice}) posting
  GROUP BY account_uuid, month, charge_key, part`;
