import { HttpModule, HttpService } from '@nestjs/axios';
import { Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { MetricsRegistry } from '../common/metrics-registry.js';
import { Requests } from '../common/requests.js';
import { Env } from '../config/env.js';
import { ArrowGateway } from './arrow-gateway.js';
import { ArrowGatewayMetrics } from './arrow-gateway.metrics.js';
import { type ArrowGatewayOptions, arrowGatewayOptions } from './arrow-gateway.options.js';
import { type AssembledGateway, assembleGateway } from './assemble-gateway.js';
import { SystemTimer } from '../http-client/gateway-timer.js';

const ASSEMBLED = Symbol('assembled gateway');

/**
 * The way to ArrowSphere for all other modules: they inject `ArrowGateway`, and `ArrowGatewayMetrics` to see how it is.
 * One instance per application, as it keeps what belongs to an account: its queue, its circuit breaker, its cached lists.
 */
@Module({
  imports: [HttpModule],
  providers: [
    {
      provide: ASSEMBLED,
      inject: [HttpService, Env, Clock, MetricsRegistry, Requests],
      useFactory: (
        http: HttpService,
        env: Env,
        clock: Clock,
        registry: MetricsRegistry,
        requests: Requests,
      ): AssembledGateway =>
        assembleGateway({
          http,
          registry,
          options: optionsFrom(env),
          timer: new SystemTimer(() => clock.now().getTime()),
          caller: () => ({ signal: requests.current?.signal, lane: requests.current?.caller }),
        }),
    },
    { provide: ArrowGateway, inject: [ASSEMBLED], useFactory: ({ gateway }: AssembledGateway) => gateway },
    { provide: ArrowGatewayMetrics, inject: [ASSEMBLED], useFactory: ({ metrics }: AssembledGateway) => metrics },
  ],
  exports: [ArrowGateway, ArrowGatewayMetrics],
})
export class ArrowGatewayModule implements OnApplicationShutdown {
  constructor(@Inject(ASSEMBLED) private readonly assembled: AssembledGateway) {}

  onApplicationShutdown(): void {
    this.assembled.close();
  }
}

function optionsFrom(env: Env): ArrowGatewayOptions {
  return arrowGatewayOptions({
    timeoutMs: env.ARROW_TIMEOUT_MS,
    maxConcurrency: env.ARROW_MAX_CONCURRENCY,
    maxRetries: env.ARROW_MAX_RETRIES,
    maxQueue: env.ARROW_MAX_QUEUE,
    cacheMs: env.ARROW_CACHE_SECONDS * 1000,
    allowPrivateHosts: env.ARROW_ALLOW_PRIVATE_HOSTS,
    proxy: env.HTTPS_PROXY ? { url: env.HTTPS_PROXY, except: env.NO_PROXY, hosts: env.ARROW_PROXY_HOSTS } : undefined,
  });
}
