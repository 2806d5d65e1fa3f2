import { readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import type { AuditMonth } from '../audit/audit-events.repository.js';
import { SystemClock } from '../common/clock.js';
import { parseUuid } from '../common/uuid.js';
import { YearMonth } from '../common/year-month.js';
import { TOKEN_SCOPES } from '../auth/scopes.js';
import { type Env, readEnv } from '../config/env.js';
import { BackupOnServerError } from '../database/backup.errors.js';
import { restoreBackup, verifyBackup, writeBackup } from '../database/backup-file.js';
import { baseBackup, type BackupManifest, WITHOUT_KEY } from '../database/base-backup.js';
import { assertPlace, writeNewFile } from '../database/new-file.js';
import { assertUsable, withDatabase } from '../database/with-database.js';
import { JOB_STATES } from '../jobs/job-run.entity.js';
import { addChargesCommands } from './charges-commands.js';
import { addDirectoryCommands, type Commands } from './directory-commands.js';
import { examine, type Surroundings } from './doctor.js';
import { type Arguments, askService } from './operator-socket.js';
import {
  type Erased,
  type Job,
  type KeyStatus,
  linesOfCheck,
  linesOfKeys,
  listed,
  type Outcome,
  outcomeOfJob,
  sentenceOfJob,
  sentenceOfToken,
  sentenceOfUser,
  type Token,
  type User,
} from './outcomes.js';

const WHERE = `
It reads the environment variables of the service. An embedded database is used by one process: where the service runs,
the service does it, asked through operator.sock in DATA_DIR, which its own user and root may use; where it does not run,
this command opens the database itself. On a PostgreSQL server the command works beside the service.
Exit codes: 0 good, 1 refused or failed, 2 wrong usage.`;

const MOVING = `
Stop the service first. DATA_DIR names the embedded database as before; DATABASE_URL (or DATABASE_URL_FILE) names the
server and SECRET_KEY the key, as the service is to have them afterwards. The key that a service made itself is in
DATA_DIR/secret.key. What is there stays as it is.
Exit codes: 0 good, 1 refused or failed, 2 wrong usage.`;

const MOST_LISTED = 300;

/** The operators' command line. `finish` is told how each command ended. */
export function commandLine(surroundings: Surroundings, finish: (isGood: boolean) => void): Command {
  const { variables, print, warn } = surroundings;
  const program = new Command('waldur-arrow')
    .configureOutput({ writeOut: print, writeErr: warn })
    .description('Looks after a waldur-arrowsphere service: backups, checks, months, jobs, users, tokens, keys.')
    .version((JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as Version).version)
    .exitOverride()
    .showHelpAfterError('--help says what there is.')
    .addHelpText('after', WHERE);

  /** A command that ends in an outcome. */
  const leaf = (parent: Command, name: string, description: string, where = WHERE): Command =>
    parent.command(name).description(description).option('--json', 'print JSON').addHelpText('after', where);
  const ends: Commands['ends'] = (command, work) =>
    command.action(async (...given) => {
      const { value, lines, isGood = true } = await work(...(given as never));
      const text = command.opts().json ? JSON.stringify(value, undefined, 2) : lines.join('\n');
      print(`${text}\n`);
      finish(isGood);
    });
  const operate: Commands['operate'] = async (name, args, use = (answer) => answer) => {
    const env = readEnv(variables);
    const ask = (...asked: [string, Arguments]) => askService(env.DATA_DIR, ...asked);
    const answer = env.DATABASE_URL ? undefined : await ask(name, args);
    if (answer !== undefined) return use(answer, ask);
    assertUsable(env);
    const app = await surroundings.open(env);
    try {
      const { Operations } = await import('./operations.js');
      const operations = new Operations(app, (text) => warn(`${text}\n`));
      const run = (...asked: [string, Arguments]) => operations.run(...asked);
      return await use(await run(name, args), run);
    } finally {
      await app.close();
    }
  };

  const backup = program.command('backup').description('Back up and restore the embedded database.');
  ends(
    leaf(
      backup,
      'create',
      'Copy the embedded database into a compressed file, while the service serves or not.',
      `${WHERE}\n${WITHOUT_KEY}\nOn a PostgreSQL server use pg_dump: docs/operations.md.`,
    ).requiredOption('--to <file>', 'a new file; it must not be there yet'),
    ({ to }: { to: string }) => createBackup(readEnv(variables), to),
  );
  const ofFiles = '\nIt needs no environment and no service.\nExit codes: 0 good, 1 refused or failed, 2 wrong usage.';
  ends(
    leaf(backup, 'verify', 'Read a backup to its end and compare every checksum.', ofFiles).argument('<file>'),
    async (file: string) => {
      const manifest = await verifyBackup(file);
      return { value: summaryOf(manifest), lines: [`${file} is whole.`, ...aboutBackup(manifest)] };
    },
  );
  ends(
    leaf(backup, 'restore', 'Make the database of a backup in an empty folder, open it and read every row.', ofFiles)
      .argument('<file>')
      .requiredOption('--data-dir <folder>', 'an empty folder, or one that is not there yet: DATA_DIR from then on'),
    async (file: string, { dataDir }: { dataDir: string }) => {
      const { manifest, tables } = await restoreBackup(file, dataDir);
      const rows = Object.values(tables).reduce((sum, each) => sum + each, 0);
      return {
        value: { ...summaryOf(manifest), data_dir: resolve(dataDir), tables },
        lines: [
          `Restored into ${resolve(dataDir)}: ${rows} rows in ${Object.keys(tables).length} tables.`,
          ...aboutBackup(manifest),
          'Put secret.key there, or set SECRET_KEY, as it was; then start the service with this DATA_DIR.',
        ],
      };
    },
  );

  const database = program.command('database').description('Where the database is.');
  ends(
    leaf(
      database,
      'move',
      'Copy the embedded database into an empty PostgreSQL database, and compare every row; all or nothing.',
      MOVING,
    ),
    async () => {
      const { moveToServer } = await import('./move.js');
      const { tables, next } = await moveToServer(readEnv(variables));
      const rows = tables.reduce((sum, each) => sum + each.rows, 0);
      const filled = tables.filter((each) => each.rows).map((each) => `  ${each.name}: ${each.rows}`);
      return {
        value: { rows, tables, next },
        lines: [`Moved ${rows} rows in ${tables.length} tables, and every row is as it was:`, ...filled, ...next],
      };
    },
  );

  ends(
    leaf(program, 'doctor', 'Look at all that the service needs, and say what to do. It changes nothing.'),
    async () => {
      const checks = await examine(surroundings);
      const isGood = checks.every(({ good }) => good);
      return { value: { good: isGood, checks }, lines: checks.flatMap(linesOfCheck), isGood };
    },
  );

  const month = program.command('month').description('Bill a month of an account.');
  const ofMonth = (name: string, description: string) =>
    leaf(month, name, description)
      .argument('<month>', 'YYYY-MM', parseMonth)
      .option('--settings <uuid>', 'the account; by default the active one', parseSettings);
  const runOf = (name: string, description: string) =>
    ofMonth(name, description)
      .option('--dry-run', 'show what would be posted, and change nothing')
      .option('--accept-shrinkage', 'somebody looked at it: take an export that lost much')
      .option('--wait', 'until the job has ended; exit code 1 where it has not succeeded');
  const run = (name: string) => async (named: string, options: Arguments) =>
    outcomeOfJob((await operate(`month ${name}`, { ...options, month: named })) as Job, options.wait === true);
  ends(runOf('sync', "Queue a sync of ArrowSphere's export; the service runs it."), run('sync'));
  ends(
    runOf('reconcile', 'Queue a reconciliation: final amounts replace provisional ones.').option(
      '--force',
      'do not wait for validation and grace',
    ),
    run('reconcile'),
  );
  ends(
    ofMonth('status', 'Statements of the month, and its newest runs.'),
    async (named: string, options: Arguments) => {
      const status = (await operate('month status', { ...options, month: named })) as Record<string, unknown>;
      const runs = ['sync', 'reconciliation', 'consumption'].map((kind) => {
        const job = status[kind] as Job | null;
        return `  ${kind}: ${job ? `${sentenceOfJob(job)} (${job.uuid})` : 'never asked for'}`;
      });
      return {
        value: status,
        lines: [
          `${named}, ${String(status.partner)}: ${String(status.statements)} ${status.statements === 1 ? 'statement' : 'statements'}`,
          ...runs,
        ],
      };
    },
  );

  const job = program.command('job').description('Jobs of the service.');
  ends(
    leaf(job, 'list', 'Jobs, newest first.')
      .addOption(new Option('--state <state>', 'only these').choices(JOB_STATES))
      .option('--kind <kind>', 'only these, such as billing-sync')
      .option('--limit <count>', `at most so many, up to ${MOST_LISTED}`, parseLimit, '20'),
    async (options: Arguments) => {
      const jobs = (await operate('job list', options)) as Job[];
      const lines = jobs.map(
        (each) => `${each.uuid}  ${each.created}  ${each.kind} ${each.scope}: ${sentenceOfJob(each)}`,
      );
      return { value: jobs, lines: lines.length ? lines : ['There are none.'] };
    },
  );
  const ofJob = (name: string, description: string) => leaf(job, name, description).argument('<uuid>');
  ends(ofJob('show', 'One job, with its result.'), async (uuid: string) => {
    const found = (await operate('job show', { uuid })) as Job;
    return { value: found, lines: [JSON.stringify(found, undefined, 2)] };
  });
  ends(ofJob('cancel', 'Cancel a waiting job at once, a running one at its next step.'), async (uuid: string) =>
    outcomeOfJob((await operate('job cancel', { uuid })) as Job, false),
  );

  const audit = program.command('audit').description('The audit trail: old months leave the database.');
  const ofMonths = (name: string, description: string) =>
    leaf(audit, name, description).option(
      '--before <month>',
      'YYYY-MM: only months before this one; by default those that AUDIT_KEEP_MONTHS does not keep',
      parseMonth,
    );
  ends(
    ofMonths('export', 'Write all events of before a month into a file, one JSON object a line.').requiredOption(
      '--to <file>',
      'a new file; it must not be there yet',
    ),
    async ({ to, before }: { to: string; before?: string }) => {
      await assertPlace(to);
      const months = (await operate('audit export', { before }, async (lines, next) => {
        await writeNewFile(lines as AsyncIterable<Buffer>, to);
        // Months that are said to be exported may be dropped: what is in the file counts.
        return next('audit exported', { months: await monthsIn(to) });
      })) as AuditMonth[];
      const lines = months.map(({ month, events }) => `${month}: ${events} events are in ${resolve(to)}.`);
      return {
        value: { file: resolve(to), months },
        lines: lines.length ? lines : [`There is no month to export: ${resolve(to)} is empty.`],
      };
    },
  );
  ends(
    ofMonths('drop', 'Drop the months before one that are exported as they are now.'),
    async (options: Arguments) => {
      const answer = (await operate('audit drop', options)) as { dropped: AuditMonth[] };
      const lines = answer.dropped.map(({ month, events }) => `${month}: ${events} events are gone.`);
      return { value: answer, lines: lines.length ? lines : ['There is no month to drop.'] };
    },
  );

  const limited = (command: Command) =>
    command.option('--limit <count>', `at most so many, up to ${MOST_LISTED}`, parseLimit, '100');
  const user = program.command('user').description('Users of the service.');
  ends(
    limited(leaf(user, 'list', 'Users, by name.'))
      .option('--query <text>', 'only those with this in their names or address')
      .option('--staff', 'only staff'),
    async (options: Arguments) => listed((await operate('user list', options)) as User[], sentenceOfUser),
  );
  ends(
    leaf(user, 'create', 'Create a user; its token is shown this once.')
      .argument('<username>')
      .option('--email <address>', 'where it is written to')
      .option('--staff', 'may use the whole API')
      .option('--support', 'is support'),
    async (username: string, options: Arguments) => {
      const made = (await operate('user create', { ...options, username })) as { token: string };
      return { value: made, lines: [`${username} is created. Token, shown this once: ${made.token}`] };
    },
  );
  ends(
    leaf(user, 'deactivate', 'Refuse a user from its next request on, with whatever token.').argument('<username>'),
    async (username: string) => {
      const value = await operate('user deactivate', { username });
      return { value, lines: [`${username} may not use the service any more.`] };
    },
  );

  ends(
    leaf(
      user,
      'erase',
      'Forget who a user is, wherever its name stands; for ever. What it did stays, under a pseudonym.',
    ).argument('<username>'),
    async (username: string) => {
      const value = (await operate('user erase', { username })) as Erased;
      const rows = Object.entries(value.columns).filter(([, count]) => count);
      return {
        value,
        lines: [
          value.uuid
            ? `The user is called ${value.pseudonym} from now on, and may not use the service any more.`
            : `Whoever that was is called ${value.pseudonym} from now on. It is no user here: withdraw it in Waldur, or its name comes back.`,
          ...rows.map(([column, count]) => `  ${column}: ${count}`),
          'Backups, exported months of the audit trail and logs still have the name until they are deleted.',
        ],
      };
    },
  );

  const token = program.command('token').description('Personal access tokens: named, for scripts and other services.');
  ends(
    limited(leaf(token, 'list', 'Tokens, newest first.')).option('--user <username>', 'only of this user'),
    async (options: Arguments) => listed((await operate('token list', options)) as Token[], sentenceOfToken),
  );
  ends(
    leaf(token, 'create', 'Make a token for a user; it is shown this once.')
      .argument('<username>')
      .argument('<name>', 'no other token of the user has it', parseTokenName)
      .addOption(
        new Option('--scope <scope>', 'what it is for; each includes those before it')
          .choices(TOKEN_SCOPES)
          .makeOptionMandatory(),
      )
      .option(
        '--expires <time>',
        'when it ends, as 2027-01-31 or 2027-01-31T12:00:00Z (UTC); never by default',
        parseTime,
      ),
    async (username: string, name: string, options: Arguments) => {
      const made = (await operate('token create', { ...options, username, name })) as Token & { token: string };
      return { value: made, lines: [`${sentenceOfToken(made)}`, `Token, shown this once: ${made.token}`] };
    },
  );
  ends(
    leaf(token, 'revoke', 'End a token at once, on every instance.').argument('<uuid>', 'as token list shows it'),
    async (uuid: string) => {
      const ended = (await operate('token revoke', { uuid })) as Token;
      return { value: ended, lines: [`${ended.name} of ${ended.user} does not open anything any more.`] };
    },
  );

  addDirectoryCommands(program, { leaf, ends, operate });
  addChargesCommands(program, { leaf, ends, operate }, parseMonth);

  const key = program.command('key').description('SECRET_KEY, under which ArrowSphere API keys are stored.');
  ends(
    leaf(key, 'status', 'What stands under which key; exit code 1 where an API key can be read with none.'),
    async () => {
      const status = (await operate('key status', {})) as KeyStatus;
      return { value: status, lines: linesOfKeys(status), isGood: !status.unreadable.length };
    },
  );
  ends(
    leaf(
      key,
      'rotate',
      'Queue the encryption anew of what stands under SECRET_KEY_PREVIOUS; the service runs it.',
    ).option('--wait', 'until the job has ended; exit code 1 where it has not succeeded'),
    async (options: Arguments) => outcomeOfJob((await operate('key rotate', options)) as Job, options.wait === true),
  );
  return program;
}

interface Version {
  readonly version: string;
}

async function createBackup(env: Env, to: string): Promise<Outcome> {
  if (env.DATABASE_URL) throw new BackupOnServerError();
  await assertPlace(to);
  const spare: Buffer[] = [];
  const stream = (await askService(env.DATA_DIR, 'backup', {})) as AsyncIterable<Buffer> | undefined;
  const bytes = stream
    ? await writeBackup(stream, to)
    : await withDatabase(env, (dataSource) =>
        writeBackup(baseBackup(dataSource, resolve(env.DATA_DIR), new SystemClock(), spare), to, spare),
      );
  const manifest = await verifyBackup(to);
  const by = stream ? 'taken by the service that serves' : 'taken while no service runs';
  return {
    value: { file: resolve(to), bytes, by: stream ? 'service' : 'command', ...summaryOf(manifest) },
    lines: [
      `${resolve(to)}: ${megabytes(bytes)} MB, ${by}, and read again: it is whole.`,
      ...aboutBackup(manifest),
      WITHOUT_KEY,
    ],
  };
}

const megabytes = (bytes: number) => (bytes / 1_000_000).toFixed(1);

function summaryOf({ begun, ended, schema, files, bytes, note }: BackupManifest): object {
  return { begun, ended, schema, files, unpacked_bytes: bytes, note };
}

function aboutBackup({ begun, ended, schema, files, bytes }: BackupManifest): string[] {
  return [`Begun ${begun}, ended ${ended}: ${files} files, ${megabytes(bytes)} MB unpacked, schema ${schema}.`];
}

/** What an exported audit trail has of each month, oldest first. */
async function monthsIn(path: string): Promise<AuditMonth[]> {
  const months = new Map<string, { month: string; events: number; changes: number }>();
  const file = await open(path);
  for await (const line of file.readLines()) {
    const { created, change_count: changes } = JSON.parse(line) as { created: string; change_count: number };
    const month = created.slice(0, 7);
    const { events = 0, changes: others = 0 } = months.get(month) ?? {};
    months.set(month, { month, events: events + 1, changes: others + changes });
  }
  return [...months.values()];
}

function parseLimit(text: string): string {
  if (!/^\d+$/.test(text) || Number(text) < 1 || Number(text) > MOST_LISTED)
    throw new InvalidArgumentError(`It has to be a whole number from 1 to ${MOST_LISTED}.`);
  return text;
}

function parseTokenName(text: string): string {
  if (!text.trim() || text.length > 150) throw new InvalidArgumentError('It has to have 1 to 150 characters.');
  return text;
}

/** Answers it as JSON has it. */
function parseTime(text: string): string {
  const time = new Date(/^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d)?Z)?$/.test(text) ? text : NaN);
  // The 31st of a month that has none would be a day of the next.
  if (Number.isNaN(time.getTime()) || !time.toISOString().startsWith(text.slice(0, 10)))
    throw new InvalidArgumentError('It has to be as 2027-01-31 or 2027-01-31T12:00:00Z.');
  return time.toISOString();
}

function parseSettings(text: string): string {
  const uuid = parseUuid(text);
  if (!uuid) throw new InvalidArgumentError('It has to be the UUID of an account: GET /api/admin/arrow/settings/.');
  return uuid;
}

function parseMonth(text: string): string {
  if (!YearMonth.parse(text)) throw new InvalidArgumentError('It has to be YYYY-MM.');
  return text;
}
