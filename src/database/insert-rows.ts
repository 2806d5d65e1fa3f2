import type { EntityManager, EntityTarget, ObjectLiteral } from 'typeorm';

/**
 * Inserts rows in one statement, however many: all with the properties of the first, and none of another. What they do
 * not have takes its default.
 */
export async function insertRows<T extends ObjectLiteral>(
  manager: EntityManager,
  entity: EntityTarget<T>,
  rows: readonly Partial<T>[],
): Promise<void> {
  if (rows.length) await manager.query(...insertion(manager, entity, rows));
}

/**
 * As {@link insertRows}; a row stays out where there is one with its UUID or another of its keys. Answers the UUIDs of
 * those that were made.
 */
export async function insertFreeRows<T extends ObjectLiteral>(
  manager: EntityManager,
  entity: EntityTarget<T>,
  rows: readonly Partial<T>[],
): Promise<Set<string>> {
  if (!rows.length) return new Set();
  const [insert, values] = insertion(manager, entity, rows);
  const made = await manager.query<{ uuid: string }[]>(`${insert} ON CONFLICT DO NOTHING RETURNING uuid`, values);
  return new Set(made.map(({ uuid }) => uuid));
}

function insertion<T extends ObjectLiteral>(
  manager: EntityManager,
  entity: EntityTarget<T>,
  rows: readonly Partial<T>[],
): [statement: string, values: string[]] {
  const { tableName, columns } = manager.dataSource.getMetadata(entity);
  const given = columns.filter(({ propertyName }) => Object.hasOwn(rows[0]!, propertyName));
  const names = given.map(({ databaseName }) => `"${databaseName}"`).join(', ');
  const content = rows.map((row) =>
    Object.fromEntries(given.map(({ databaseName, propertyName }) => [databaseName, row[propertyName] as unknown])),
  );
  return [
    `INSERT INTO ${tableName} (${names}) SELECT ${names} FROM jsonb_populate_recordset(NULL::${tableName}, $1)`,
    [JSON.stringify(content)],
  ];
}
