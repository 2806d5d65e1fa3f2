import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { newToken } from '../../auth/token.js';
import { Env } from '../../config/env.js';
import { UsersService } from './users.service.js';

/** Sees to it that somebody can log in: `admin` with `STAFF_TOKEN`, or with a token printed once at the very first start. */
@Injectable()
export class BootstrapStaffService implements OnApplicationBootstrap {
  private readonly logger = new Logger(BootstrapStaffService.name);

  constructor(
    private readonly env: Env,
    private readonly users: UsersService,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    if (this.env.STAFF_TOKEN) {
      if (await this.users.ensureStaff('admin', this.env.STAFF_TOKEN)) return;
      return this.logger.warn(
        'STAFF_TOKEN was replaced by a newer token of "admin" and does not open any more: set the newer one, or another.',
      );
    }
    if (await this.users.hasUsers()) return;
    const token = newToken();
    await this.users.ensureStaff('admin', token);
    // Straight to the terminal, once, and never into a log.
    process.stdout.write(`\nStaff token of the user "admin", shown this once:\n\n    ${token}\n\n`);
  }
}
