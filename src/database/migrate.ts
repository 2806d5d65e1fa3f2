import { appError } from '../common/app.error.js';
import { type DataSource, type EntityManager, MigrationExecutor } from 'typeorm';

/** Any number; the same in every instance. */
const MIGRATION_LOCK = 7_236_114;

/** A newer program has changed the schema in a way that this one cannot live with. */
export class ProgramTooOldError extends Error {
  constructor() {
    super('The database was changed by a newer version of this program: start that one, or a newer one.');
    this.name = 'ProgramTooOldError';
  }
}

/** The database has the first schema of billing, which was never released and charged by another model. */
export class FirstSchemaError extends Error {
  constructor() {
    super('The database has the first, unreleased schema of billing: start with an empty database.');
    this.name = 'FirstSchemaError';
  }
}

/** Only the service brings the schema of a database up to date. */
export class SchemaNotReadyError extends appError('conflict', 'schema_not_ready', (hasTables: boolean) =>
  hasTables
    ? "The schema of the database is not this program's: start the service of this version once, which brings it up to date. Where that refuses, this version is too old."
    : 'The database has no tables of the service yet: start that once, which makes them. Where it has done so, DATABASE_URL names another database.',
) {}

const FIRST_BILLING = 'CreateBilling1795452318372';

/**
 * Runs the migrations that are still missing, all or none, and wholly inside one lock of the transaction: instances
 * that start together wait for one another, through PgBouncer too. Throws {@link ProgramTooOldError},
 * {@link FirstSchemaError}.
 */
export async function migrate(dataSource: DataSource): Promise<void> {
  const runner = dataSource.createQueryRunner();
  try {
    await runner.startTransaction();
    await runner.query('SET LOCAL lock_timeout = 0');
    await runner.query('SELECT pg_advisory_xact_lock($1)', [MIGRATION_LOCK]);
    if (await hasMigration(runner.manager, FIRST_BILLING)) throw new FirstSchemaError();
    const executor = new MigrationExecutor(dataSource, runner);
    executor.transaction = 'none';
    await executor.executePendingMigrations();
    if (!(await isSchemaOfOurs(runner.manager))) throw new ProgramTooOldError();
    await runner.commitTransaction();
  } catch (error) {
    if (runner.isTransactionActive) await runner.rollbackTransaction().catch(() => undefined);
    throw error;
  } finally {
    await runner.release();
  }
}

/** Throws {@link SchemaNotReadyError}. */
export async function assertSchemaOfOurs({ manager }: DataSource): Promise<void> {
  const fits = await fitOfSchema(manager);
  if (!fits) throw new SchemaNotReadyError(fits === false);
}

/** As {@link isSchemaOfOurs}; `undefined` where there are no tables yet. */
export async function fitOfSchema(manager: EntityManager): Promise<boolean | undefined> {
  try {
    return await isSchemaOfOurs(manager);
  } catch (error) {
    if ((error as { code?: string }).code !== '42P01') throw error;
    return undefined;
  }
}

/** Whether this program can work with the schema as it is now. */
export async function isSchemaOfOurs(manager: EntityManager): Promise<boolean> {
  const newest = Math.max(...manager.dataSource.migrations.map(({ name }) => Number(/\d+$/.exec(name ?? '')?.[0])));
  const [row] = await manager.query<{ fits: boolean }[]>(
    `SELECT oldest_program <= $1 AND EXISTS (SELECT 1 FROM migration WHERE "timestamp" >= $1) AS fits FROM schema_support`,
    [newest],
  );
  return row?.fits ?? false;
}

async function hasMigration(manager: EntityManager, name: string): Promise<boolean> {
  const [found] = await manager.query<{ exists: boolean }[]>(`SELECT to_regclass('migration') IS NOT NULL AS exists`);
  if (!found!.exists) return false;
  const rows = await manager.query<unknown[]>('SELECT 1 FROM migration WHERE name = $1', [name]);
  return rows.length > 0;
}
