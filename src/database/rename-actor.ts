import type { EntityManager, EntityTarget, ObjectLiteral } from 'typeorm';

/** A column that says who acted, as `actorOf` writes it. */
export interface ActorColumn {
  readonly entity: EntityTarget<ObjectLiteral>;
  readonly property: string;
}

/**
 * Writes another name wherever a column says that somebody acted: alone, as somebody else, or somebody else as them. Times
 * of change stay. Answers the column as the database calls it, and how many rows said so.
 */
export async function renameActor(
  manager: EntityManager,
  { entity, property }: ActorColumn,
  from: string,
  to: string,
): Promise<{ column: string; rows: number }> {
  const { tableName, columns } = manager.dataSource.getMetadata(entity);
  const { databaseName: name } = columns.find(({ propertyName }) => propertyName === property)!;
  const [, rows] = await manager.query<[unknown[], number]>(
    `UPDATE ${tableName}
     SET ${name} = CASE
       WHEN ${name} = $1::text || ' as ' || $1 THEN $2::text || ' as ' || $2
       WHEN ${name} = $1 OR starts_with(${name}, $1 || ' as ') THEN $2 || substr(${name}, length($1) + 1)
       ELSE left(${name}, -length($1)) || $2
     END
     WHERE ${name} = $1 OR starts_with(${name}, $1 || ' as ') OR right(${name}, length($1) + 4) = ' as ' || $1`,
    [from, to],
  );
  return { column: `${tableName}.${name}`, rows };
}
