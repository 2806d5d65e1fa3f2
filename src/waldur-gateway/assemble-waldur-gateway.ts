import { createHash } from 'node:crypto';
import type { HttpService } from '@nestjs/axios';
import { SystemClock } from '../common/clock.js';
import { MetricsRegistry } from '../common/metrics-registry.js';
import { AccountGate } from '../http-client/account-gate.js';
import { CallRecorder } from '../http-client/call-recorder.js';
import { CircuitBreaker } from '../http-client/circuit-breaker.js';
import type { GatewayTimer } from '../http-client/gateway-timer.js';
import type { ResolveAll } from '../http-client/guarded-agents.js';
import { HttpTransport } from '../http-client/http-transport.js';
import { type CurrentCaller, UpstreamClient } from '../http-client/upstream-client.js';
import type { UpstreamState } from '../http-client/upstream-state.js';
import { WaldurGateway } from './waldur-gateway.js';
import { WALDUR } from './waldur.js';
import type { WaldurGatewayOptions } from './waldur-gateway.options.js';

export interface WaldurGatewayParts {
  readonly http: HttpService;
  readonly options: WaldurGatewayOptions;
  readonly timer: GatewayTimer;
  readonly registry?: MetricsRegistry;
  readonly caller?: CurrentCaller;
  readonly resolve?: ResolveAll;
}

export interface AssembledWaldurGateway {
  readonly gateway: WaldurGateway;
  /** Closes the connections that are kept alive. */
  readonly close: () => void;
}

/** The gateway from its parts: the module's one place of wiring, and the way to have one without Nest. */
export function assembleWaldurGateway(parts: WaldurGatewayParts): AssembledWaldurGateway {
  const { http, options, timer, registry = new MetricsRegistry(new SystemClock()), caller, resolve } = parts;
  const { connectTimeoutMs, maxAnswerBytes } = options;
  const transport = new HttpTransport(
    http,
    { allowPrivateHosts: true, plainToPrivateOnly: true, connectTimeoutMs, maxAnswerBytes },
    timer,
    resolve,
  );
  const recorder = new CallRecorder(timer, registry, {
    service: 'Waldur',
    logger: 'WaldurGateway',
    event: 'waldur_call',
    metrics: 'waldur_arrow_waldur',
    span: 'waldur',
  });
  const client = new UpstreamClient(WALDUR, transport, options, timer, recorder, caller);
  const stateOf = (who: string): UpstreamState => ({
    id: createHash('sha256').update(`${options.url}\n${who}`).digest('hex').slice(0, 16),
    host: new URL(options.url).host,
    baseUrl: options.url,
    gate: new AccountGate(options, timer, WALDUR),
    breaker: new CircuitBreaker(options.breakerThreshold, options.breakerOpenMs, timer, WALDUR),
  });
  return {
    gateway: new WaldurGateway(client, stateOf('us'), stateOf('strangers'), options),
    close: () => transport.close(),
  };
}
