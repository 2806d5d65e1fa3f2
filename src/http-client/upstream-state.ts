import type { AccountGate } from './account-gate.js';
import type { CircuitBreaker } from './circuit-breaker.js';

/** What is remembered of whom we are there: nothing that would tell the key. */
export interface UpstreamState {
  /** Short and one-way: tells accounts apart in logs and metrics. */
  readonly id: string;
  readonly host: string;
  /** Base URL without its last slash. */
  readonly baseUrl: string;
  readonly gate: AccountGate;
  readonly breaker: CircuitBreaker;
  /** When what was asked for was last given (UTC); not known of the time before the process started. */
  lastSuccessAt?: Date;
  /** How far their clock was ahead of ours when they answered last; of the way there too, and in whole seconds. */
  clockSkewMs?: number;
}
