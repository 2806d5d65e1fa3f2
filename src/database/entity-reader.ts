import type {
  EntityManager,
  EntityMetadata,
  FindOptionsRelations,
  ObjectLiteral,
  Repository,
  SelectQueryBuilder,
} from 'typeorm';
import { BoundedMap } from '../common/bounded-map.js';
import { BY_KEY } from './statement-names.js';

type ColumnMetadata = EntityMetadata['columns'][number];

/** Which relations are read with a row, and with these. */
type Tree = Readonly<Record<string, unknown>>;

type Row = Readonly<Record<string, unknown>>;

/** Both with the same parameters. */
export interface PageQuery<T extends ObjectLiteral> {
  readonly keys: SelectQueryBuilder<T>;
  readonly counted?: SelectQueryBuilder<T>;
}

type PageStatement = [text: string, parameters: unknown[]];

/** Lists by all orders and sizes that are asked for again and again. */
const MOST_PAGES = 100;

/** An entity, or one that it points at, as a statement reads it. */
interface Part {
  readonly metadata: EntityMetadata;
  readonly columns: readonly (readonly [name: string, column: ColumnMetadata])[];
  readonly below: readonly (readonly [property: string, part: Part])[];
}

/**
 * Reads rows of one entity with those that they point at. TypeORM's `find` works statement and objects out anew each
 * time, which takes longer than PostgreSQL does with the answer; here that is done once. Relations are to one row each.
 */
export class EntityReader<T extends ObjectLiteral & { uuid: string }> {
  private readonly pages = new BoundedMap<string | undefined, PageStatement>(MOST_PAGES);
  private statement?: { readonly columns: string; readonly joins: string; readonly part: Part };

  constructor(
    private readonly rows: Repository<T>,
    private readonly relations: FindOptionsRelations<T> = {},
  ) {}

  /** Those that fulfil a condition on unique columns of `item`, an SQL expression with columns as the database has them. */
  async find(
    condition: string,
    parameters: readonly unknown[],
    manager: EntityManager = this.rows.manager,
  ): Promise<T[]> {
    const { columns, joins, part } = this.known();
    const text = `SELECT ${BY_KEY} ${columns} FROM ${part.metadata.tablePath} AS item ${joins} WHERE ${condition}`;
    return (await manager.query<Row[]>(text, [...parameters])).map((row) => read<T>(part, row));
  }

  /**
   * Those whose UUIDs `keys` answers, in its order, and with them the number that `counted` answers, 0 where there are
   * none: one statement. It is worked out once for all that is asked by the same `name`, where one is given.
   */
  async page(asked: () => PageQuery<T>, name?: string): Promise<{ readonly items: T[]; readonly total: number }> {
    const { part } = this.known();
    const [text, parameters] = this.pages.get(name) ?? this.pageStatement(asked());
    if (name !== undefined) this.pages.set(name, [text, parameters]);
    const rows = await this.rows.manager.query<Row[]>(text, parameters);
    return { items: rows.map((row) => read<T>(part, row)), total: Number(rows[0]?.total ?? 0) };
  }

  private pageStatement({ keys, counted }: PageQuery<T>): PageStatement {
    const { columns, joins, part } = this.known();
    return this.rows.manager.dataSource.driver.escapeQueryWithParameters(
      `SELECT ${columns}${counted ? `, (${counted.getQuery()}) AS total` : ''}
       FROM unnest(ARRAY(${keys.getQuery()})) WITH ORDINALITY AS page (uuid, place)
       JOIN ${part.metadata.tablePath} AS item ON item.uuid = page.uuid ${joins}
       ORDER BY page.place`,
      keys.getParameters(),
    );
  }

  private known() {
    if (this.statement) return this.statement;
    const columns: string[] = [];
    const joins: string[] = [];
    const part = partOf(this.rows.metadata, 'item', this.relations, columns, joins);
    return (this.statement = { columns: columns.join(', '), joins: joins.join(' '), part });
  }
}

function partOf(metadata: EntityMetadata, alias: string, tree: Tree, columns: string[], joins: string[]): Part {
  const shown = metadata.columns.filter(({ isSelect, isVirtual }) => isSelect && !isVirtual);
  const own = shown.map((column) => {
    const name = `c${columns.length}`;
    columns.push(`${alias}.${column.databaseName} AS ${name}`);
    return [name, column] as const;
  });
  const below = Object.keys(tree).map((property) => {
    const relation = metadata.findRelationWithPropertyPath(property);
    if (!relation?.joinColumns.length) throw new Error(`${metadata.name}.${property} is not to one row.`);
    const other = `${alias}_${property}`;
    const same = relation.joinColumns.map(
      ({ databaseName, referencedColumn }) => `${other}.${referencedColumn!.databaseName} = ${alias}.${databaseName}`,
    );
    joins.push(`LEFT JOIN ${relation.inverseEntityMetadata.tablePath} AS ${other} ON ${same.join(' AND ')}`);
    const further = tree[property] === true ? {} : (tree[property] as Tree);
    return [property, partOf(relation.inverseEntityMetadata, other, further, columns, joins)] as const;
  });
  return { metadata, columns: own, below };
}

function read<T>({ metadata, columns, below }: Part, row: Row): T {
  const entity = metadata.create() as Record<string, unknown>;
  const { driver } = metadata.dataSource;
  for (const [name, column] of columns) entity[column.propertyName] = driver.prepareHydratedValue(row[name], column);
  for (const [property, part] of below) entity[property] = isThere(part, row) ? read(part, row) : null;
  return entity as T;
}

const isThere = ({ columns }: Part, row: Row) =>
  columns.some(([name, { isPrimary }]) => isPrimary && row[name] !== null);
