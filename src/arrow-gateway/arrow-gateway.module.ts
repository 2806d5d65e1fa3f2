import { HttpModule, HttpService } from '@nestjs/axios';
import { Module } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { currentRequest } from '../common/request-context.js';
import { Env } from '../config/env.js';
import { ArrowGateway } from './arrow-gateway.js';
import { arrowGatewayOptions } from './arrow-gateway.options.js';
import { assembleGateway } from './assemble-gateway.js';
import { SystemTimer } from './gateway-timer.js';

/** ArrowSphere, as something that either gives a complete answer or says by name why not. */
@Module({
  imports: [HttpModule],
  providers: [
    {
      provide: ArrowGateway,
      inject: [HttpService, Env, Clock],
      useFactory: (http: HttpService, env: Env, clock: Clock) =>
        assembleGateway({
          http,
          options: arrowGatewayOptions({
            timeoutMs: env.ARROW_TIMEOUT_MS,
            maxConcurrency: env.ARROW_MAX_CONCURRENCY,
            maxRetries: env.ARROW_MAX_RETRIES,
            maxQueue: env.ARROW_MAX_QUEUE,
            cacheMs: env.ARROW_CACHE_SECONDS * 1000,
            allowPrivateHosts: env.ARROW_ALLOW_PRIVATE_HOSTS,
          }),
          timer: new SystemTimer(() => clock.now().getTime()),
          caller: () => ({ signal: currentRequest()?.signal, lane: currentRequest()?.caller }),
        }).gateway,
    },
  ],
  exports: [ArrowGateway],
})
export class ArrowGatewayModule {}
