import pg from 'pg';

/**
 * How many sessions of a server's database wait for a lock. Asked by a session of its own: within a transaction the list
 * of sessions stays as it was when it was first looked at, and one that began later is never seen to wait.
 */
export async function lockWaiters(databaseUrl: string): Promise<number> {
  const client = new pg.Client(databaseUrl);
  await client.connect();
  try {
    const { rowCount } = await client.query(
      `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    );
    return rowCount!;
  } finally {
    await client.end();
  }
}

/** Waits until some session waits for a lock. */
export async function untilOneWaits(databaseUrl: string): Promise<void> {
  while (!(await lockWaiters(databaseUrl)));
}
