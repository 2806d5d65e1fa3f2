import { Injectable } from '@nestjs/common';
import type { Caller, PresentedToken } from '../../auth/caller.js';
import { BoundedMap } from '../../common/bounded-map.js';
import { Clock } from '../../common/clock.js';
import type { WaldurGateway } from '../../waldur-gateway/waldur-gateway.js';
import { WaldurError, WaldurUnavailableError } from '../../waldur-gateway/waldur-gateway.errors.js';
import { BesideWaldur } from '../../waldur-gateway/waldur-gateway.module.js';
import type { WaldurUser } from '../../waldur-gateway/waldur-rows.js';
import { isBearer } from '../../waldur-gateway/waldur-token.js';
import { TooManyUnknownTokensError } from '../directory.errors.js';
import { placeOf } from '../../limits/place.js';

/** For so long an answer of Waldur holds, also that a token is nobody's. */
const FRESH_MS = 20_000;
/** While Waldur is away, an answer that was given holds for so long. */
const LONGEST_MS = 60_000;
const MOST_KEPT = 10_000;
/** Unknown tokens of one place within a minute; what is more is not asked of Waldur. */
const MOST_UNKNOWN = 20;
const MINUTE_MS = 60_000;
/** Nothing else can be a token of Waldur: it is not asked of it. */
const TOKEN = /^[\x21-\x7e]{8,4096}$/;

/** What Waldur said, and when. */
interface Answer {
  readonly user: WaldurUser | undefined;
  readonly at: number;
}

interface Unknowns {
  readonly since: number;
  count: number;
}

/** Tokens that Waldur knows: it is asked for their users. Answers are kept by hash; no token is. */
@Injectable()
export class WaldurTokensService {
  private readonly answers = new BoundedMap<string, Answer>(MOST_KEPT);
  private readonly asking = new Map<string, Promise<Answer>>();
  private readonly unknowns = new BoundedMap<string, Unknowns>(MOST_KEPT);

  constructor(
    private readonly beside: BesideWaldur,
    private readonly clock: Clock,
  ) {}

  /**
   * The user of a token; `undefined`: nobody's, or there is no Waldur. Throws `WaldurUnavailableError` where Waldur does
   * not say, {@link TooManyUnknownTokensError}.
   */
  async find(presented: PresentedToken): Promise<Caller | undefined> {
    const { gateway } = this.beside;
    if (!gateway || !TOKEN.test(presented.token)) return undefined;
    const user = await this.ask(gateway, presented);
    // Waldur does not say what a personal access token is for: users, tokens and keys are kept from it.
    return user && callerOf(user, isBearer(presented.token) ? 'operate' : 'admin');
  }

  /** Whom staff acts as, by Waldur. Throws as {@link find}. */
  async findImpersonated(uuid: string, caller: Caller, presented: PresentedToken): Promise<Caller | undefined> {
    const { gateway } = this.beside;
    const user = gateway && (await this.ask(gateway, presented, uuid));
    if (!user?.isActive || user.uuid !== uuid) return undefined;
    return { ...callerOf(user, caller.tokenScope), impersonator: { uuid: caller.uuid, username: caller.username } };
  }

  private async ask(
    gateway: WaldurGateway,
    { token, hash, address }: PresentedToken,
    impersonated?: string,
  ): Promise<WaldurUser | undefined> {
    const key = impersonated ? `${hash} ${impersonated}` : hash;
    const kept = this.answers.get(key);
    const now = this.clock.now().getTime();
    if (kept && Math.abs(now - kept.at) < FRESH_MS) return kept.user;
    const place = placeOf(address);
    if (!kept?.user) this.countUnknown(place, now);
    try {
      const asking = this.asking.get(key) ?? this.askOnce(gateway, key, token, impersonated);
      const { user } = await asking;
      const unknowns = this.unknowns.get(place);
      if (user && !kept?.user && unknowns) unknowns.count -= 1;
      return user;
    } catch (error) {
      if (!(error instanceof WaldurError)) throw error;
      if (kept && Math.abs(now - kept.at) < LONGEST_MS) return kept.user;
      if (error instanceof WaldurUnavailableError) throw error;
      throw new WaldurUnavailableError(`Waldur does not say whose token this is. ${error.message}`);
    }
  }

  private askOnce(gateway: WaldurGateway, key: string, token: string, impersonated?: string): Promise<Answer> {
    // Whoever asked first may go away: the others still want to know.
    const signal = new AbortController().signal;
    const asking = gateway
      .whoIs(token, impersonated, { signal, lane: 'tokens' })
      .then((user) => {
        const answer = { user, at: this.clock.now().getTime() };
        this.answers.delete(key);
        this.answers.set(key, answer);
        return answer;
      })
      .finally(() => this.asking.delete(key));
    this.asking.set(key, asking);
    return asking;
  }

  /** Until its user is known, a token counts as nobody's. Throws {@link TooManyUnknownTokensError}. */
  private countUnknown(place: string, now: number): void {
    const unknowns = this.unknowns.get(place);
    if (!unknowns || now - unknowns.since >= MINUTE_MS) {
      this.unknowns.delete(place);
      this.unknowns.set(place, { since: now, count: 1 });
    } else if (unknowns.count >= MOST_UNKNOWN) throw new TooManyUnknownTokensError();
    else unknowns.count += 1;
  }
}

function callerOf(user: WaldurUser, tokenScope: Caller['tokenScope']): Caller {
  const { uuid, username, isStaff, isSupport, isActive, ...profile } = user;
  const lifetime = { tokenLifetime: null, tokenExpiresAt: null };
  return { uuid, username, isStaff, isSupport, isActive, tokenScope, ...lifetime, profile };
}
