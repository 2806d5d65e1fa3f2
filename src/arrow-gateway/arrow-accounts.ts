import { createHash } from 'node:crypto';
import { parseUrl } from '../common/parse-url.js';
import { AccountGate } from '../http-client/account-gate.js';
import { apiUrlFault, normalizedApiUrl } from './api-url.js';
import type { ArrowAccount } from './arrow-gateway.js';
import { ArrowAddressNotAllowedError, ArrowCredentialsRejectedError } from './arrow-gateway.errors.js';
import { ARROWSPHERE } from './arrowsphere.js';
import type { ArrowGatewayOptions } from './arrow-gateway.options.js';
import { CircuitBreaker } from '../http-client/circuit-breaker.js';
import type { GatewayTimer } from '../http-client/gateway-timer.js';
import type { UpstreamState } from '../http-client/upstream-state.js';

const KEPT = 500;

/** The accounts called lately: one gate and one breaker each, whoever asks. */
export class ArrowAccounts {
  private readonly states = new Map<string, UpstreamState>();

  constructor(
    private readonly options: ArrowGatewayOptions,
    private readonly timer: GatewayTimer,
  ) {}

  /** Throws `ArrowAddressNotAllowedError`, or `ArrowCredentialsRejectedError` for text that cannot be a key at all. */
  get(account: ArrowAccount): UpstreamState {
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

  all(): IterableIterator<UpstreamState> {
    return this.states.values();
  }

  private add(id: string, baseUrl: string): UpstreamState {
    this.dropIdle();
    const state: UpstreamState = {
      id,
      host: new URL(baseUrl).host,
      baseUrl,
      gate: new AccountGate(this.options, this.timer, ARROWSPHERE),
      breaker: new CircuitBreaker(this.options.breakerThreshold, this.options.breakerOpenMs, this.timer, ARROWSPHERE),
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
