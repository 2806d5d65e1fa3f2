import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { LicenseLink } from './license-link.entity.js';
import { WaldurWrite } from './waldur-write.entity.js';
import { ClaimLostError } from './licenses.errors.js';

/** An entry that Waldur has to carry out, while it is ours to work on. */
export interface ClaimedWrite {
  readonly link: LicenseLink;
  readonly write: WaldurWrite;
  readonly token: string;
}

/** What is remembered before and after each call. */
export type WriteNotes = Partial<Pick<WaldurWrite, 'sentAt' | 'orderUuid' | 'madeUuid'>>;

/** Entries that are half-way, of one state. */
export interface HalfDone {
  readonly state: 'intended' | 'done';
  readonly entries: number;
  /** When the oldest was asked for (UTC) … */
  readonly since: Date;
  /** … its UUID, and why it is not done; `""`: nothing is wrong. */
  readonly oldest: string;
  readonly problem: string;
}

const CLAIM = `
  UPDATE waldur_write
  SET claim_token = $2, claim_expires_at = clock_timestamp() + make_interval(secs => $3)
  FROM license_link link
  WHERE waldur_write.uuid = $1 AND link.uuid = $1
    AND link.state IN ('intended', 'done')
    AND (claim_expires_at IS NULL OR claim_expires_at <= clock_timestamp())
  RETURNING waldur_write.uuid`;

const EXTEND = `
  UPDATE waldur_write
  SET claim_expires_at = clock_timestamp() + make_interval(secs => $3),
      sent_at = coalesce($4, sent_at), order_uuid = coalesce($5, order_uuid), made_uuid = coalesce($6, made_uuid)
  WHERE uuid = $1 AND claim_token = $2
  RETURNING uuid`;

const RELEASE = `
  UPDATE waldur_write
  SET claim_token = NULL, claim_expires_at = NULL, problem = $3
  WHERE uuid = $1 AND claim_token = $2
  RETURNING uuid`;

const UNFINISHED = `
  SELECT write.uuid
  FROM waldur_write write
  JOIN license_link link ON link.uuid = write.uuid
  WHERE link.state IN ('intended', 'done')
  ORDER BY link.number`;

const HALF_DONE = `
  SELECT
    link.state,
    count(*)::integer AS entries,
    min(link.created) AS since,
    (array_agg(link.uuid ORDER BY link.number))[1] AS oldest,
    (array_agg(write.problem ORDER BY link.number))[1] AS problem
  FROM waldur_write write
  JOIN license_link link ON link.uuid = write.uuid
  WHERE link.state IN ('intended', 'done')
  GROUP BY link.state
  ORDER BY link.state DESC`;

const SAY_WHY = `
  UPDATE waldur_write
  SET problem = $1, claim_token = NULL, claim_expires_at = NULL
  FROM license_link link
  WHERE link.uuid = waldur_write.uuid AND link.state IN ('intended', 'done')`;

const GIVE_UP = `
  UPDATE license_link
  SET state = 'failed'
  WHERE state IN ('intended', 'done')`;

/** How far Waldur is with entries of the ledger. Who works on one has a claim on it, by the database's clock. */
@Injectable()
export class WaldurWritesRepository {
  constructor(private readonly dataSource: DataSource) {}

  async insert(manager: EntityManager, writes: readonly Partial<WaldurWrite>[]): Promise<void> {
    await manager.insert(WaldurWrite, [...writes]);
  }

  /** `undefined` where it has ended, or somebody else works on it. */
  async claim(uuid: string, token: string, seconds: number): Promise<ClaimedWrite | undefined> {
    const [rows] = await this.dataSource.query<[unknown[], number]>(CLAIM, [uuid, token, seconds]);
    if (!rows.length) return undefined;
    const write = await this.dataSource.manager.findOneOrFail(WaldurWrite, {
      where: { uuid },
      relations: { link: { resource: true } },
    });
    return { link: write.link, write, token };
  }

  /** Throws {@link ClaimLostError}. */
  async extend({ write, token }: ClaimedWrite, seconds: number, notes: WriteNotes): Promise<void> {
    const { sentAt, orderUuid, madeUuid } = notes;
    const values = [write.uuid, token, seconds, sentAt, orderUuid, madeUuid];
    const [rows] = await this.dataSource.query<[unknown[], number]>(EXTEND, values);
    if (!rows.length) throw new ClaimLostError();
  }

  /** Gives it back; as part of the manager's transaction, nobody else has it until that has ended. Throws {@link ClaimLostError}. */
  async release(
    { write, token }: ClaimedWrite,
    problem: string,
    manager: EntityManager = this.dataSource.manager,
  ): Promise<void> {
    const [rows] = await manager.query<[unknown[], number]>(RELEASE, [write.uuid, token, problem]);
    if (!rows.length) throw new ClaimLostError();
  }

  /** It is so in Waldur. */
  async markDone(uuid: string): Promise<void> {
    await this.dataSource.manager.update(LicenseLink, { uuid, state: 'intended' }, { state: 'done' });
  }

  async end(
    manager: EntityManager,
    uuid: string,
    end: Partial<Pick<LicenseLink, 'resourceUuid' | 'recordedAt'>> & { readonly state: 'recorded' | 'failed' },
  ): Promise<void> {
    await manager.update(LicenseLink, { uuid }, end);
  }

  /** UUIDs of those that Waldur has not carried out, in the order in which they were asked for. */
  async unfinished(): Promise<string[]> {
    const rows = await this.dataSource.query<{ uuid: string }[]>(UNFINISHED);
    return rows.map(({ uuid }) => uuid);
  }

  halfDone(): Promise<HalfDone[]> {
    return this.dataSource.query(HALF_DONE);
  }

  /** Nothing that Waldur has not carried out will be, because of this problem. */
  async giveUp(manager: EntityManager, problem: string): Promise<void> {
    await manager.query(SAY_WHY, [problem]);
    await manager.query(GIVE_UP);
  }

  /** Nobody works on anything: what was claimed was left behind. */
  async expireClaims(): Promise<void> {
    await this.dataSource.query(`UPDATE waldur_write SET claim_expires_at = NULL WHERE claim_expires_at IS NOT NULL`);
  }
}
