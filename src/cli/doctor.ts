import type { INestApplicationContext } from '@nestjs/common';
import { SystemClock } from '../common/clock.js';
import { type Env, InvalidEnvironmentError, readEnv } from '../config/env.js';
import { NoDatabaseError } from '../database/backup.errors.js';
import { withDatabase } from '../database/with-database.js';
import { Settings } from '../settings/settings.entity.js';
import type { Check } from './check.js';
import { databaseChecks, NO_ACCOUNTS, nodeCheck } from './checks.js';
import { askService } from './operator-socket.js';

/** What a command is run with. */
export interface Surroundings {
  /** The environment variables that it reads; by default those of the process. */
  readonly variables?: Record<string, string | undefined>;
  /** Writes to its output. */
  readonly print: (text: string) => void;
  /** Writes to its error output. */
  readonly warn: (text: string) => void;
  /** Opens the application for one command, without schedules and jobs. */
  readonly open: (env: Env) => Promise<INestApplicationContext>;
  /** What went wrong, in words. */
  readonly explain: (error: unknown, env?: Env) => string;
}

/** Looks at all that the service needs, changes nothing, and goes on as far as it can. */
export async function examine({ variables, open, explain }: Surroundings): Promise<Check[]> {
  const checks = [nodeCheck()];
  let env: Env;
  try {
    env = readEnv(variables);
  } catch (error) {
    if (!(error instanceof InvalidEnvironmentError)) throw error;
    const advice = 'docs/settings.md says what each variable means.';
    return [...checks, ...error.faults.map((says) => ({ name: 'environment', good: false, says, advice }))];
  }
  checks.push({ name: 'environment', good: true, says: 'Every variable can be read.' });
  const failed = (name: string) => (error: unknown) => [{ name, good: false, says: explain(error, env) }];

  if (!env.DATABASE_URL) {
    const served: Check = { name: 'service', good: true, says: 'It serves.' };
    const asked = (askService(env.DATA_DIR, 'checks', {}) as Promise<Check[] | undefined>).then(
      (found) => found && [served, ...found],
    );
    const ofService = await asked.catch(failed('service'));
    if (ofService) return [...checks, ...ofService];
  }
  let hasAccounts: boolean | undefined;
  const looked = withDatabase(
    env,
    async (dataSource) => {
      const found = await databaseChecks(dataSource, env, new SystemClock().now());
      // Whoever opens the application would bring the schema up to date, and make a secret key where there is none.
      if (found.every(({ name, good }) => name !== 'schema' || good))
        hasAccounts = await dataSource.getRepository(Settings).existsBy({});
      return found;
    },
    [Settings],
  );
  const ofDatabase = await looked.catch((error: unknown) =>
    error instanceof NoDatabaseError
      ? [{ name: 'database', good: true, says: error.message }]
      : failed('database')(error),
  );
  checks.push(...ofDatabase);
  if (!hasAccounts) return hasAccounts === false ? [...checks, NO_ACCOUNTS] : checks;
  const ofAccounts = open(env).then(async (app) => {
    try {
      const { Operations } = await import('./operations.js');
      return (await new Operations(app).run('accounts', {})) as Check[];
    } finally {
      await app.close();
    }
  });
  return [...checks, ...(await ofAccounts.catch(failed('accounts')))];
}
