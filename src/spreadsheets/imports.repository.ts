import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { type EntityManager, Repository, type SelectQueryBuilder } from 'typeorm';
import type { Paging } from '../common/page.js';
import { translateConstraintErrors } from '../database/constraint.js';
import { copyRows } from '../database/copy-rows.js';
import { EntityRepository } from '../database/entity.repository.js';
import { narrow } from '../database/paginate.js';
import { WaldurOwnership } from '../directory/mirror/waldur-ownership.js';
import {
  ADD_CHUNK,
  ANALYZE_ROWS,
  changed,
  CHUNK,
  CLEAR,
  CLEAR_OLD,
  COUNT_RESULTS,
  COUNTS,
  created,
  hasMoved,
  keepOthersOut,
  previewed,
  REFUSED,
  RESULTS,
  SORT_IN_MEMORY,
} from './import.sql.js';
import type { ReadRow, SheetFault } from './read-rows.js';
import { type ImportState, SheetImport } from './sheet-import.entity.js';
import type { SheetKindName } from './sheet-kind-names.js';
import type { SheetKind, SheetPart } from './sheet-kinds.js';
import { ImportOutdatedError, SheetImportNotFoundError } from './spreadsheets.errors.js';

export const OUTCOMES = ['created', 'changed', 'unchanged', 'refused'] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** Which imports are meant; what is left out does not matter. */
export interface ImportFilter extends Paging {
  readonly kind?: SheetKindName;
  readonly state?: readonly ImportState[];
}

/** What a row of a file would do. */
export interface RowResult {
  readonly rowNumber: number;
  readonly outcome: Outcome;
  /** The UUID of the object that it is about. */
  readonly target: string;
  /** By columns of the database; null: there is no such object yet. */
  readonly before: Readonly<Record<string, unknown>> | null;
  readonly after: Readonly<Record<string, unknown>>;
  readonly faults: readonly SheetFault[];
}

export interface RefusedRow {
  readonly rowNumber: number;
  /** As they stand in the file. */
  readonly cells: readonly string[];
  readonly faults: readonly SheetFault[];
}

const TABLES = ['sheet_import_result', 'sheet_import_row'];
const COLUMNS = ['import_uuid', 'row_number', 'part', 'cells', 'given', 'faults'];

/** Uploaded files, what they say, and what that would do. Rows wait in unlogged tables, however many they are. */
@Injectable()
export class ImportsRepository extends EntityRepository<SheetImport, ImportFilter> {
  constructor(
    @InjectRepository(SheetImport) rows: Repository<SheetImport>,
    private readonly ownership: WaldurOwnership,
  ) {
    super(rows, SheetImportNotFoundError);
  }

  async addChunk(importUuid: string, number: number, content: Buffer): Promise<void> {
    await this.rows.query(ADD_CHUNK, [importUuid, number, content]);
  }

  /** The bytes of an uploaded file, piece by piece. */
  async *chunks(importUuid: string): AsyncGenerator<Buffer> {
    for (let number = 0; ; number++) {
      const [chunk] = await this.rows.query<{ content: Buffer }[]>(CHUNK, [importUuid, number]);
      if (!chunk) return;
      yield chunk.content;
    }
  }

  async clearChunks(importUuid: string): Promise<void> {
    await this.rows.query(CLEAR('sheet_import_chunk'), [importUuid]);
  }

  /** Forgets what was read of a file before. */
  async clearRows(importUuid: string): Promise<void> {
    for (const table of TABLES) await this.rows.query(CLEAR(table), [importUuid]);
  }

  /** Forgets imports from before then, with all that belongs to them, except where one is being applied. */
  async clearOld(before: Date): Promise<void> {
    await this.rows.query(CLEAR_OLD, [before]);
  }

  async addRows(importUuid: string, rows: readonly ReadRow[]): Promise<void> {
    await copyRows(
      this.rows.manager.dataSource,
      'sheet_import_row',
      COLUMNS,
      rows.map(({ number, part, cells, given, faults }) => [
        importUuid,
        number,
        part,
        JSON.stringify(cells),
        JSON.stringify(given),
        JSON.stringify(faults),
      ]),
    );
  }

  /** Works out what the rows would do, and keeps it; answers how many do what. */
  async preview(importUuid: string, { parts }: SheetKind): Promise<Record<Outcome, number>> {
    await this.rows.query(ANALYZE_ROWS);
    await this.rows.manager.transaction(async (manager) => {
      await manager.query(SORT_IN_MEMORY);
      for (const [at, part] of parts.entries())
        await manager.query(previewed(part, this.refusalOf(part)), [importUuid, at]);
    });
    return this.counts(importUuid);
  }

  async counts(importUuid: string, manager = this.rows.manager): Promise<Record<Outcome, number>> {
    const rows = await manager.query<{ outcome: Outcome; rows: number }[]>(COUNTS, [importUuid]);
    const none = { created: 0, changed: 0, unchanged: 0, refused: 0 };
    return { ...none, ...Object.fromEntries(rows.map((row) => [row.outcome, row.rows])) };
  }

  transaction<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.rows.manager.transaction(work);
  }

  /** Keeps an import to this transaction. */
  async lock(manager: EntityManager, uuid: string): Promise<SheetImport> {
    return manager.findOneOrFail(SheetImport, { where: { uuid }, lock: { mode: 'pessimistic_write' } });
  }

  /** Nothing of this kind is changed by others until the transaction ends. */
  async keepOthersOut(manager: EntityManager, { parts }: SheetKind): Promise<void> {
    for (const part of parts) await manager.query(keepOthersOut(part));
    await manager.query(SORT_IN_MEMORY);
  }

  /** Whether the rows would do anything else now than what was previewed. */
  async hasMoved(manager: EntityManager, importUuid: string, { parts }: SheetKind): Promise<boolean> {
    for (const [at, part] of parts.entries()) {
      const [{ moved }] = await manager.query<[{ moved: boolean }]>(hasMoved(part, this.refusalOf(part)), [
        importUuid,
        at,
      ]);
      if (moved) return true;
    }
    return false;
  }

  /** Does what was previewed. Throws `ImportOutdatedError` where a constraint refuses it. */
  async write(manager: EntityManager, importUuid: string, { parts }: SheetKind): Promise<void> {
    for (const [at, part] of parts.entries())
      for (const statement of [created(part), changed(part)])
        await translateConstraintErrors({ uq_resource_live_license: () => new ImportOutdatedError() }, () =>
          manager.query(statement, [importUuid, at]),
        );
  }

  async applied(manager: EntityManager, uuid: string, appliedAt: Date): Promise<void> {
    await manager.update(SheetImport, { uuid }, { state: 'applied', appliedAt });
  }

  async results(importUuid: string, outcomes: readonly Outcome[], limit: number, skip: number): Promise<RowResult[]> {
    const rows = await this.rows.query<(RowResult & { row_number: number })[]>(RESULTS, [
      importUuid,
      outcomes,
      limit,
      skip,
    ]);
    return rows.map(({ row_number: rowNumber, ...row }) => ({ ...row, rowNumber }));
  }

  async countResults(importUuid: string, outcomes: readonly Outcome[]): Promise<number> {
    const [{ rows }] = await this.rows.query<[{ rows: number }]>(COUNT_RESULTS, [importUuid, outcomes]);
    return rows;
  }

  /** The refused rows after one, in their order. */
  async refused(importUuid: string, after: number, limit: number): Promise<RefusedRow[]> {
    const rows = await this.rows.query<{ row_number: number; cells: string; faults: SheetFault[] }[]>(REFUSED, [
      importUuid,
      after,
      limit,
    ]);
    return rows.map(({ row_number: rowNumber, cells, faults }) => ({
      rowNumber,
      cells: JSON.parse(cells) as string[],
      faults,
    }));
  }

  private refusalOf({ what }: SheetPart): string | undefined {
    return this.ownership.refusalOf(`${what}s`);
  }

  protected filtered({ kind, state }: ImportFilter): SelectQueryBuilder<SheetImport> {
    return narrow(this.rows.createQueryBuilder('import'), {
      'import.kind = :kind': kind,
      'import.state = ANY(:state)': state,
    });
  }
}
