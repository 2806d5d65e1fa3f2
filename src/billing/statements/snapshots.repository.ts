import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Any, Repository } from 'typeorm';
import type { BillingContext } from '../core/billing-context.js';
import { ExportPage, ExportSnapshot } from './export-snapshot.entity.js';

const compress = promisify(gzip);
const decompress = promisify(gunzip);

/** Rows of one page, with the headers they came under. */
export interface PageRows {
  readonly hash: string;
  readonly headers: readonly string[];
  readonly rows: readonly (readonly (string | null)[])[];
}

/** Whether another month than `$1` account, `$2` month has the page. */
const IS_OF_ANOTHER_MONTH = `EXISTS (
      SELECT
      FROM export_snapshot other
      WHERE (other.account_uuid, other.month) <> ($1, $2)
        AND other.state IN ('fetching', 'accepted', 'refused')
        AND page.hash = ANY(other.pages)
    )`;

/**
 * Pages that nobody needs any more. Kept are those of the latest accepted export, of the one at the close of the month or
 * at the issue of an invoice, of the last refused one, of one being fetched, and those that a line still points at.
 * `$1` account, `$2` month.
 */
const DROP_REPLACED_PAGES = `
  WITH snapshot AS (
    SELECT
      uuid,
      state,
      pages,
      completed_at,
      lead(completed_at) OVER (PARTITION BY state ORDER BY number) AS replaced_at
    FROM export_snapshot
    WHERE account_uuid = $1
      AND month = $2
  ),
  milestone AS (
    SELECT issued_at AS at
    FROM invoice
    WHERE account_uuid = $1
      AND month = $2
      AND issued_at IS NOT NULL
    UNION
    SELECT settled_at
    FROM billing_month
    WHERE account_uuid = $1
      AND month = $2
      AND settled_at IS NOT NULL
  ),
  kept AS (
    SELECT unnest(snapshot.pages) AS hash
    FROM snapshot
    WHERE snapshot.state = 'fetching'
       OR (snapshot.state IN ('accepted', 'refused') AND snapshot.replaced_at IS NULL)
       OR (snapshot.state = 'accepted' AND EXISTS (
         SELECT
         FROM milestone
         WHERE milestone.at >= snapshot.completed_at
           AND milestone.at < snapshot.replaced_at
       ))
    UNION
    SELECT page_hash
    FROM billing_sync_item
    WHERE account_uuid = $1
      AND month = $2
  )
  DELETE FROM export_page page
  USING (SELECT DISTINCT unnest(pages) AS hash FROM snapshot) replaced
  WHERE page.hash = replaced.hash
    AND NOT EXISTS (SELECT FROM kept WHERE kept.hash = page.hash)
    AND NOT ${IS_OF_ANOTHER_MONTH}`;

/** A month whose exports may go. */
export type OutdatedMonth = Readonly<Pick<ExportSnapshot, 'accountUuid' | 'month'>>;

/** Months that were closed before `$1` and have pages; nothing of them is being fetched since `$2`. */
const OUTDATED_MONTHS = `
  SELECT
    month.account_uuid AS "accountUuid",
    month.month::text AS month
  FROM billing_month month
  WHERE month.settled_at < $1
    AND NOT EXISTS (
      SELECT
      FROM export_snapshot snapshot
      WHERE snapshot.account_uuid = month.account_uuid
        AND snapshot.month = month.month
        AND snapshot.state = 'fetching'
        AND snapshot.created > $2
    )
    AND EXISTS (
      SELECT
      FROM export_snapshot snapshot
      JOIN export_page page ON page.hash = ANY(snapshot.pages)
      WHERE snapshot.account_uuid = month.account_uuid
        AND snapshot.month = month.month
    )
  ORDER BY month.month, month.account_uuid`;

/** Pages of a month: `$1` account, `$2` month, `$3` how many. One that another month has too stays. */
const DROP_OUTDATED = `
  DELETE FROM export_page
  WHERE hash IN (
    SELECT page.hash
    FROM export_page page
    WHERE page.hash IN (SELECT unnest(pages) FROM export_snapshot WHERE account_uuid = $1 AND month = $2)
      AND NOT ${IS_OF_ANOTHER_MONTH}
    LIMIT $3
  )`;

/** A fetch of an export that began longer ago has died. */
const LONGEST_FETCH_MS = 86_400_000;

/** Exports as ArrowSphere sent them: what every later stage is made of, and what it can be proven by. */
@Injectable()
export class SnapshotsRepository {
  constructor(
    @InjectRepository(ExportSnapshot) private readonly snapshots: Repository<ExportSnapshot>,
    @InjectRepository(ExportPage) private readonly pages: Repository<ExportPage>,
  ) {}

  /** Gives the export its number, before the first page is asked for. */
  begin({ scope: [accountUuid, month], settings, requestedBy }: BillingContext): Promise<ExportSnapshot> {
    const { exportTypeReference } = settings;
    const row = { accountUuid, month, exportTypeReference, fetchedBy: requestedBy };
    return this.snapshots.save(this.snapshots.create(row));
  }

  async finish(
    snapshot: ExportSnapshot,
    done: Partial<Pick<ExportSnapshot, 'state' | 'rows' | 'pages' | 'hash' | 'completedAt' | 'errorMessage'>>,
  ): Promise<void> {
    await this.snapshots.update({ uuid: snapshot.uuid }, done);
    Object.assign(snapshot, done);
  }

  find(uuid: string): Promise<ExportSnapshot | null> {
    return this.snapshots.findOneBy({ uuid });
  }

  /** The pages of an export, one at a time; null where one is not kept any more. */
  async *read({ pages }: ExportSnapshot): AsyncGenerator<PageRows | null> {
    for (const hash of pages) yield await this.page(hash);
  }

  /** Null where it is not kept any more. */
  async page(hash: string): Promise<PageRows | null> {
    const page = await this.pages.findOneBy({ hash });
    if (!page) return null;
    const { headers, rows } = JSON.parse((await decompress(page.content)).toString()) as Omit<PageRows, 'hash'>;
    return { hash, headers, rows };
  }

  /** Stores a page once, however often it comes. */
  async keep(hash: string, text: string): Promise<void> {
    const content = await compress(text, { level: 1 });
    await this.pages.createQueryBuilder().insert().values({ hash, content }).orIgnore().execute();
  }

  /** Whether every page of an export is still kept. */
  async isWhole({ pages }: ExportSnapshot): Promise<boolean> {
    return (await this.pages.countBy({ hash: Any(pages) })) === new Set(pages).size;
  }

  /** Months closed before then, of which pages are kept. */
  outdated(closedBefore: Date, now: Date): Promise<OutdatedMonth[]> {
    return this.pages.query(OUTDATED_MONTHS, [closedBefore, new Date(now.getTime() - LONGEST_FETCH_MS)]);
  }

  /** Drops pages of a month; answers how many, `limit` at most. */
  async dropOutdated({ accountUuid, month }: OutdatedMonth, limit: number): Promise<number> {
    const [, dropped] = await this.pages.query<[unknown[], number]>(DROP_OUTDATED, [accountUuid, month, limit]);
    return dropped;
  }

  /** Drops the pages of the month's replaced exports. */
  async dropReplaced({ scope }: BillingContext): Promise<void> {
    await this.pages.query(DROP_REPLACED_PAGES, scope);
  }
}

/** What a page is, to the last cell. */
export function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
