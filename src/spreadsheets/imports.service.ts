import { randomUUID } from 'node:crypto';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { AppError } from '../common/app.error.js';
import { Clock } from '../common/clock.js';
import { asWritten, csvLine, inPages } from '../common/csv.js';
import { PublicAddress } from '../common/links.js';
import { Page, pageOf, type Paging } from '../common/page.js';
import { wellFormed } from '../common/sanitize-text.js';
import { EntityService } from '../database/entity.service.js';
import { JobCancelledError, LeaseLostError } from '../jobs/job.errors.js';
import { type JobControl, JobHandlers, type Watch } from '../jobs/job-handlers.js';
import { JobsService } from '../jobs/jobs.service.js';
import {
  type ImportFilter,
  ImportsRepository,
  type Outcome,
  OUTCOMES,
  type RefusedRow,
  type RowResult,
} from './imports.repository.js';
import { readCsv, type SheetRow } from './read-csv.js';
import { readXlsx } from './read-xlsx.js';
import { type ReadRow, REFUSED_COLUMN, RowReader, sentenceOf } from './read-rows.js';
import { SheetFileType } from './sheet-file.js';
import type { SheetImport } from './sheet-import.entity.js';
import { SHEET_KINDS, type SheetKindName } from './sheet-kind-names.js';
import { headersOf, sheetKind } from './sheet-kinds.js';
import {
  ImportHasRefusedRowsError,
  ImportNotReadyError,
  ImportOutdatedError,
  SheetKindNotFoundError,
  UnreadableSheetError,
} from './spreadsheets.errors.js';

const IMPORT_PREVIEW = 'directory-import-preview';
const IMPORT_APPLY = 'directory-import-apply';

const CHUNK_BYTES = 1_048_576;
const ROWS_AT_ONCE = 1_000;
/** Of a file of the other program's kind, packed. */
const MOST_PACKED_BYTES = 20_971_520;
const KEPT_MS = 7 * 86_400_000;
const PAGE = 1_000;

/** A file that somebody wants to import. */
export interface Upload {
  readonly kind: SheetKindName;
  readonly fileName: string;
  readonly requestedBy: string;
}

/**
 * Files that bring organisations, projects, offerings with plans, resources and mappings: kept, previewed, and then done
 * exactly as previewed, or not at all.
 */
@Injectable()
export class ImportsService extends EntityService<SheetImport, ImportFilter> implements OnModuleInit {
  constructor(
    private readonly imports: ImportsRepository,
    private readonly jobs: JobsService,
    private readonly handlers: JobHandlers,
    private readonly address: PublicAddress,
    private readonly clock: Clock,
  ) {
    super(imports);
  }

  onModuleInit(): void {
    this.handlers.register(IMPORT_PREVIEW, (control) => this.preview(scopeOf(control), control));
    this.handlers.register(IMPORT_APPLY, (control) => {
      const { skipBad } = control.run.parameters as { skipBad: boolean };
      return this.write(scopeOf(control), skipBad, control);
    });
  }

  /**
   * Keeps the bytes of a file as they come; answers what {@link accept} makes an import of. Throws
   * `UnreadableSheetError`, and what reading throws; nothing is kept then.
   */
  async keep(file: AsyncIterable<Buffer>): Promise<{ uuid: string; encoding: string }> {
    await this.imports.clearOld(new Date(this.clock.now().getTime() - KEPT_MS));
    const uuid = randomUUID();
    const type = new SheetFileType();
    let size = 0;
    let number = 0;
    try {
      for await (const chunk of inChunks(file)) {
        type.look(chunk);
        size += chunk.length;
        if (type.isPacked && size > MOST_PACKED_BYTES)
          throw new UnreadableSheetError('An XLSX file may have 20 MB: save it as CSV.');
        await this.imports.addChunk(uuid, number++, chunk);
      }
      return { uuid, encoding: type.end() };
    } catch (error) {
      await this.imports.clearChunks(uuid);
      throw error;
    }
  }

  /** Makes an import of a file that was kept. */
  async accept(
    kept: { uuid: string; encoding: string },
    { kind, fileName, requestedBy }: Upload,
  ): Promise<SheetImport> {
    await this.imports.insert({ ...kept, kind, fileName: wellFormed(fileName).slice(-255), requestedBy });
    return this.get(kept.uuid);
  }

  /** Forgets a file that was kept and is not wanted after all. */
  drop(uuid: string): Promise<void> {
    return this.imports.clearChunks(uuid);
  }

  /** Queues the reading of an import. */
  async startPreview({ uuid, requestedBy }: SheetImport): Promise<SheetImport> {
    return this.queued(
      uuid,
      await this.jobs.enqueue({ kind: IMPORT_PREVIEW, scope: uuid, parameters: {}, requestedBy }),
    );
  }

  /**
   * Queues what was previewed. `skipBad`: without the refused rows. Throws `SheetImportNotFoundError`,
   * `ImportNotReadyError`, `ImportHasRefusedRowsError`.
   */
  async startApply(uuid: string, skipBad: boolean, requestedBy: string): Promise<SheetImport> {
    const found = await this.get(uuid);
    assertReady(found, skipBad);
    const request = { kind: IMPORT_APPLY, scope: found.uuid, parameters: { skipBad }, requestedBy };
    return this.queued(found.uuid, await this.jobs.enqueue(request));
  }

  private async queued(uuid: string, { uuid: jobUuid }: { uuid: string }): Promise<SheetImport> {
    await this.imports.update(uuid, { jobUuid });
    return this.get(uuid);
  }

  /** Reads the file and works out what it would do. Throws `UnreadableSheetError`, and what `watch` throws. */
  async preview(uuid: string, watch: Watch): Promise<Record<Outcome, number>> {
    const found = await this.get(uuid);
    // The job was interrupted when it had done it.
    if (found.problem) throw new UnreadableSheetError(found.problem);
    if (found.state !== 'uploaded') return this.imports.counts(uuid);
    await this.imports.clearRows(uuid);
    try {
      await this.read(found, watch);
      await watch.progress('comparing with the database', 0, 0);
      const counts = await this.imports.preview(uuid, sheetKind(found.kind));
      const { created, changed, unchanged, refused } = counts;
      await this.imports.update(uuid, {
        state: 'previewed',
        rowsCreated: created,
        rowsChanged: changed,
        rowsUnchanged: unchanged,
        rowsRefused: refused,
      });
      await this.imports.clearChunks(uuid);
      return counts;
    } catch (error) {
      await this.fail(uuid, error);
      throw error;
    }
  }

  private async read({ uuid, kind, encoding }: SheetImport, watch: Watch): Promise<void> {
    const { rows, separator } = await this.rowsOf(uuid, encoding);
    const first = await rows.next();
    if (first.done) throw new UnreadableSheetError('The file has no rows.');
    const reader = new RowReader(sheetKind(kind), first.value.cells, this.address);
    await this.imports.update(uuid, {
      separator,
      header: first.value.cells.map((name) => name.trim()),
      ignoredColumns: [...reader.ignoredColumns],
    });
    let part: ReadRow[] = [];
    let adding: Promise<void> = Promise.resolve();
    let done = 0;
    const add = async () => {
      await adding;
      await watch.progress('reading the file', done, 0);
      adding = this.imports.addRows(uuid, part);
      // Whoever waits for it next is told; until then nobody may take it for unheard.
      adding.catch(() => undefined);
      part = [];
    };
    try {
      for await (const row of rows) {
        const read = reader.read(row);
        if (!read) continue;
        part.push(read);
        done += 1;
        if (part.length >= ROWS_AT_ONCE) await add();
      }
      await add();
    } finally {
      await adding;
    }
  }

  private async rowsOf(uuid: string, encoding: string): Promise<{ separator: string; rows: AsyncGenerator<SheetRow> }> {
    if (encoding === 'xlsx') return { separator: '', rows: readXlsx(this.imports.chunks(uuid)) };
    return readCsv(this.imports.chunks(uuid), encoding as 'utf-8');
  }

  /**
   * Does what was previewed, in one transaction. Throws `ImportNotReadyError`, `ImportHasRefusedRowsError`,
   * `ImportOutdatedError`; nothing is written then.
   */
  async write(uuid: string, skipBad: boolean, watch: Watch): Promise<Record<Outcome, number>> {
    await watch.progress('applying', 0, 0);
    try {
      return await this.imports.transaction(async (manager) => {
        await watch.lease?.check(manager);
        const found = await this.imports.lock(manager, uuid);
        // The job was interrupted when it had done it.
        if (found.state === 'applied' && found.jobUuid === watch.run?.uuid) return this.imports.counts(uuid, manager);
        assertReady(found, skipBad);
        const kind = sheetKind(found.kind);
        await this.imports.keepOthersOut(manager, kind);
        const counts = await this.imports.counts(uuid, manager);
        // A crash of the database empties what is not logged.
        const isWhole = sum(counts) === found.rowsCreated + found.rowsChanged + found.rowsUnchanged + found.rowsRefused;
        if (!isWhole || (await this.imports.hasMoved(manager, uuid, kind))) throw new ImportOutdatedError();
        watch.signal?.throwIfAborted();
        await this.imports.write(manager, uuid, kind);
        watch.signal?.throwIfAborted();
        await this.imports.applied(manager, uuid, this.clock.now());
        return counts;
      });
    } catch (error) {
      if (error instanceof ImportOutdatedError) await this.fail(uuid, error);
      throw error;
    }
  }

  /** What ends a job and not the import stays open: it may be tried again. */
  private async fail(uuid: string, error: unknown): Promise<void> {
    if (!(error instanceof AppError) || error instanceof JobCancelledError || error instanceof LeaseLostError) return;
    await this.imports.clearRows(uuid);
    await this.imports.clearChunks(uuid);
    await this.imports.update(uuid, { state: 'failed', problem: error.sentence });
  }

  /** What the rows would do, in their order. Throws `SheetImportNotFoundError`, `PageNotFoundError`. */
  async results(uuid: string, outcomes: readonly Outcome[], paging: Paging): Promise<Page<RowResult>> {
    const found = await this.get(uuid);
    const wanted = outcomes.length ? outcomes : OUTCOMES;
    const { total, page, pageSize } = pageOf(paging, await this.imports.countResults(found.uuid, wanted));
    const rows = await this.imports.results(found.uuid, wanted, pageSize, (page - 1) * pageSize);
    return new Page(rows, total, page, pageSize);
  }

  /** Refused rows as a file that can be mended and fed again: its last column says why. Throws `SheetImportNotFoundError`. */
  async refusedRows(uuid: string): Promise<{ name: string; lines: AsyncGenerator<string> }> {
    const { uuid: known, kind, header } = await this.get(uuid);
    return { name: `${kind}-refused`, lines: this.refusedLines(known, header) };
  }

  private async *refusedLines(uuid: string, header: readonly string[]): AsyncGenerator<string> {
    const old = header.findIndex((name) => name.toLowerCase() === REFUSED_COLUMN);
    const kept = header.map((_, at) => at).filter((at) => at !== old);
    yield csvLine([...kept.map((at) => header[at]), REFUSED_COLUMN]);
    const read = (_: number, last?: RefusedRow) => this.imports.refused(uuid, last?.rowNumber ?? 0, PAGE);
    for await (const { cells, faults } of inPages(PAGE, read)) {
      const texts = cells.map(asWritten);
      // What is more than the header stays more than it: nothing of a row gets lost before somebody has mended it.
      const more = texts.slice(header.length);
      yield csvLine([...kept.map((at) => texts[at]), faults.map(sentenceOf).join(' '), ...more]);
    }
  }

  /** A file to fill in: the columns of a kind, and one row that shows how. Throws `SheetKindNotFoundError`. */
  template(name: string): { name: string; lines: string[] } {
    const known = SHEET_KINDS.find((kind) => kind === name);
    if (!known) throw new SheetKindNotFoundError();
    const kind = sheetKind(known);
    const headers = headersOf(kind);
    return { name: known, lines: [csvLine(headers), csvLine(headers.map((header) => kind.example[header]))] };
  }
}

const scopeOf = ({ run }: JobControl) => run.scope;

const sum = (counts: Record<Outcome, number>) => OUTCOMES.reduce((all, outcome) => all + counts[outcome], 0);

function assertReady({ state, rowsRefused }: SheetImport, skipBad: boolean): void {
  if (state !== 'previewed') throw new ImportNotReadyError(state);
  if (rowsRefused && !skipBad) throw new ImportHasRefusedRowsError(rowsRefused);
}

/** The same bytes in pieces of one size. */
async function* inChunks(file: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let parts: Buffer[] = [];
  let length = 0;
  for await (const part of file) {
    parts.push(part);
    length += part.length;
    if (length < CHUNK_BYTES) continue;
    yield Buffer.concat(parts, length);
    [parts, length] = [[], 0];
  }
  if (length) yield Buffer.concat(parts, length);
}
