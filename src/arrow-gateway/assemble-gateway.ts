import type { HttpService } from '@nestjs/axios';
import { SystemClock } from '../common/clock.js';
import { MetricsRegistry } from '../common/metrics-registry.js';
import { ArrowAccounts } from './arrow-accounts.js';
import { ArrowClient, type CurrentCaller } from './arrow-client.js';
import { ArrowError } from './arrow-gateway.errors.js';
import { ARROWSPHERE } from './arrowsphere.js';
import { ArrowGatewayMetrics } from './arrow-gateway.metrics.js';
import type { ArrowGatewayOptions } from './arrow-gateway.options.js';
import { ArrowHttpGateway } from './arrow-http-gateway.js';
import { HttpTransport } from '../http-client/http-transport.js';
import { UpstreamClient } from '../http-client/upstream-client.js';
import { CallRecorder } from '../http-client/call-recorder.js';
import { FreshCache } from './fresh-cache.js';
import type { GatewayTimer } from '../http-client/gateway-timer.js';
import type { ResolveAll } from '../http-client/guarded-agents.js';

export interface GatewayParts {
  readonly http: HttpService;
  readonly options: ArrowGatewayOptions;
  readonly timer: GatewayTimer;
  /** Where its metrics are; one of its own by default. */
  readonly registry?: MetricsRegistry;
  /** Who is asking when a call does not say. */
  readonly caller?: CurrentCaller;
  /** Names to addresses; the system's resolver unless a test brings its own. */
  readonly resolve?: ResolveAll;
}

export interface AssembledGateway {
  readonly gateway: ArrowHttpGateway;
  readonly metrics: ArrowGatewayMetrics;
  /** Closes the connections that are kept alive. */
  readonly close: () => void;
}

/** The gateway from its parts: the module's one place of wiring, and the way to have one without Nest. */
export function assembleGateway({
  http,
  options,
  timer,
  registry = new MetricsRegistry(new SystemClock()),
  caller,
  resolve,
}: GatewayParts): AssembledGateway {
  const transport = new HttpTransport(http, options, timer, resolve);
  const accounts = new ArrowAccounts(options, timer);
  const recorder = new CallRecorder(timer, registry, {
    service: 'ArrowSphere',
    logger: 'ArrowGateway',
    event: 'arrow_call',
    metrics: 'waldur_arrow_gateway',
    span: 'arrow',
    about: (error) => (error instanceof ArrowError ? idsIn(error) : {}),
  });
  const cache = new FreshCache(options.cacheMs, timer);
  const calls = new UpstreamClient(ARROWSPHERE, transport, options, timer, recorder, caller);
  const client = new ArrowClient(calls, accounts);
  return {
    gateway: new ArrowHttpGateway(client, accounts, cache, options, timer, caller),
    metrics: new ArrowGatewayMetrics(registry, accounts, cache),
    close: () => transport.close(),
  };
}

function idsIn({ details: { errorCode, correlationId } }: ArrowError): Record<string, string> {
  return { ...(errorCode && { errorCode }), ...(correlationId && { correlationId }) };
}
