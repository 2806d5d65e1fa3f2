/** As if whoever has jobs of this database under way had not been heard of for longer than their leases. */
export const expireLeases = (database: { query(statement: string): Promise<unknown> }): Promise<unknown> =>
  database.query(`UPDATE job_run SET lease_expires_at = clock_timestamp() WHERE state = 'running'`);
