import type { DataSource } from 'typeorm';

/** Any number; the same in every instance. */
const MIGRATION_LOCK = 7_236_114;

/** Runs the migrations that are still missing. Instances that start together wait for one another. */
export async function migrate(dataSource: DataSource): Promise<void> {
  if (!(await dataSource.showMigrations())) return;
  const embedded = !('url' in dataSource.options && dataSource.options.url);
  if (embedded) return void (await dataSource.runMigrations());
  const guard = dataSource.createQueryRunner();
  try {
    await guard.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    await dataSource.runMigrations();
  } finally {
    await guard.query('SELECT pg_advisory_unlock($1)', [MIGRATION_LOCK]);
    await guard.release();
  }
}
