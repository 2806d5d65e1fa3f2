import {
  type DeepPartial,
  type EntityManager,
  type FindOptionsRelations,
  type FindOptionsWhere,
  type QueryDeepPartialEntity,
  type Repository,
  type SelectQueryBuilder,
} from 'typeorm';
import type { AppError } from '../common/app.error.js';
import type { Count, Order, Page, Paging } from '../common/page.js';
import type { BaseEntity } from './base.entity.js';
import { EntityReader } from './entity-reader.js';
import { deleteOrThrowInUse, translateConstraintErrors, updateDefined, UuidTakenError } from './constraint.js';
import { findByOrThrow } from './find-or-throw.js';
import { countOnly, paginate } from './paginate.js';

/** Rows read at once where all are wanted. */
const PART = 1_000;

/** Rows of one entity: lists of them, each by its UUID, and what is written of them. A subclass says how lists are narrowed. */
export abstract class EntityRepository<T extends BaseEntity, Filter extends Paging> {
  private readonly reader: EntityReader<T>;

  /** `relations`: with which rows come. `usualOrder`: of lists. */
  constructor(
    protected readonly rows: Repository<T>,
    private readonly Missing: new () => AppError,
    relations: FindOptionsRelations<T> = {},
    private readonly usualOrder: Order = [['created', 'DESC']],
  ) {
    this.reader = new EntityReader(rows, relations);
  }

  protected abstract filtered(filter: Filter): SelectQueryBuilder<T>;

  /** Throws `PageNotFoundError`. */
  list(filter: Filter): Promise<Page<T>> {
    return paginate(this.filtered(filter), filter, this.usualOrder, this.reader);
  }

  /** Throws `PageNotFoundError`. */
  count(filter: Filter): Promise<Count> {
    return countOnly(this.filtered(filter), filter);
  }

  /** All that a filter leaves, oldest first, read in parts: for files. */
  async *each(filter: Filter): AsyncGenerator<T> {
    for (let last: T | undefined; ;) {
      const keys = this.filtered(filter);
      const { alias } = keys;
      keys.select(`${alias}.uuid`, 'uuid').orderBy({ [`${alias}.created`]: 'ASC', [`${alias}.uuid`]: 'ASC' });
      if (last)
        keys.andWhere(`(${alias}.created, ${alias}.uuid) > (:lastCreated, :lastUuid)`, {
          lastCreated: last.created,
          lastUuid: last.uuid,
        });
      const uuids = (await keys.limit(PART).getRawMany<{ uuid: string }>()).map(({ uuid }) => uuid);
      const rows = new Map((await this.findAll(uuids)).map((row) => [row.uuid, row]));
      for (const uuid of uuids) {
        const row = rows.get(uuid);
        if (row) yield (last = row);
      }
      if (uuids.length < PART) return;
    }
  }

  /** Those of these rows that exist. `manager`: as part of its transaction. */
  findAll(uuids: readonly string[], manager: EntityManager = this.rows.manager): Promise<T[]> {
    return this.reader.find('item.uuid = ANY($1)', [uuids], manager);
  }

  /** By a UUID in any spelling. Throws the entity's own not-found error. */
  get(uuid: string): Promise<T> {
    return findByOrThrow(async (known) => (await this.findAll([known]))[0], uuid, this.Missing);
  }

  /**
   * Answers the UUID. Throws `UuidTakenError` where it is given and not free, and as `translateConstraintErrors`, with
   * the errors of `refusals`.
   */
  async insert(columns: DeepPartial<T>, refusals: Readonly<Record<string, () => Error>> = {}): Promise<string> {
    const row = this.rows.create(columns);
    const taken = { [`pk_${this.rows.metadata.tableName}`]: () => new UuidTakenError() };
    await translateConstraintErrors({ ...taken, ...refusals }, () =>
      this.rows.insert(row as QueryDeepPartialEntity<T>),
    );
    return row.uuid;
  }

  /** Writes the columns that are given; see `updateDefined`. */
  update(uuid: string, columns: QueryDeepPartialEntity<T>): Promise<void> {
    return updateDefined(this.rows, uuid, columns);
  }

  /** `whatIs`: how a sentence names the row; `advice`: what to do if it is in use. Throws the entity's own not-found error, `ObjectInUseError`. */
  async remove(uuid: string, whatIs: (row: T) => string, advice?: string): Promise<void> {
    const row = await this.get(uuid);
    await deleteOrThrowInUse(whatIs(row), () => this.rows.delete({ uuid: row.uuid } as FindOptionsWhere<T>), advice);
  }
}
