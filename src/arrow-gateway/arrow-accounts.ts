import { createHash } from 'node:crypto';
import { parseUrl } from '../common/parse-url.js';
import { AccountGate } from '../http-client/account-gate.js';
import { apiUrlFault, normalizedApiUrl } from './api-url.js';
import type { ArrowAccount } from './arrow-gateway.js';
import { ArrowAddressNotAllowedError, ArrowCredentialsRejectedError } from './arrow-gateway.errors.js';
import type { ArrowGatewayOptions } from './arrow-gateway.options.js';
import { CircuitBreaker } from '../http-client/circuit-breaker.js';
import type { GatewayTimer } from '../http-client/gateway-timer.js';

const KEPT = 500;

/** What the gateway remembers of one account: nothing that would tell its key. */
export interface AccountState {
  /** Short and one-way: tells accounts apart in logs and metrics. */
  readonly id: string;
  readonly host: string;
  /** Base URL without its last slash. */
  readonly baseUrl: string;
  readonly gate: AccountGate;
  readonly breaker: CircuitBreaker;
  /** When ArrowSphere last gave what was asked for (UTC); not known of the time before the process started. */
  lastSuccessAt?: Date;
  /** How far ArrowSphere's clock was ahead of ours when it answered last; of the way there too, and in whole seconds. */
  clockSkewMs?: number;
}

/** The accounts called lately: one gate and one breaker each, whoever asks. */
export class ArrowAccounts {
  private readonly states = new Map<string, AccountState>();

  constructor(
    private readonly options: ArrowGatewayOptions,
    private readonly timer: GatewayTimer,
  ) {}

  /** Throws `ArrowAddressNotAllowedError`, or `ArrowCredentialsRejectedError` for text that cannot be a key at all. */
  get(account: ArrowAccount): AccountState {
    const fault = apiUrlFault(account.apiUrl, this.options.allowPrivateHosts);
    if (fault) throw new ArrowAddressNotAllowedError(fault);
    if (!/^[\x21-\x7e]{1,4096}$/.test(account.apiKey)) throw new ArrowCredentialsRejectedError();
    const baseUrl = normalizedApiUrl(account.apiUrl);
    const id = hashOf(baseUrl, account.apiKey);
    return this.states.get(id) ?? this.add(id, baseUrl);
  }

  /** The id of an account, called lately or not; `undefined` where it cannot have been. Never throws. */
  idOf({ apiUrl, apiKey }: ArrowAccount): string | undefined {
    return parseUrl(apiUrl) ? hashOf(normalizedApiUrl(apiUrl), apiKey) : undefined;
  }

  all(): IterableIterator<AccountState> {
    return this.states.values();
  }

  private add(id: string, baseUrl: string): AccountState {
    this.dropIdle();
    const state: AccountState = {
      id,
      host: new URL(baseUrl).host,
      baseUrl,
      gate: new AccountGate(this.options, this.timer),
      breaker: new CircuitBreaker(this.options.breakerThreshold, this.options.breakerOpenMs, this.timer),
    };
    this.states.set(id, state);
    return state;
  }

  /** Keys that were only tried once must not pile up. */
  private dropIdle(): void {
    if (this.states.size < KEPT) return;
    for (const [id, { gate, breaker }] of this.states) {
      const idle = gate.running === 0 && gate.waiting === 0 && !gate.pausedUntil && breaker.state === 'closed';
      if (idle) this.states.delete(id);
      if (this.states.size < KEPT / 2) return;
    }
  }
}

function hashOf(baseUrl: string, apiKey: string): string {
  return createHash('sha256').update(`${baseUrl}\n${apiKey}`).digest('hex').slice(0, 16);
}
