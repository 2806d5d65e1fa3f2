import { Injectable, Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { AuditTrail } from '../../audit/audit-trail.js';
import { NotAuthenticatedError } from '../../auth/auth.errors.js';
import { hashPassword, matchesPassword } from '../../auth/password.js';
import { newToken } from '../../auth/token.js';
import { Acts } from '../../common/acts.js';
import { Env } from '../../config/env.js';
import { FailedAttemptsService, LOCKED_MINUTES, type LoginOrigin } from '../../limits/failed-attempts.service.js';
import { placeOf } from '../../limits/place.js';
import { LoginsBusyError } from '../directory.errors.js';
import { LoginQueue } from './login-queue.js';
import { TokensService } from './tokens.service.js';
import { User } from './user.entity.js';

/** Logins that may wait for their turn; each takes a tenth of a second. */
const MOST_WAITING = 100;

/** What a user logs in with. */
export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** Exchanges user name and password for a token. */
@Injectable()
export class LoginService {
  private readonly logger = new Logger(LoginService.name);
  private readonly queue = new LoginQueue(MOST_WAITING);
  private dummyHash?: Promise<string>;

  constructor(
    private readonly dataSource: DataSource,
    private readonly attempts: FailedAttemptsService,
    private readonly tokens: TokensService,
    private readonly env: Env,
    private readonly acts: Acts,
    private readonly trail: AuditTrail,
  ) {}

  /**
   * A token that holds until it is not used for `LOGIN_TOKEN_LIFETIME_SECONDS`; other tokens of the user go on working.
   * `address` is the client's IP address; once `signal` has aborted the login loses its turn. Throws `NotAuthenticatedError` (wrong password, unknown or disabled user, too
   * many wrong passwords, logins switched off), `FailedAttemptsLimitedError` and `LoginsBusyError`.
   */
  async logIn({ username, password }: Credentials, address: string, signal?: AbortSignal): Promise<{ token: string }> {
    if (!this.env.PASSWORD_LOGIN_ENABLED)
      throw new NotAuthenticatedError(
        'Authentication method is disabled. Please use another authentication method or contact staff.',
      );
    return this.queue.run(placeOf(address), () => {
      if (signal?.aborted) throw new LoginsBusyError();
      return this.attempt({ username, address }, password);
    });
  }

  private async attempt(origin: LoginOrigin, password: string): Promise<{ token: string }> {
    if (!(await this.attempts.beginLogin(origin)))
      throw new NotAuthenticatedError(`Username is locked out. Try in ${LOCKED_MINUTES} minutes.`);
    const users = this.dataSource.getRepository(User);
    const user = await users.findOne({
      where: { username: origin.username },
      select: { uuid: true, isActive: true, passwordHash: true },
    });
    const act = this.acts.current;
    if (user) act?.isBy(origin.username);
    const matches = await matchesPassword(password, user?.passwordHash ?? (await this.hashOfNobody()));
    if (!user?.passwordHash || !matches) {
      this.logger.warn(`A login of ${user?.uuid ?? 'an unknown user'} from ${origin.address} failed.`);
      if (user && act) await this.trail.refused(act);
      throw new NotAuthenticatedError('Invalid username/password.');
    }
    await this.attempts.endLogin(origin);
    if (!user.isActive && act) await this.trail.refused(act);
    if (!user.isActive) throw new NotAuthenticatedError('User account is disabled.');
    return { token: await this.openFor(user) };
  }

  /** For users that are not there, so that guessing at their passwords takes as long. */
  private hashOfNobody(): Promise<string> {
    return (this.dummyHash ??= hashPassword(newToken()));
  }

  /** Only if the password is still the one that was checked: a change in between ends what it opened, too. */
  private openFor({ uuid, passwordHash }: Pick<User, 'uuid' | 'passwordHash'>): Promise<string> {
    return this.dataSource.transaction(async (manager) => {
      const found = await manager.findOne(User, {
        where: { uuid, passwordHash: passwordHash!, isActive: true },
        lock: { mode: 'pessimistic_read' },
      });
      if (!found) throw new NotAuthenticatedError('Invalid username/password.');
      this.logger.log(`${uuid} logged in.`);
      return this.tokens.addLogin(manager, uuid);
    });
  }
}
