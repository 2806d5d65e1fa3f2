import { setImmediate } from 'node:timers/promises';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Env } from '../config/env.js';
import { JobIncompleteError } from '../jobs/job.errors.js';
import { type JobControl, JobHandlers } from '../jobs/job-handlers.js';
import type { JobRun } from '../jobs/job-run.entity.js';
import { JobsService } from '../jobs/jobs.service.js';
import { ApiKeyCipher } from './api-key.cipher.js';
import type { SecretKey } from './secret-key.js';
import type { Settings } from './settings.entity.js';
import { OtherSecretKeyError, PreviousKeyMissingError, SecretKeyOutdatedError } from './settings.errors.js';
import { SettingsRepository } from './settings.repository.js';

export const KEY_ROTATION = 'key-rotation';

/** So many API keys are encrypted anew in one transaction. */
const AT_ONCE = 50;

/** An account whose API key none of the keys opens. */
export interface UnreadableKey {
  readonly uuid: string;
  readonly partner: string;
}

/** Which keys there are, and what stands under each. Keys are named by the first digits of their digests. */
export interface SecretKeyStatus {
  readonly current: string;
  /** Null: there is no `SECRET_KEY_PREVIOUS`, or it is the same key. */
  readonly previous: string | null;
  /** What API keys are stored under from now on. */
  readonly inUse: 'current' | 'previous';
  /** A rotation has begun and not ended. */
  readonly isUnderWay: boolean;
  /** Numbers of API keys. */
  readonly underCurrent: number;
  readonly underPrevious: number;
  readonly unreadable: readonly UnreadableKey[];
  /** Whether anything would be lost without `SECRET_KEY_PREVIOUS`. */
  readonly isPreviousNeeded: boolean;
}

/** What became of API keys. */
interface Report {
  rows: number;
  reencrypted: number;
  /** Those under the new key before: stored since, or done before the job was interrupted. */
  already: number;
  readonly unreadable: UnreadableKey[];
}

/** Brings every stored API key from `SECRET_KEY_PREVIOUS` under `SECRET_KEY`. */
@Injectable()
export class KeyRotationService implements OnModuleInit {
  constructor(
    private readonly cipher: ApiKeyCipher,
    private readonly settings: SettingsRepository,
    private readonly jobs: JobsService,
    private readonly handlers: JobHandlers,
    private readonly env: Env,
  ) {}

  onModuleInit(): void {
    // Instances that are not restarted with both keys yet leave it to those that are.
    if (this.env.SECRET_KEY_PREVIOUS) this.handlers.register(KEY_ROTATION, (control) => this.rotate(control));
  }

  /** Queues it, for the key that this process has. Throws `PreviousKeyMissingError`. */
  async start(requestedBy: string): Promise<JobRun> {
    const { current, previous } = this.cipher.keys;
    if (!previous) throw new PreviousKeyMissingError();
    return this.jobs.enqueue({ kind: KEY_ROTATION, scope: current.id, parameters: {}, requestedBy });
  }

  /** Tries every API key. */
  async status(): Promise<SecretKeyStatus> {
    const { current, previous } = this.cipher.keys;
    const inUse = await this.settings.secretKeyInUse();
    const found = { current: 0, previous: 0, unreadable: [] as UnreadableKey[] };
    for await (const page of this.pages())
      for (const row of page) {
        if (opens(current, row)) found.current += 1;
        else if (previous && opens(previous, row)) found.previous += 1;
        else found.unreadable.push(named(row));
      }
    const isPreviousInUse = !!previous && inUse?.digest === previous.digest;
    const isUnderWay = !!inUse?.previousDigest;
    return {
      current: current.id,
      previous: previous?.id ?? null,
      inUse: isPreviousInUse ? 'previous' : 'current',
      isUnderWay,
      underCurrent: found.current,
      underPrevious: found.previous,
      unreadable: found.unreadable,
      isPreviousNeeded: isPreviousInUse || isUnderWay || found.previous > 0,
    };
  }

  /**
   * May be run again at any point: an API key that is under the new key stays as it is. Throws `OtherSecretKeyError`,
   * `SecretKeyOutdatedError`, and `JobIncompleteError` where none of the keys opens an API key.
   */
  private async rotate({ run, lease, signal, progress }: JobControl): Promise<Record<string, unknown>> {
    const { current, previous } = this.cipher.keys;
    if (current.id !== run.scope) throw new OtherSecretKeyError(run.scope, current.id, run.worker);
    const write = (work: (manager: EntityManager) => Promise<void>) =>
      this.settings.transaction(async (manager) => {
        await lease.check(manager);
        await work(manager);
      });
    await write(async (manager) => {
      if (previous) await this.settings.beginRotation(manager, previous.digest, current.digest);
      if ((await this.settings.lockSecretKey(manager))?.digest !== current.digest) throw new SecretKeyOutdatedError();
    });
    const report: Report = { rows: 0, reencrypted: 0, already: 0, unreadable: [] };
    const total = await this.settings.countKeys();
    for await (const page of this.pages()) {
      signal.throwIfAborted();
      await progress('encrypting API keys', report.rows, total);
      await write(async (manager) => {
        // Who changes several accounts at once does so after this too: neither has rows that the other waits for.
        await this.settings.serialize(manager);
        for (const row of page) await this.encryptAnew(manager, row, report);
      });
      report.rows += page.length;
      // The embedded database answers without a turn of the event loop, and requests would wait for all of it.
      await setImmediate();
    }
    await write((manager) => this.settings.endRotation(manager, current.digest));
    const { unreadable, ...counted } = report;
    const result = { key: current.id, ...counted, unreadable };
    if (!unreadable.length) return result;
    throw new JobIncompleteError(`API keys that neither key opens: ${unreadable.length}. Save them again.`, result);
  }

  /** An API key that was stored meanwhile is looked at again, as whoever stored it has the last word. */
  private async encryptAnew(manager: EntityManager, row: Settings, report: Report): Promise<void> {
    const { current, previous } = this.cipher.keys;
    const { uuid, encryptedApiKey: before } = row;
    const apiKey = previous?.decrypt(before, uuid);
    if (opens(current, row)) report.already += 1;
    else if (apiKey === undefined) report.unreadable.push(named(row));
    else if (await this.settings.replaceEncryptedKey(manager, uuid, before, current.encrypt(apiKey, uuid)))
      report.reencrypted += 1;
    else {
      const now = await this.settings.keyOf(manager, uuid);
      if (now) await this.encryptAnew(manager, now, report);
    }
  }

  private async *pages(): AsyncGenerator<Settings[]> {
    for (let after = ''; ;) {
      const page = await this.settings.keysAfter(after, AT_ONCE);
      if (!page.length) return;
      yield page;
      after = page.at(-1)!.uuid;
    }
  }
}

const opens = (key: SecretKey, { encryptedApiKey, uuid }: Settings) => key.decrypt(encryptedApiKey, uuid) !== undefined;

const named = ({ uuid, partnerName, apiUrl }: Settings): UnreadableKey => ({ uuid, partner: partnerName || apiUrl });
