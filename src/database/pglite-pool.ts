import { EventEmitter } from 'node:events';
import { parse, type PGlite, protocol, types } from '@electric-sql/pglite';
import { Logger } from '@nestjs/common';
import { type Acts, marked, RECORDED } from '../common/acts.js';
import { DatabaseBusyError } from '../common/database-fault.js';
import { tracedStatement } from '../common/tracing.js';
import type { CountsConnections } from './database.metrics.js';
import type { KnowsRoom } from './room.js';

/** How long a connection waits for its turn. Only a transaction that waits for itself takes that long. */
const LEASE_TIMEOUT_MS = 60_000;

/** How much log may stand since the last checkpoint, and for how long the session was used between two looks at it. */
const MOST_LOG_BYTES = 64 * 1_048_576;
const LOOK_AFTER_MS = 250;

const asText = (text: string) => text;
const arrayOfText = (type: number) => (text: string) => types.arrayParser(text, asText, type) as unknown;

/** Same values as node-postgres gives: int8, dates and arrays of them as text, bytea as Buffer. */
const PARSERS = {
  20: asText,
  1016: arrayOfText(1016),
  1082: asText,
  1182: arrayOfText(1182),
  1231: arrayOfText(1231),
  17: (text: string) => Buffer.from(text.slice(2), 'hex'),
};

/** What ends a transaction, or a part of it. */
const ENDS = ['COMMIT', 'ROLLBACK', 'RELEASE'];

interface PgResult {
  rows: unknown[];
  rowCount: number;
  command: string;
}

type Release = (error?: unknown) => void;
type ConnectCallback = (error: Error | undefined, connection?: PgliteConnection, release?: Release) => void;

/**
 * Lends the one session of an embedded PGlite database to one user at a time, behind the interface of node-postgres'
 * `Pool`, so that TypeORM's transactions stay isolated. First come, first served. While the disk has no room it takes no
 * changes, as it would never come back from one that it has no room for.
 */
export class PglitePool extends EventEmitter implements KnowsRoom, CountsConnections {
  private readonly waiting: (() => void)[] = [];
  private lent = false;
  private ended = false;
  private takesChanges = true;
  private usedMs = 0;
  private whoNeedLog = 0;

  constructor(
    private readonly database: PGlite,
    private readonly hasNoRoom: () => boolean = () => false,
    private readonly leaseTimeoutMs = LEASE_TIMEOUT_MS,
    private readonly acts?: Acts,
  ) {
    super();
    // Given with every statement, they would be copied with hundreds of others each time.
    Object.assign(database.parsers, PARSERS);
  }

  get isFull(): boolean {
    return this.hasNoRoom();
  }

  get connections() {
    return { total: 1, idle: this.lent ? 0 : 1, waiting: this.waiting.length };
  }

  /** From now on no part of the log goes, until what is answered is called, once. */
  keepLog(): () => void {
    this.whoNeedLog++;
    return () => this.whoNeedLog--;
  }

  connect(callback?: ConnectCallback): Promise<PgliteConnection> | undefined {
    const lease = this.lease();
    if (!callback) return lease;
    lease.then(
      (connection) => callback(undefined, connection, connection.release),
      (error: unknown) => callback(error as Error),
    );
    return undefined;
  }

  end(callback?: (error?: unknown) => void): Promise<void> {
    this.ended = true;
    const closed = this.database.closed ? Promise.resolve() : this.database.close();
    if (callback) closed.then(() => callback(), callback);
    return closed;
  }

  private async lease(): Promise<PgliteConnection> {
    if (this.ended) throw new Error('The embedded database is closed.');
    if (this.lent) await this.turn();
    this.lent = true;
    try {
      await this.takeChanges(!this.isFull);
      await this.shortenLog();
    } catch (error) {
      this.giveBack();
      throw error;
    }
    const lentAt = performance.now();
    const giveBack = () => {
      this.usedMs += performance.now() - lentAt;
      this.giveBack();
    };
    return new PgliteConnection(this.database, this.hasNoRoom, giveBack, this.acts);
  }

  /** A server's checkpointer is a process of its own; without one the log of an embedded database only grows. */
  private async shortenLog(): Promise<void> {
    if (this.usedMs < LOOK_AFTER_MS || this.whoNeedLog > 0 || this.isFull) return;
    this.usedMs = 0;
    const { rows } = await this.database.query<{ is_long: boolean }>(
      'SELECT pg_current_wal_insert_lsn() - redo_lsn > $1 AS is_long FROM pg_control_checkpoint()',
      [MOST_LOG_BYTES],
    );
    if (rows[0]!.is_long) await this.database.exec('CHECKPOINT');
  }

  private async takeChanges(takesChanges: boolean): Promise<void> {
    if (takesChanges === this.takesChanges) return;
    await this.database.exec(`SET default_transaction_read_only = ${takesChanges ? 'off' : 'on'}`);
    this.takesChanges = takesChanges;
  }

  private turn(): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.waiting.splice(this.waiting.indexOf(turn), 1);
        const seconds = this.leaseTimeoutMs / 1000;
        new Logger('Database').warn(
          `The embedded database was busy for ${seconds} s: a transaction is too long, or waits for a connection of its own.`,
        );
        reject(new DatabaseBusyError());
      }, this.leaseTimeoutMs);
      const turn = () => {
        clearTimeout(timer);
        resolve();
      };
      this.waiting.push(turn);
    });
  }

  private giveBack(): void {
    const next = this.waiting.shift();
    if (next) next();
    else this.lent = false;
  }
}

/** One lease of the session. Released once; a transaction left open is rolled back before the next user gets it. */
export class PgliteConnection extends EventEmitter {
  private released = false;
  private inTransaction = false;

  constructor(
    private readonly database: PGlite,
    private readonly hasNoRoom: () => boolean,
    private readonly giveBack: () => void,
    private readonly acts?: Acts,
  ) {
    super();
  }

  readonly release: Release = () => {
    if (this.released) return;
    this.released = true;
    if (!this.inTransaction || this.database.closed) return this.giveBack();
    const rolledBack = this.database.exec('ROLLBACK').catch((error: unknown) => {
      // The next one's BEGIN tells; a rejection nobody waits for would end the process.
      new Logger('Database').error(`A transaction left open could not be rolled back: ${String(error)}`);
    });
    void rolledBack.finally(this.giveBack);
  };

  /** Runs `COPY … FROM '/dev/blob'` over this text. */
  async copy(text: string, rows: string): Promise<void> {
    if (this.released) throw new Error('This lease of the embedded database has been given back.');
    await this.whileThereIsRoom(() => this.database.query(text, [], { blob: new Blob([rows]) }));
  }

  /** As node-postgres: several statements only without parameters, and then the last one's result. */
  query(text: string, parameters: unknown[] = []): Promise<PgResult> {
    return tracedStatement(text, () => this.run(text, parameters));
  }

  private async run(text: string, parameters: unknown[]): Promise<PgResult> {
    if (this.released) throw new Error('This lease of the embedded database has been given back.');
    const command = /^\s*(\w+)/.exec(text)?.[1]?.toUpperCase() ?? '';
    if (command === 'START' || command === 'BEGIN') this.inTransaction = true;
    if (command === 'COMMIT' || (command === 'ROLLBACK' && !/\bTO\b/i.test(text))) this.inTransaction = false;
    const act = this.acts?.current;
    const sent = marked(act, text);
    const onNotice = ({ code }: { code?: string }) => {
      if (act && code === RECORDED) act.isRecorded = true;
    };
    const run = () => this.ask(sent, parameters, onNotice);
    const result = await (ENDS.includes(command) ? run() : this.whileThereIsRoom(run));
    return { rows: result?.rows ?? [], rowCount: result?.rowCount ?? 0, command: result?.command ?? command };
  }

  /**
   * Goes to the database and back once. PGlite's own `query` does so six times, also to hear of which types parameters are,
   * which what node-postgres sends does without.
   */
  private async ask(text: string, parameters: unknown[], onNotice: (notice: { code?: string }) => void) {
    const { serialize } = protocol;
    const message = parameters.length
      ? Buffer.concat([
          serialize.parse({ text }),
          serialize.bind({ values: parameters.map(asPgDoes) }),
          serialize.describe({ type: 'P' }),
          serialize.execute(),
          serialize.sync(),
        ])
      : serialize.query(text);
    const { database } = this;
    const answers = await database.runExclusive(() => database.execProtocolStream(message, { onNotice }));
    return parse.parseResults(answers, database.parsers).at(-1);
  }

  private async whileThereIsRoom<T>(run: () => Promise<T>): Promise<T> {
    try {
      if (this.inTransaction && this.hasNoRoom()) await this.database.exec('SET LOCAL transaction_read_only = on');
      return await run();
    } catch (error) {
      if ((error as { code?: string }).code !== '25006') throw error;
      throw Object.assign(new Error('No room is left on the disk of the embedded database'), { code: '53100' });
    }
  }
}

/** The text that node-postgres writes for a value. */
function asPgDoes(value: unknown): string | null {
  if (value === undefined || value === null) return null;
  if (typeof value === 'string') return value;
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Uint8Array) return `\\x${Buffer.from(value).toString('hex')}`;
  if (Array.isArray(value)) return types.arraySerializer(value, asPgDoes as (element: unknown) => string, 0);
  const isPlain = typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean';
  return isPlain ? String(value) : JSON.stringify(value);
}
