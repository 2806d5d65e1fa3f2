import { HttpModule, HttpService } from '@nestjs/axios';
import { Inject, Injectable, Module, type OnApplicationShutdown } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { MetricsRegistry } from '../common/metrics-registry.js';
import { Requests } from '../common/requests.js';
import { Env } from '../config/env.js';
import { SystemTimer } from '../http-client/gateway-timer.js';
import { type AssembledWaldurGateway, assembleWaldurGateway } from './assemble-waldur-gateway.js';
import type { WaldurGateway } from './waldur-gateway.js';
import { waldurGatewayOptions } from './waldur-gateway.options.js';

const ASSEMBLED = Symbol('assembled waldur gateway');

/** The Waldur beside us, if `WALDUR_URL` names one. */
@Injectable()
export class BesideWaldur {
  constructor(readonly gateway: WaldurGateway | undefined) {}
}

/** The way to Waldur for all other modules: they inject {@link BesideWaldur}. Without `WALDUR_URL` nothing is called. */
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
      ): AssembledWaldurGateway | undefined =>
        env.WALDUR_URL && env.WALDUR_TOKEN
          ? assembleWaldurGateway({
              http,
              registry,
              options: waldurGatewayOptions({
                url: env.WALDUR_URL,
                token: env.WALDUR_TOKEN,
                timeoutMs: env.WALDUR_TIMEOUT_MS,
                maxConcurrency: env.WALDUR_MAX_CONCURRENCY,
                maxRetries: env.WALDUR_MAX_RETRIES,
              }),
              timer: new SystemTimer(() => clock.now().getTime()),
              caller: () => ({ signal: requests.current?.signal, lane: requests.current?.caller }),
            })
          : undefined,
    },
    {
      provide: BesideWaldur,
      inject: [{ token: ASSEMBLED, optional: true }],
      useFactory: (assembled?: AssembledWaldurGateway) => new BesideWaldur(assembled?.gateway),
    },
  ],
  exports: [BesideWaldur],
})
export class WaldurGatewayModule implements OnApplicationShutdown {
  constructor(@Inject(ASSEMBLED) private readonly assembled: AssembledWaldurGateway | undefined) {}

  onApplicationShutdown(): void {
    this.assembled?.close();
  }
}
