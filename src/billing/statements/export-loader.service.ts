import { Injectable } from '@nestjs/common';
import { type Columns, missingColumns, resolveColumns } from '../../arrow-export/columns.js';
import { readExportLine } from '../../arrow-export/export-line.js';
import { ArrowGateway } from '../../arrow-gateway/arrow-gateway.js';
import { readSteadily } from '../../arrow-gateway/read-steadily.js';
import { Clock } from '../../common/clock.js';
import type { BillingContext } from '../core/billing-context.js';
import { ExportRefusedError, ExportSupersededError } from '../core/billing.errors.js';
import type { ExportSnapshot } from './export-snapshot.entity.js';
import type { ImportRun } from './import-statements.js';
import { hashOf, type PageRows, SnapshotsRepository } from './snapshots.repository.js';
import { StagingRepository } from './staging.repository.js';

/** An export that was fetched whole, and is kept. */
export interface LoadedExport {
  readonly snapshot: ExportSnapshot;
  /** The same, to the last cell, as the one applied last. */
  readonly isSame: boolean;
  /** Null: its lines are not staged yet. */
  readonly columns: Columns | null;
}

/** Fetches an export, keeps it page by page, and stages its lines. */
@Injectable()
export class ExportLoader {
  constructor(
    private readonly gateway: ArrowGateway,
    private readonly snapshots: SnapshotsRepository,
    private readonly staging: StagingRepository,
    private readonly clock: Clock,
  ) {}

  /**
   * Stages the first export of a month as it comes: others may be the one applied last, of which nothing is to be done. An
   * export that shifted while it was paged is read again, twice at most. Throws the gateway's errors and
   * `ExportRefusedError`; the snapshot then says so and is never used.
   */
  async fetch(run: ImportRun): Promise<LoadedExport> {
    const { context, before } = run;
    const applied = before?.snapshotUuid ? await this.snapshots.find(before.snapshotUuid) : null;
    const isUsable = applied?.exportTypeReference === context.settings.exportTypeReference;
    // One whose pages are not kept any more could not be staged again.
    const last = isUsable && (await this.snapshots.isWhole(applied)) ? applied : null;
    const snapshot = await this.snapshots.begin(context);
    try {
      const loaded = await readSteadily(async ({ allowRepeatedRows }) => {
        const stage = new Stage(context, snapshot.uuid, this.gateway, this.staging);
        try {
          const isSame = await this.fetchOnce(run, last, snapshot, stage, allowRepeatedRows);
          return { snapshot, isSame, columns: stage.columns };
        } catch (error) {
          // A page that is still being loaded must not come in after its snapshot was cleared.
          await stage.flush().catch(() => undefined);
          await this.staging.clear(snapshot.uuid);
          throw error;
        }
      });
      await this.snapshots.finish(snapshot, { state: 'complete', completedAt: this.clock.now() });
      return loaded;
    } catch (error) {
      const state = error instanceof ExportRefusedError ? ('refused' as const) : ('failed' as const);
      const errorMessage = (error as Error).message;
      await this.snapshots.finish(snapshot, { state, errorMessage, completedAt: this.clock.now() });
      throw error;
    }
  }

  /** Stages an export that is kept already. Throws `ExportRefusedError`, `ExportSupersededError`. */
  async stageKept(context: BillingContext, snapshot: ExportSnapshot): Promise<Columns | null> {
    const stage = new Stage(context, snapshot.uuid, this.gateway, this.staging);
    try {
      for await (const page of this.snapshots.read(snapshot)) {
        // A run that finished meanwhile dropped it.
        if (!page) throw new ExportSupersededError(context.month);
        await stage.add(page);
      }
    } finally {
      await stage.flush();
    }
    return stage.columns;
  }

  /** Answers whether it is the same as the last one. */
  private async fetchOnce(
    { context, signal, progress }: ImportRun,
    last: ExportSnapshot | null,
    snapshot: ExportSnapshot,
    stage: Stage,
    allowRepeatedRows: boolean,
  ): Promise<boolean> {
    const { settings, month, lane, arrow } = context;
    const period = month.toString();
    const query = { exportTypeReference: settings.exportTypeReference, periodFrom: period, periodTo: period };
    const options = { signal, lane, refresh: true, allowRepeatedRows };
    const known = new Set(last?.pages);
    const hashes: string[] = [];
    let rows = 0;
    let keeping: Promise<void> = Promise.resolve();
    for await (const page of this.gateway.exportPages(arrow, query, options)) {
      await progress('fetching', page.page, page.totalPages);
      if (!page.rows.length) continue;
      const text = JSON.stringify({ headers: page.headers, rows: page.rows });
      const hash = hashOf(text);
      await keeping;
      keeping = known.has(hash) ? Promise.resolve() : this.snapshots.keep(hash, text);
      keeping.catch(() => undefined);
      if (!last) await stage.add({ hash, headers: page.headers, rows: page.rows });
      hashes.push(hash);
      rows += page.rows.length;
    }
    await keeping;
    await stage.flush();
    await this.snapshots.finish(snapshot, { rows, pages: hashes, hash: hashOf(hashes.join()) });
    return last?.hash === snapshot.hash;
  }
}

/** Turns pages into staged lines; a page is loaded while the next one is read and begun to be loaded. */
class Stage {
  columns: Columns | null = null;
  private labels = '';
  private loading: Promise<void> = Promise.resolve();

  constructor(
    private readonly context: BillingContext,
    private readonly snapshotUuid: string,
    private readonly gateway: ArrowGateway,
    private readonly staging: StagingRepository,
  ) {}

  async add({ hash, headers, rows }: PageRows): Promise<void> {
    const { rule, month } = this.context;
    const labels = headers.join('\n');
    if (this.columns && labels !== this.labels)
      throw new ExportRefusedError(month, ['Its pages do not have the same columns.']);
    this.labels = labels;
    const columns = (this.columns ??= await this.resolve(headers));
    const { numberLocale, priceSource, defaultCurrency } = rule;
    const reading = { columns, numberLocale, priceSource, defaultCurrency };
    const lines = rows.map((row) => readExportLine(row, reading));
    const previous = this.loading;
    this.loading = this.staging.add(this.snapshotUuid, hash, lines);
    this.loading.catch(() => undefined);
    await previous;
  }

  async flush(): Promise<void> {
    await this.loading;
  }

  /**
   * Where the columns stand; renamed ones are known by the references that ArrowSphere gives for the export type. Throws
   * `ExportRefusedError` where one that billing cannot do without is missing or stands there twice.
   */
  private async resolve(headers: readonly string[]): Promise<Columns> {
    const { arrow, settings, rule, month } = this.context;
    const { columns: references } = await this.gateway
      .getExportType(arrow, settings.exportTypeReference)
      .catch(() => ({ columns: {} }));
    const { columns, ambiguous } = resolveColumns(headers, references);
    const faults = [
      ...missingColumns(columns, rule).map((label) => `It has no column ${label}.`),
      ...ambiguous.map((label) => `It has more than one column ${label}.`),
    ];
    if (faults.length) throw new ExportRefusedError(month, faults);
    return columns;
  }
}
