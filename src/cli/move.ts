import { resolve } from 'node:path';
import type { DataSource, EntityManager } from 'typeorm';
import { AuditEvent } from '../audit/audit-event.entity.js';
import { AuditTrailRepository } from '../audit/audit-trail.repository.js';
import { Act } from '../common/acts.js';
import type { Env } from '../config/env.js';
import { DataDirInUseError } from '../database/data-dir.lock.js';
import { NoServerToMoveToError, StillServedError } from '../database/move.errors.js';
import { type MovedTable, moveDatabase } from '../database/move-database.js';
import { withDatabase } from '../database/with-database.js';
import { SecretKey } from '../settings/secret-key.js';
import { Settings } from '../settings/settings.entity.js';
import { SecretKeyError } from '../settings/settings.errors.js';
import { byCommand } from './by-command.js';

/** What a move came to, and what is to be done next. */
export interface Move {
  readonly tables: readonly MovedTable[];
  readonly next: readonly string[];
}

/**
 * Moves the embedded database of `DATA_DIR` into the server of `DATABASE_URL`; both stand in the environment that the
 * service is to have. Throws `NoServerToMoveToError`, `StillServedError`, `NoDatabaseError`, `WrongUserError`,
 * `SecretKeyError`, and as `moveDatabase` does.
 */
export async function moveToServer(env: Env): Promise<Move> {
  if (!env.DATABASE_URL) throw new NoServerToMoveToError();
  const embedded = { ...env, DATABASE_URL: undefined };
  const move = (from: DataSource) =>
    withDatabase(
      env,
      async (to) => {
        await assertKeyOpens(from, env);
        const trail = new AuditTrailRepository(to.getRepository(AuditEvent));
        return moveDatabase(from, to, (target, moved) => record(trail, target, moved));
      },
      [AuditEvent],
    );
  const tables = await withDatabase(embedded, move, [Settings]).catch((error: unknown) => {
    throw error instanceof DataDirInUseError ? new StillServedError(resolve(env.DATA_DIR)) : error;
  });
  return {
    tables,
    next: [
      'Start the service with these variables, DATABASE_URL and SECRET_KEY among them, and run waldur-arrow doctor.',
      `Keep the embedded database in ${resolve(env.DATA_DIR)} as a backup, and never serve it again: both would bill.`,
    ],
  };
}

/** What was moved is an event of the trail that goes on in the target. */
async function record(trail: AuditTrailRepository, target: EntityManager, moved: readonly MovedTable[]): Promise<void> {
  const act = new Act(byCommand('database.move'), new Date());
  const after = { rows: Object.fromEntries(moved.filter(({ rows }) => rows).map(({ name, rows }) => [name, rows])) };
  await trail.writeChange(target, act, { objectType: 'database', operation: 'move', before: null, after });
  await trail.write(act, 'done', target);
}

/** The service would not start with another key than the stored API keys stand under. */
async function assertKeyOpens(from: DataSource, env: Env): Promise<void> {
  if (env.SECRET_KEY_REPLACED) return;
  const keys = [env.SECRET_KEY, env.SECRET_KEY_PREVIOUS].flatMap((text) => (text ? [new SecretKey(text)] : []));
  for (const { uuid, encryptedApiKey } of await from.getRepository(Settings).find())
    if (keys.every((key) => key.decrypt(encryptedApiKey, uuid) === undefined))
      throw new SecretKeyError(
        `SECRET_KEY is not the key it was, which is in ${resolve(env.DATA_DIR, 'secret.key')} where it was not set.`,
      );
}
