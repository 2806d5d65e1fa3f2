import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { ArrowGateway } from '../../arrow-gateway/arrow-gateway.js';
import { Clock } from '../../common/clock.js';
import type { BillingContext } from './billing-context.js';
import { ExportPage, ExportSnapshot } from './export-snapshot.entity.js';

const compress = promisify(gzip);
const decompress = promisify(gunzip);

/** Rows of one page, with the headers they came under. */
export interface PageRows {
  readonly hash: string;
  readonly headers: readonly string[];
  readonly rows: readonly (readonly (string | null)[])[];
}

/** Keeps what ArrowSphere sent, before anything is made of it: every later stage reads from here. */
@Injectable()
export class SnapshotsService {
  constructor(
    @InjectRepository(ExportSnapshot) private readonly snapshots: Repository<ExportSnapshot>,
    @InjectRepository(ExportPage) private readonly pages: Repository<ExportPage>,
    private readonly gateway: ArrowGateway,
    private readonly clock: Clock,
  ) {}

  /**
   * Fetches the export of a month, page by page, and keeps it. A page that is kept already is not stored again. Throws the
   * gateway's errors; the snapshot then says so and is never used.
   */
  async fetch(
    context: BillingContext,
    signal: AbortSignal,
    onPage: (page: number, pages: number) => Promise<void>,
  ): Promise<ExportSnapshot> {
    const { account, settings, month, requestedBy } = context;
    const snapshot = await this.begin(context);
    try {
      const query = {
        exportTypeReference: settings.exportTypeReference,
        periodFrom: month.toString(),
        periodTo: month.toString(),
      };
      const hashes: string[] = [];
      let rows = 0;
      for await (const page of this.gateway.exportPages(context.arrow, query, {
        signal,
        lane: `billing:${account.uuid}`,
        refresh: true,
      })) {
        if (page.rows.length) hashes.push(await this.keep(page.headers, page.rows));
        rows += page.rows.length;
        await onPage(page.page, page.totalPages);
      }
      const hash = createHash('sha256').update(hashes.join()).digest('hex');
      const done = {
        state: 'complete' as const,
        rows,
        pages: hashes,
        hash,
        completedAt: this.clock.now(),
        fetchedBy: requestedBy,
      };
      await this.snapshots.update({ uuid: snapshot.uuid }, done);
      return Object.assign(snapshot, done);
    } catch (error) {
      await this.snapshots.update(
        { uuid: snapshot.uuid },
        { state: 'failed', errorMessage: (error as Error).message, completedAt: this.clock.now() },
      );
      throw error;
    }
  }

  /** Throws if there is none. */
  get(uuid: string): Promise<ExportSnapshot> {
    return this.snapshots.findOneByOrFail({ uuid });
  }

  /** The pages of a snapshot, one at a time. */
  async *read(snapshot: ExportSnapshot): AsyncGenerator<PageRows> {
    for (const hash of snapshot.pages) yield await this.page(hash);
  }

  async page(hash: string): Promise<PageRows> {
    const { content } = await this.pages.findOneByOrFail({ hash });
    const { headers, rows } = JSON.parse((await decompress(content)).toString()) as Omit<PageRows, 'hash'>;
    return { hash, headers, rows };
  }

  /** Also gives the snapshot its number, before the first page is asked for. */
  private async begin({ account, settings, month, requestedBy }: BillingContext): Promise<ExportSnapshot> {
    const { exportTypeReference } = settings;
    const row = { accountUuid: account.uuid, month: month.firstDay, exportTypeReference, fetchedBy: requestedBy };
    return this.snapshots.save(this.snapshots.create(row));
  }

  private async keep(headers: readonly string[], rows: PageRows['rows']): Promise<string> {
    const text = JSON.stringify({ headers, rows });
    const hash = createHash('sha256').update(text).digest('hex');
    if (await this.pages.existsBy({ hash })) return hash;
    const content = await compress(text, { level: 1 });
    await this.pages.createQueryBuilder().insert().values({ hash, rows: rows.length, content }).orIgnore().execute();
    return hash;
  }
}
