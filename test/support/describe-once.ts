declare const TEST_DATABASE: 'pglite' | 'postgres';

/** For what has nothing to do with the database: once, on the server where there is one, as it leaves us a core. */
export const describeOnce =
  TEST_DATABASE === (process.env.TEST_DATABASE_URL ? 'postgres' : 'pglite') ? describe : describe.skip;
