import { rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { AuditTrail } from '../../audit/audit-trail.js';
import { newToken } from '../../auth/token.js';
import { SERVICE_START } from '../../common/acts.js';
import { makeFolder } from '../../common/make-folder.js';
import { Env } from '../../config/env.js';
import { UsersService } from './users.service.js';

/**
 * Sees to it that somebody can log in: `admin` with `STAFF_TOKEN`, or with a token made at the very first start. That
 * is shown on a terminal; without one, output is a log, and it goes to a file of the owner's.
 */
@Injectable()
export class BootstrapStaffService implements OnApplicationBootstrap {
  private readonly logger = new Logger(BootstrapStaffService.name);
  private rests = false;

  constructor(
    private readonly env: Env,
    private readonly users: UsersService,
    private readonly trail: AuditTrail,
  ) {}

  /** Another process sees to it. */
  rest(): void {
    this.rests = true;
  }

  /** Throws `TokenTakenError`, and what keeps `DATA_DIR` from being written. */
  async onApplicationBootstrap(): Promise<void> {
    if (this.rests) return;
    if (this.env.STAFF_TOKEN) {
      if (await this.ensureStaff('admin', this.env.STAFF_TOKEN)) return;
      return this.logger.warn(
        'STAFF_TOKEN was replaced by a newer token of "admin" and does not open any more: set the newer one, or another.',
      );
    }
    if (await this.users.hasUsers()) return;
    const token = newToken();
    if (process.stdout.isTTY) {
      await this.ensureStaff('admin', token);
      process.stdout.write(`\nStaff token of the user "admin", shown this once:\n\n    ${token}\n\n`);
      return;
    }
    const path = join(resolve(this.env.DATA_DIR), 'staff-token');
    makeFolder(resolve(this.env.DATA_DIR));
    // A token that nobody can read must not be the only one.
    rmSync(path, { force: true });
    writeFileSync(path, `${token}\n`, { mode: 0o600, flag: 'wx' });
    await this.ensureStaff('admin', token);
    process.stdout.write(`The staff token of the user "admin" is in ${path}: keep it elsewhere and remove the file.\n`);
  }

  private ensureStaff(username: string, token: string): Promise<boolean> {
    const fields = { actor: SERVICE_START, action: 'user.ensure_staff' };
    return this.trail.changing(fields, () => this.users.ensureStaff(username, token));
  }
}
