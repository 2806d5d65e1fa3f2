import { createReadStream } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { resolve } from 'node:path';
import type { INestApplicationContext, Type } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { ArrowGateway } from '../arrow-gateway/arrow-gateway.js';
import { ArrowGatewayMetrics } from '../arrow-gateway/arrow-gateway.metrics.js';
import type { Caller } from '../auth/caller.js';
import type { TokenScope } from '../auth/scopes.js';
import { exportedLine } from '../audit-events/audit-event.dto.js';
import type { AuditMonth } from '../audit/audit-events.repository.js';
import { AuditEventsService } from '../audit/audit-events.service.js';
import { AuditTrail } from '../audit/audit-trail.js';
import { BillingAccountsService } from '../billing/accounts/billing-accounts.service.js';
import { CONSUMPTION_SYNC } from '../billing/consumption/consumption-sync.service.js';
import { settingsNotFound } from '../billing/core/named-in-request.js';
import {
  BILLING_RECONCILIATION,
  BILLING_SYNC,
  BillingJobsService,
} from '../billing/operations/billing-jobs.service.js';
import { BillingSyncsService } from '../billing/statements/billing-syncs.service.js';
import { type ActFields, COMMAND_LINE } from '../common/acts.js';
import { wireOf } from '../common/answer.js';
import { Clock } from '../common/clock.js';
import { commandOf } from '../common/command.js';
import { PublicAddress } from '../common/links.js';
import { parseUuid } from '../common/uuid.js';
import { UuidFormatter } from '../common/uuid-formatter.js';
import { readDtoOrThrow } from '../common/validation/read-dto.js';
import { YearMonth } from '../common/year-month.js';
import { Env } from '../config/env.js';
import { baseBackup } from '../database/base-backup.js';
import { UserNotFoundError } from '../directory/directory.errors.js';
import {
  type PersonalAccessToken,
  PersonalAccessTokensService,
} from '../directory/users/personal-access-tokens.service.js';
import { PersonErasureService } from '../directory/users/person-erasure.service.js';
import { CreateUserDto } from '../directory/users/user.dto.js';
import type { User } from '../directory/users/user.entity.js';
import { UsersService } from '../directory/users/users.service.js';
import { JobHandlers, type Watch } from '../jobs/job-handlers.js';
import type { JobRun, JobState } from '../jobs/job-run.entity.js';
import { JobsService } from '../jobs/jobs.service.js';
import { LicenseLinksService } from '../licenses/license-links.service.js';
import type { MoveDirection } from '../moves/move.entity.js';
import { MovesService } from '../moves/moves.service.js';
import { KEY_ROTATION, KeyRotationService } from '../settings/key-rotation.service.js';
import { SettingsService } from '../settings/settings.service.js';
import { accountChecks } from './account-checks.js';
import { byCommand } from './by-command.js';
import type { Check } from './check.js';
import { chargesCheck, databaseChecks, licensesCheck, secretKeyCheck } from './checks.js';
import { ImportRowResponse } from '../spreadsheets/import.dto.js';
import { ImportsService } from '../spreadsheets/imports.service.js';
import type { SheetImport } from '../spreadsheets/sheet-import.entity.js';
import type { SheetKindName } from '../spreadsheets/sheet-kind-names.js';
import { PushedItemsService } from '../waldur-charges/pushed-items.service.js';
import { WaldurChargesService } from '../waldur-charges/waldur-charges.service.js';
import { UnknownCommandError, UnknownJobKindError, UnreadableFileError } from './operations.errors.js';
import { type Arguments, isBytes } from './operator-socket.js';

const LOOK_EVERY_MS = 500;
const SHOWN_ROWS = '20';

/** Who makes and revokes tokens here: whoever may use the command line is asked for none. */
const OPERATOR: Caller = {
  uuid: '',
  username: COMMAND_LINE,
  isStaff: true,
  isSupport: false,
  isActive: true,
  tokenScope: 'admin',
  tokenLifetime: null,
  tokenExpiresAt: null,
};

const text = (value: unknown) => (typeof value === 'string' ? value : undefined);

/** Throws `RangeError` on what is no month. */
const monthOf = (given: unknown) => (typeof given === 'string' ? YearMonth.from(given) : undefined);

/** What commands do with the services of an application, wherever that runs: in the service, or for one command. */
export class Operations {
  /** `tell` hears how far long work is, where somebody looks on. */
  constructor(
    private readonly app: INestApplicationContext,
    private readonly tell: (progress: string) => void = () => undefined,
  ) {}

  /** Answers JSON, or bytes. Throws the errors of the services. */
  async run(name: string, args: Arguments): Promise<unknown> {
    const operation = this.all.get(name);
    if (!operation) throw new UnknownCommandError(name);
    const answer = await operation(args);
    return isBytes(answer) ? answer : this.get(UuidFormatter).answer(answer);
  }

  private readonly all = new Map<string, (args: Arguments) => unknown>([
    ['backup', () => baseBackup(this.get(DataSource), resolve(this.get(Env).DATA_DIR), this.get(Clock))],
    [
      'checks',
      async () => [
        ...(await databaseChecks(this.get(DataSource), this.get(Env), this.get(Clock).now())),
        ...(await this.accounts()),
      ],
    ],
    ['accounts', () => this.accounts()],
    ['month sync', (args) => this.trigger(BILLING_SYNC, args, 'billing.trigger_sync')],
    ['month reconcile', (args) => this.trigger(BILLING_RECONCILIATION, args, 'billing.reconcile')],
    ['month status', (args) => this.month(args)],
    ['job list', (args) => this.jobs(args)],
    ['job show', async ({ uuid }) => wireOfJob(await this.get(JobsService).get(String(uuid)))],
    ['job wait', ({ uuid }) => this.wait(String(uuid))],
    ['job cancel', ({ uuid }) => this.cancelJob(String(uuid))],
    ['user list', (args) => this.users(args)],
    ['user create', (args) => this.createUser(args)],
    ['user deactivate', (args) => this.deactivateUser(args)],
    ['user erase', (args) => this.eraseUser(args)],
    ['token list', (args) => this.tokens(args)],
    ['token create', (args) => this.createToken(args)],
    ['token revoke', (args) => this.revokeToken(args)],
    ['key status', () => this.keyStatus()],
    ['key rotate', (args) => this.rotateKey(args)],
    ['audit export', (args) => this.exportAudit(args)],
    ['audit exported', (args) => this.auditExported(args)],
    ['audit drop', (args) => this.dropAudit(args)],
    ['charges push', (args) => this.pushCharges(args)],
    ['charges compare', ({ from, to }) => this.get(PushedItemsService).differences(monthOf(from), monthOf(to))],
    ['directory import', (args) => this.importFile(args)],
    ['directory apply', (args) => this.applyImport(args)],
    ['directory refused', (args) => this.refusedRows(args)],
    ['directory move', (args) => this.previewMove(args)],
    ['directory apply-move', (args) => this.applyMove(args)],
    ['directory template', ({ kind }) => ({ text: this.get(ImportsService).template(String(kind)).lines.join('') })],
  ]);

  private get<T>(service: Type<T> | (abstract new () => T)): T {
    return this.app.get<T>(service, { strict: false });
  }

  /** What stands outside of the database: accounts at ArrowSphere, licences and charges at Waldur, and the keys. */
  private async accounts(): Promise<Check[]> {
    const pushed = await this.get(PushedItemsService).state();
    const links = this.get(LicenseLinksService);
    return [
      ...(await accountChecks(this.get(SettingsService), this.get(ArrowGateway), this.get(ArrowGatewayMetrics))),
      ...licensesCheck(links.isBesideWaldur, await links.unfinished()),
      ...chargesCheck(pushed),
      ...secretKeyCheck(await this.get(KeyRotationService).status()),
    ];
  }

  /** Does `work` as an act of the audit trail. */
  private acting<T>(action: string, work: () => Promise<T>, about: Partial<ActFields> = {}): Promise<T> {
    return this.get(AuditTrail).during({ ...byCommand(action), ...about }, work);
  }

  private async *exportAudit({ before }: Arguments): AsyncGenerator<Buffer> {
    const [events, uuids] = [this.get(AuditEventsService), this.get(UuidFormatter)];
    for await (const entry of events.export(this.firstKept(before))) yield Buffer.from(exportedLine(entry, uuids));
  }

  private async auditExported({ months }: Arguments): Promise<object> {
    const exported = months as AuditMonth[];
    await this.get(AuditEventsService).exported(exported, byCommand('audit.export'));
    return exported;
  }

  private async dropAudit({ before }: Arguments): Promise<object> {
    const month = this.firstKept(before);
    const dropped = await this.get(AuditEventsService).drop(month, byCommand('audit.drop'));
    return { before: month.toString(), dropped };
  }

  private firstKept(before: unknown): YearMonth {
    return typeof before === 'string' ? YearMonth.from(before) : this.get(AuditEventsService).keptFrom;
  }

  private async cancelJob(uuid: string): Promise<object> {
    const about = { objectType: 'job_run', objectUuid: parseUuid(uuid) };
    return wireOfJob(await this.acting('job_run.cancel', () => this.get(JobsService).cancel(uuid), about));
  }

  private async trigger(
    kind: typeof BILLING_SYNC | typeof BILLING_RECONCILIATION,
    args: Arguments,
    action: string,
  ): Promise<object> {
    const { month, settings, force, dryRun, acceptShrinkage, wait } = args;
    const wanted = {
      month: YearMonth.from(String(month)),
      settingsUuid: text(settings),
      force: force === true,
      dryRun: dryRun === true,
      acceptShrinkage: acceptShrinkage === true,
    };
    const run = await this.acting(action, () => this.get(BillingJobsService).trigger(kind, wanted, COMMAND_LINE));
    return this.queued(run, wait);
  }

  private async pushCharges({ check, retryRefused, retryMissing, wait }: Arguments): Promise<object> {
    const wanted = {
      check: check === true,
      retryRefused: retryRefused === true,
      retryMissing: retryMissing === true,
    };
    const run = await this.acting('charges.push', () => this.get(WaldurChargesService).request(wanted, COMMAND_LINE));
    return this.queued(run, wait);
  }

  private queued(run: JobRun, wait: unknown): Promise<object> | object {
    return wait === true ? this.wait(run.uuid) : wireOfJob(run);
  }

  private async wait(uuid: string): Promise<object> {
    for (;;) {
      const run = await this.get(JobsService).get(uuid);
      if (!['queued', 'running'].includes(run.state)) return wireOfJob(run);
      await sleep(LOOK_EVERY_MS);
    }
  }

  /** The statements of a month by what is charged of them, and the newest run of each kind. */
  private async month({ month, settings: named }: Arguments): Promise<object> {
    const settings = await this.get(SettingsService).resolve(text(named), settingsNotFound);
    const account = await this.get(BillingAccountsService).known(settings);
    const { total } = await this.get(BillingSyncsService).count({
      settingsUuid: settings.uuid,
      reportPeriod: String(month),
    });
    const newest = async (kind: string) => {
      if (!account) return null;
      const scope = `${account.uuid}/${String(month)}`;
      const { items } = await this.get(JobsService).list({ kind, scope, pageSize: '1', o: [['created', 'DESC']] });
      return items[0] ? wireOfJob(items[0]) : null;
    };
    return {
      month,
      settings_uuid: settings.uuid,
      partner: settings.partnerName,
      statements: total,
      sync: await newest(BILLING_SYNC),
      reconciliation: await newest(BILLING_RECONCILIATION),
      consumption: await newest(CONSUMPTION_SYNC),
    };
  }

  private async jobs({ state, kind, limit }: Arguments): Promise<object> {
    const { items } = await this.get(JobsService).list({
      kind: text(kind),
      state: typeof state === 'string' ? [state as JobState] : undefined,
      pageSize: text(limit),
      o: [['created', 'DESC']],
    });
    const { kinds } = this.get(JobHandlers);
    // Those that ended may be of a kind that nobody does any more.
    if (!items.length && typeof kind === 'string' && !kinds.includes(kind)) throw new UnknownJobKindError(kind, kinds);
    return items.map(wireOfJob);
  }

  private async users({ query, staff, limit }: Arguments): Promise<object> {
    const isStaff = staff === true ? true : undefined;
    const { items } = await this.get(UsersService).list({ query: text(query), isStaff, pageSize: text(limit) });
    return items.map(wireOfUser);
  }

  /** Throws `UserNotFoundError`. */
  private async userNamed(username: unknown): Promise<User> {
    const { items } = await this.get(UsersService).list({ username: String(username) });
    if (!items[0]) throw new UserNotFoundError();
    return items[0];
  }

  private async deactivateUser({ username }: Arguments): Promise<object> {
    const { uuid } = await this.userNamed(username);
    const about = { objectType: 'user', objectUuid: uuid };
    const update = () => this.get(UsersService).update(uuid, { isActive: false });
    return wireOfUser(await this.acting('user.update', update, about));
  }

  private async eraseUser({ username }: Arguments): Promise<object> {
    const name = String(username);
    const [user] = (await this.get(UsersService).list({ username: name })).items;
    const about = { objectType: 'user', objectUuid: user?.uuid };
    const people = this.get(PersonErasureService);
    const erase = () => (user ? people.erase(user.uuid) : people.eraseStranger(name));
    const { columns, ...erased } = await this.acting('user.erase', erase, about);
    return { ...wireOf(erased), columns };
  }

  private async tokens({ user, limit }: Arguments): Promise<object> {
    const userUuid = user === undefined ? undefined : (await this.userNamed(user)).uuid;
    const { items } = await this.get(PersonalAccessTokensService).list({ userUuid, pageSize: text(limit) });
    return items.map(wireOfToken);
  }

  private async createToken({ username, name, scope, expires }: Arguments): Promise<object> {
    const { uuid } = await this.userNamed(username);
    const fields = {
      name: String(name),
      scopes: [scope as TokenScope],
      expiresAt: typeof expires === 'string' ? new Date(expires) : null,
      user: uuid,
    };
    const create = () => this.get(PersonalAccessTokensService).create(fields, OPERATOR);
    const made = await this.acting('auth_token.create', create);
    return { ...wireOfToken(made), token: made.token };
  }

  private async revokeToken({ uuid }: Arguments): Promise<object> {
    const token = await this.get(PersonalAccessTokensService).get(String(uuid));
    const about = { objectType: 'auth_token', objectUuid: token.uuid };
    const revoke = () => this.get(PersonalAccessTokensService).revoke(token.uuid, OPERATOR);
    await this.acting('auth_token.delete', revoke, about);
    return wireOfToken({ ...token, isActive: false });
  }

  private async keyStatus(): Promise<object> {
    const status = await this.get(KeyRotationService).status();
    const { items } = await this.get(JobsService).list({ kind: KEY_ROTATION, pageSize: '1', o: [['created', 'DESC']] });
    return { ...wireOf(status), rotation: items[0] ? wireOfJob(items[0]) : null };
  }

  private async rotateKey({ wait }: Arguments): Promise<object> {
    const start = () => this.get(KeyRotationService).start(COMMAND_LINE);
    return this.queued(await this.acting('secret_key.rotate', start), wait);
  }

  private readonly watch: Watch = {
    progress: (step, done) => Promise.resolve(this.tell(done ? `${step}: ${done} rows` : step)),
  };

  /** Previews a file of this machine. */
  private async importFile({ file, kind }: Arguments): Promise<object> {
    const imports = this.get(ImportsService);
    const kept = await imports.keep(bytesOf(String(file)));
    const upload = { kind: kind as SheetKindName, fileName: String(file), requestedBy: COMMAND_LINE };
    const { uuid } = await this.acting('sheet_import.create', () => imports.accept(kept, upload));
    await imports.preview(uuid, this.watch);
    return this.shownImport(uuid);
  }

  private async applyImport({ uuid, skipBad }: Arguments): Promise<object> {
    const found = await this.get(ImportsService).get(String(uuid));
    const about = { objectType: 'sheet_import', objectUuid: found.uuid };
    const apply = () => this.get(ImportsService).write(found.uuid, skipBad === true, this.watch);
    await this.acting('sheet_import.apply', apply, about);
    return this.shownImport(found.uuid);
  }

  /** An import, and the first rows that change something or are refused. */
  private async shownImport(uuid: string): Promise<object> {
    const imports = this.get(ImportsService);
    const found = await imports.get(uuid);
    const { items } = await imports.results(uuid, ['changed', 'refused'], { pageSize: SHOWN_ROWS });
    return { ...wireOfImport(found), rows: items.map(ImportRowResponse.ofKind(found.kind)) };
  }

  private async previewMove({ direction }: Arguments): Promise<object> {
    const make = () => this.get(MovesService).make(direction as MoveDirection, COMMAND_LINE);
    const { uuid } = await this.acting('directory_move.create', make);
    await this.get(MovesService).preview(uuid, this.watch);
    return this.shownMove(uuid);
  }

  private async applyMove({ uuid }: Arguments): Promise<object> {
    const { move } = await this.get(MovesService).get(String(uuid));
    const about = { objectType: 'directory_move', objectUuid: move.uuid };
    await this.acting('directory_move.apply', () => this.get(MovesService).write(move.uuid, this.watch), about);
    return this.shownMove(move.uuid);
  }

  /** A move, and the first rows that are in conflict. */
  private async shownMove(uuid: string): Promise<object> {
    const found = await this.get(MovesService).get(uuid);
    const { uuid: known, direction, state, appliedAt } = found.move;
    const { items } = await this.get(MovesService).rows(uuid, { outcome: ['conflict'], pageSize: SHOWN_ROWS });
    return {
      ...wireOf({ uuid: known, direction, state, appliedAt, counts: found.counts }),
      conflicts: items.map(wireOf),
    };
  }

  private async *refusedRows({ uuid }: Arguments): AsyncGenerator<Buffer> {
    const { lines } = await this.get(ImportsService).refusedRows(String(uuid));
    for await (const line of lines) yield Buffer.from(line);
  }

  private async createUser({ username, email, staff, support }: Arguments): Promise<object> {
    const sent = { username, email, is_staff: staff, is_support: support };
    const fields = commandOf(readDtoOrThrow(CreateUserDto, sent, this.get(PublicAddress)));
    const { user, token } = await this.acting('user.create', () => this.get(UsersService).create(fields));
    return { ...wireOf({ uuid: user.uuid, username: user.username, isStaff: user.isStaff }), token };
  }
}

/** Throws {@link UnreadableFileError}. */
async function* bytesOf(file: string): AsyncGenerator<Buffer> {
  try {
    for await (const piece of createReadStream(file) as AsyncIterable<Buffer>) yield piece;
  } catch (error) {
    throw new UnreadableFileError(file, (error as Error).message);
  }
}

function wireOfUser(this: void, { uuid, username, email, isStaff, isSupport, isActive }: User): object {
  return wireOf({ uuid, username, email, isStaff, isSupport, isActive });
}

function wireOfToken(this: void, token: PersonalAccessToken): object {
  const { uuid, name, user, scope, created, expiresAt, lastUsedAt, isActive } = token;
  return wireOf({ uuid, name, user: user.username, scope, created, expiresAt, lastUsedAt, isActive });
}

function wireOfImport(found: SheetImport): object {
  const { uuid, kind, fileName, state, encoding, separator, header, ignoredColumns, problem, appliedAt } = found;
  const { rowsCreated, rowsChanged, rowsUnchanged, rowsRefused } = found;
  const rows = { rowsCreated, rowsChanged, rowsUnchanged, rowsRefused };
  return wireOf({
    uuid,
    kind,
    fileName,
    state,
    encoding,
    separator,
    header,
    ignoredColumns,
    ...rows,
    problem,
    appliedAt,
  });
}

function wireOfJob(this: void, run: JobRun): Record<string, unknown> {
  const { uuid, kind, scope, requestedBy, state, step, progressDone, progressTotal, attempts } = run;
  const { created, startedAt, finishedAt, errorCode, errorMessage, result } = run;
  const times = { created, startedAt, finishedAt };
  return {
    ...wireOf({ uuid, kind, scope, requestedBy, state, step, progressDone, progressTotal, attempts, ...times }),
    error_code: errorCode,
    error_message: errorMessage,
    result,
  };
}
