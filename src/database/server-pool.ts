import pg from 'pg';
import { type Act, type Acts, marked, RECORDED } from '../common/acts.js';
import { ChangedAtOnceError, databaseFault } from '../common/database-fault.js';
import type { Requests } from '../common/requests.js';
import { tracedStatement } from '../common/tracing.js';
import type { CountsConnections } from './database.metrics.js';
import type { KnowsRoom } from './room.js';
import { StatementNames } from './statement-names.js';
import { Turns } from './turns.js';

/**
 * Said with the first packet, which PgBouncer keeps for each of its clients in any pooling mode: how dates are written
 * does not depend on how the server is set up. `options` would be refused by it.
 */
const SESSION = { DateStyle: 'ISO, MDY', TimeZone: 'UTC', standard_conforming_strings: 'on' };

/** How long a statement outside of any transaction waits for a lock; PgBouncer does not take it. */
export const LOCK_TIMEOUT_MS = 5_000;

/**
 * Compiling a statement pays for itself where it runs for minutes. PostgreSQL guesses that of statements on rows that it
 * has no figures of, as those that triggers are given: each connection then compiles them for half a second.
 */
const JIT = { jit: 'off' };

/** A request gives up waiting before others have waited for its connection for too long. Jobs have more time. */
const startOfTransaction = (isForRequest: boolean) =>
  `START TRANSACTION ISOLATION LEVEL READ COMMITTED; SET LOCAL lock_timeout = ${isForRequest ? LOCK_TIMEOUT_MS : 60_000}; SET LOCAL idle_in_transaction_session_timeout = 300000; SET LOCAL jit = off`;

/** Of a statement that a server with another isolation level than READ COMMITTED does not put in a row with others. */
const MOST_ATTEMPTS = 10;

/** The server has no statement of a name, or has one already: somebody between here and there lends its connections. */
const NAMES_ARE_LOST = ['26000', '42P05'];
/** A statement cannot be run as it was prepared: tables have changed since. */
const IS_OUTDATED = '0A000';

interface ServerConfig extends pg.PoolConfig {
  /** Those that connections are lent to, where there are any. */
  readonly requests?: Requests;
  /** What statements are marked with. */
  readonly acts?: Acts;
}

interface ClientConfig extends ServerConfig {
  /** What statements are prepared by. */
  readonly names: StatementNames;
}

interface Startup {
  getStartupConf(): Record<string, string>;
}

class ServerClient extends pg.Client {
  /** Has met a server that takes no changes: after a fail-over others than this one may. */
  sawReadOnly = false;
  /** Has met a server without room on its disk. */
  sawFull = false;
  /** Has prepared what cannot be run any more. */
  private isOutdated = false;

  private readonly requests: Requests | undefined;
  private readonly acts: Acts | undefined;
  private readonly names: StatementNames;
  private act: Act | undefined;

  constructor(config: ClientConfig) {
    super(config);
    this.names = config.names;
    this.requests = config.requests;
    this.acts = config.acts;
    const { connection } = this as unknown as { connection: NodeJS.EventEmitter };
    connection.on('errorMessage', ({ code }: { code?: string }) => {
      if (code === '25006') this.sawReadOnly = true;
      if (code === '53100') this.sawFull = true;
    });
    this.on('notice', ({ code }) => {
      if (code === RECORDED && this.act) this.act.isRecorded = true;
    });
  }

  getStartupConf(): Record<string, string> {
    const given = (pg.Client.prototype as unknown as Startup).getStartupConf.call(this);
    return { ...given, ...SESSION, ...(given.lock_timeout && JIT) };
  }

  /** Ready for the next one: nothing is running, and no transaction is open. */
  get isClean(): boolean {
    const { readyForQuery } = this as unknown as { readyForQuery: boolean };
    return readyForQuery && !this.isOutdated && this.getTransactionStatus() === 'I';
  }

  override query(...args: unknown[]): never {
    const isAlone = this.getTransactionStatus() === 'I';
    if (args[0] === 'START TRANSACTION') args[0] = startOfTransaction(this.requests?.current !== undefined);
    const [statement] = args;
    if (typeof statement === 'string') args[0] = marked((this.act = this.acts?.current), statement);
    const run = () => super.query(...(args as Parameters<pg.Client['query']>)) as unknown;
    if (typeof statement !== 'string' || typeof args.at(-1) === 'function') return run() as never;
    if (!isAlone) return tracedStatement(statement, run as () => Promise<unknown>) as never;
    const values = args[1] as unknown[] | undefined;
    const name = this.names.nameOf(statement, values);
    const runNamed = name === undefined ? run : () => super.query({ name, text: statement, values });
    return tracedStatement(statement, () => this.again(runNamed, run)) as never;
  }

  /**
   * Nothing is left of a statement outside of any transaction that lost to another, or was prepared in vain: it is simply
   * done again, the latter `unnamed`.
   */
  private async again(run: () => unknown, unnamed: () => unknown): Promise<unknown> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await run();
      } catch (error) {
        if (run !== unnamed && this.isPreparedInVain(error)) run = unnamed;
        else if (attempt === MOST_ATTEMPTS || !(databaseFault(error) instanceof ChangedAtOnceError)) throw error;
      }
    }
  }

  private isPreparedInVain(error: unknown): boolean {
    const { code = '' } = error as pg.DatabaseError;
    if (NAMES_ARE_LOST.includes(code)) this.names.turnOff(`their names are not kept (SQLSTATE ${code})`);
    this.isOutdated ||= code === IS_OUTDATED;
    return code === IS_OUTDATED || NAMES_ARE_LOST.includes(code);
  }
}

type Release = (error?: unknown) => void;
type Done = (error: Error | undefined, client: pg.PoolClient | undefined, release: Release) => void;

/** A disk is taken for full for so long after the server said so: only a change that needs more of it could tell. */
const FULL_FOR_MS = 30_000;

/**
 * Lends connections to a PostgreSQL server. What comes back in any other state than it was lent in is thrown away.
 * Requests for one collection never have more than half of them, so that a table that is locked stops those alone.
 */
export class ServerPool extends pg.Pool implements KnowsRoom, CountsConnections {
  private readonly generations = new WeakMap<object, number>();
  private generation = 0;
  private fullAt = -Infinity;
  private readonly turns: Turns;
  private readonly names: StatementNames;

  constructor(private readonly config: ServerConfig) {
    const names = new StatementNames();
    super({ ...config, Client: ServerClient, names } as object);
    this.names = names;
    this.turns = new Turns(Math.max(1, Math.floor((config.max ?? 10) / 2)), config.connectionTimeoutMillis ?? 10_000);
  }

  get isFull(): boolean {
    return performance.now() - this.fullAt < FULL_FOR_MS;
  }

  get connections() {
    const { totalCount: total, idleCount: idle, waitingCount, turns } = this;
    return { total, idle, waiting: waitingCount + turns.waiting };
  }

  override connect(): Promise<pg.PoolClient>;
  override connect(done: Done): void;
  override connect(done?: Done): Promise<pg.PoolClient> | void {
    const lent = this.lend();
    if (!done) return lent;
    lent.then(
      (client) => done(undefined, client, (error) => client.release(error as Error)),
      (error: Error) => done(error, undefined, () => undefined),
    );
  }

  private async lend(): Promise<pg.PoolClient> {
    const request = this.config.requests?.current;
    const giveBack = request ? await this.turns.take(request.collection) : () => undefined;
    try {
      return await this.lendUntil(giveBack);
    } catch (error) {
      giveBack();
      throw error;
    }
  }

  private async lendUntil(giveBack: () => void): Promise<pg.PoolClient> {
    const client = await this.next();
    const generation = this.generations.get(client) ?? this.generation;
    this.generations.set(client, generation);
    // Made while the server took no changes: it may go on thinking so.
    if (generation < this.generation) {
      client.release(true);
      return this.lendUntil(giveBack);
    }
    const release = client.release.bind(client) as (error?: unknown) => void;
    const own = client as unknown as ServerClient;
    client.release = (error) => {
      if (own.sawReadOnly && generation === this.generation) this.generation++;
      if (own.sawFull) this.fullAt = performance.now();
      own.sawFull = false;
      release(error || own.sawReadOnly || !own.isClean);
      giveBack();
    };
    return client;
  }

  private async next(): Promise<pg.PoolClient> {
    try {
      return await super.connect();
    } catch (error) {
      const { options } = this as unknown as { options: pg.PoolConfig };
      if (!options.lock_timeout || !/unsupported startup parameter/.test((error as Error).message)) throw error;
      // PgBouncer takes neither that nor `jit`: then only transactions have them. Nor need it keep names.
      options.lock_timeout = undefined;
      this.names.turnOff();
      return this.next();
    }
  }
}
