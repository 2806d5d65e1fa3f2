import type { EntityManager } from 'typeorm';
import type { ExportLine } from '../../arrow-export/export-line.js';
import { StagingLostError } from '../billing.errors.js';
import type { LicenseParty } from '../matching/match-licenses.js';
import type { PriceSource } from '../../arrow-export/columns.js';
import type { StatementSigns } from './finality.js';
import type { ExportSize } from './plausibility.js';

/** Who pays for a licence, and what goes with it. */
export interface AssignedParty extends LicenseParty {
  /** Currency of the customer's invoice; lines in another are not billed. */
  readonly currency: string;
  /** The statement of lines that name none. */
  readonly generatedStatement: string;
}

/** A line of the export and where its raw cells are. */
export interface StagedLine extends ExportLine {
  readonly pageHash: string;
  readonly pageRow: number;
}

/** What the lines of one statement of one customer say about it. */
export interface StagedStatement extends StatementSigns {
  readonly mappingUuid: string;
  readonly customerUuid: string;
  readonly statementReference: string;
}

const COLUMNS: readonly [column: string, type: string, of: (line: StagedLine) => unknown][] = [
  ['license_reference', 'text', (line) => line.licenseReference],
  ['line_key', 'text', (line) => line.lineKey],
  ['statement_reference', 'text', (line) => line.statementReference],
  ['statement_state', 'text', (line) => line.statementState],
  ['validated', 'boolean', (line) => line.validated],
  ['report_period', 'text', ({ period }) => (period.kind === 'value' ? period.value : '')],
  ['classification', 'text', (line) => line.classification],
  ['vendor_name', 'text', (line) => line.vendorName],
  ['description', 'text', (line) => describe(line)],
  ['sku', 'text', (line) => line.sku],
  ['subscription_reference', 'text', (line) => line.subscriptionReference],
  ['customer_reference', 'text', (line) => line.customerReference],
  ['customer_name', 'text', (line) => line.customerName],
  ['quantity', 'numeric', (line) => line.quantity],
  ['sell', 'numeric', (line) => line.sell],
  ['buy', 'numeric', (line) => line.buy],
  ['currency', 'text', (line) => line.currency.code],
  ['service_start', 'date', (line) => line.serviceStart],
  ['service_end', 'date', (line) => line.serviceEnd],
  ['page_hash', 'text', (line) => line.pageHash],
  ['page_row', 'integer', (line) => line.pageRow],
];

const INSERT = `INSERT INTO export_staging (snapshot_uuid, ${COLUMNS.map(([column]) => column).join(', ')})
  SELECT $1, * FROM unnest(${COLUMNS.map(([, type], i) => `$${i + 2}::${type}[]`).join(', ')})`;

/** `vendor - product`, or whichever of the two there is. */
function describe({ vendorName, productName }: ExportLine): string {
  return [vendorName, productName].filter(Boolean).join(' - ').slice(0, 500);
}

/**
 * The lines of one export on their way into the ledger. They wait in an unlogged table, so that an export of
 * any size is worked on in the database, and never in the memory of this process.
 */
export class ExportStaging {
  constructor(
    private readonly manager: EntityManager,
    readonly snapshotUuid: string,
  ) {}

  /** The same area, worked on inside a transaction. */
  within(manager: EntityManager): ExportStaging {
    return new ExportStaging(manager, this.snapshotUuid);
  }

  async add(lines: readonly StagedLine[]): Promise<void> {
    await this.manager.query(INSERT, [this.snapshotUuid, ...COLUMNS.map(([, , of]) => lines.map(of))]);
  }

  /** All lines are in: lets the database know how many they are. */
  async ready(): Promise<void> {
    await this.manager.query('ANALYZE export_staging');
  }

  /** How much there is. `price` is what is charged. */
  async size(price: PriceSource): Promise<ExportSize> {
    const [row] = await this.manager.query<{ rows: number; turnover: string }[]>(
      `SELECT count(*)::int AS rows, coalesce(sum(abs(${price})), 0)::text AS turnover FROM export_staging WHERE snapshot_uuid = $1`,
      [this.snapshotUuid],
    );
    return row!;
  }

  /** Throws where lines are missing: an unlogged table is empty after a crash of the database, and no line would be taken for no spend. */
  async ensureComplete(lines: number): Promise<void> {
    const { rows } = await this.size('sell');
    if (rows !== lines) throw new StagingLostError();
  }

  /** Keys that more than one line of the same licence carries: told apart by number, and reported. */
  repeatedKeys(limit: number): Promise<{ license_reference: string; line_key: string; lines: number }[]> {
    return this.manager.query(
      `SELECT license_reference, line_key, count(*)::int AS lines FROM export_staging WHERE snapshot_uuid = $1
       GROUP BY 1, 2 HAVING count(*) > 1 ORDER BY 3 DESC, 1, 2 LIMIT $2`,
      [this.snapshotUuid, limit],
    );
  }

  /** Every licence of the export with the customer references that stand on its lines. */
  licenses(): Promise<{ license_reference: string; stated: string[] }[]> {
    return this.manager.query(
      `SELECT license_reference, array_agg(DISTINCT customer_reference) FILTER (WHERE customer_reference <> '') AS stated
       FROM export_staging WHERE snapshot_uuid = $1 GROUP BY 1 ORDER BY 1`,
      [this.snapshotUuid],
    );
  }

  /** Says who pays for each licence. */
  async assign(parties: readonly AssignedParty[]): Promise<void> {
    await this.manager.query(
      `INSERT INTO export_staging_party (snapshot_uuid, license_reference, mapping_uuid, customer_uuid, project_uuid, resource_uuid, reason, currency, generated_statement)
       SELECT $1, * FROM unnest($2::text[], $3::uuid[], $4::uuid[], $5::uuid[], $6::uuid[], $7::text[], $8::text[], $9::text[])`,
      [
        this.snapshotUuid,
        parties.map((party) => party.licenseReference),
        parties.map((party) => party.mappingUuid),
        parties.map((party) => party.customerUuid),
        parties.map((party) => party.projectUuid),
        parties.map((party) => party.resourceUuid),
        parties.map((party) => party.reason ?? ''),
        parties.map((party) => party.currency),
        parties.map((party) => party.generatedStatement),
      ],
    );
  }

  /** Customers with the number of their lines; `null` are the lines that reach nobody. */
  customers(): Promise<{ customer_uuid: string | null; lines: number }[]> {
    return this.manager.query(
      `SELECT customer_uuid, count(*)::int AS lines
       FROM export_staging JOIN export_staging_party USING (snapshot_uuid, license_reference)
       WHERE snapshot_uuid = $1 GROUP BY 1 ORDER BY 1 NULLS LAST`,
      [this.snapshotUuid],
    );
  }

  /** The currencies that the lines of each licence come in, with the number of lines. */
  currencies(): Promise<{ license_reference: string; currency: string; lines: number }[]> {
    return this.manager.query(
      `SELECT license_reference, currency, count(*)::int AS lines FROM export_staging WHERE snapshot_uuid = $1 GROUP BY 1, 2 ORDER BY 1, 2`,
      [this.snapshotUuid],
    );
  }

  /** What the export as a whole amounts to, per currency: the figure that the ledger has to arrive at. */
  totals(price: PriceSource): Promise<{ currency: string; total: string; lines: number }[]> {
    return this.manager.query(
      `SELECT currency, coalesce(sum(${price}), 0)::text AS total, count(*)::int AS lines FROM export_staging WHERE snapshot_uuid = $1 GROUP BY 1 ORDER BY 1`,
      [this.snapshotUuid],
    );
  }

  /** Lines known from before that this export does not have any more, out of how many. */
  async vanished(accountUuid: string, month: string): Promise<{ known: number; vanished: number }> {
    const [row] = await this.manager.query<{ known: number; vanished: number }[]>(
      `SELECT count(*)::int AS known, count(*) FILTER (WHERE occurrence > coalesce(lines, 0))::int AS vanished
       FROM billing_sync_item item
       LEFT JOIN (SELECT license_reference, line_key, currency, count(*) AS lines FROM export_staging WHERE snapshot_uuid = $3 GROUP BY 1, 2, 3) staged
         ON staged.license_reference = item.license_reference AND staged.line_key = item.arrow_line_reference AND staged.currency = item.currency
       WHERE account_uuid = $1 AND month = $2 AND presence = 'present'`,
      [accountUuid, month, this.snapshotUuid],
    );
    return row!;
  }

  /** The statements of these customers; lines without a statement stand under one made of month and customer. */
  async statements(customers: readonly string[]): Promise<StagedStatement[]> {
    const rows = await this.manager.query<
      {
        mapping_uuid: string;
        customer_uuid: string;
        statement_reference: string;
        states: string[] | null;
        not_validated: number | null;
      }[]
    >(
      `SELECT mapping_uuid, customer_uuid, coalesce(nullif(statement_reference, ''), generated_statement) AS statement_reference,
              array_agg(DISTINCT statement_state) FILTER (WHERE statement_state <> '') AS states,
              CASE WHEN bool_or(validated IS NOT NULL) THEN count(*) FILTER (WHERE NOT validated) END::int AS not_validated
       FROM export_staging JOIN export_staging_party USING (snapshot_uuid, license_reference)
       WHERE snapshot_uuid = $1 AND customer_uuid = ANY($2::uuid[]) GROUP BY 1, 2, 3 ORDER BY 1, 3`,
      [this.snapshotUuid, customers],
    );
    return rows.map((row) => ({
      mappingUuid: row.mapping_uuid,
      customerUuid: row.customer_uuid,
      statementReference: row.statement_reference,
      states: row.states ?? [],
      notValidated: row.not_validated,
    }));
  }

  /** What a killed run left behind; nobody works on it any more after a day. */
  async clearLeftovers(): Promise<void> {
    const old = `snapshot_uuid IN (SELECT uuid FROM export_snapshot WHERE created < now() - interval '1 day')`;
    await this.manager.query(`DELETE FROM export_staging_party WHERE ${old}`);
    await this.manager.query(`DELETE FROM export_staging WHERE ${old}`);
  }

  /** Drops all other licences: a run for one of them. */
  async keepOnly(licenseReference: string): Promise<void> {
    await this.manager.query('DELETE FROM export_staging_party WHERE snapshot_uuid = $1 AND license_reference <> $2', [
      this.snapshotUuid,
      licenseReference,
    ]);
  }

  async clear(): Promise<void> {
    await this.manager.query('DELETE FROM export_staging_party WHERE snapshot_uuid = $1', [this.snapshotUuid]);
    await this.manager.query('DELETE FROM export_staging WHERE snapshot_uuid = $1', [this.snapshotUuid]);
  }
}
