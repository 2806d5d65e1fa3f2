import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { type LoggerService, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { ArrowEmulator } from '../../emulator/arrow-emulator.js';
import { arrowCustomer } from '../../emulator/data.js';
import { SystemClock } from '../../src/common/clock.js';
import { MetricsRegistry } from '../../src/common/metrics-registry.js';
import { RequestContext, Requests } from '../../src/common/requests.js';
import { ConfigModule } from '../../src/config/config.module.js';
import { readEnv } from '../../src/config/env.js';
import { ArrowGateway } from '../../src/arrow-gateway/arrow-gateway.js';
import { ArrowCallCancelledError } from '../../src/arrow-gateway/arrow-gateway.errors.js';
import { ArrowGatewayMetrics } from '../../src/arrow-gateway/arrow-gateway.metrics.js';
import { ArrowGatewayModule } from '../../src/arrow-gateway/arrow-gateway.module.js';
import { until } from '../support/until.js';
import { accountOf, countsOf } from './support/gateway.js';

class Feature {
  constructor(
    readonly gateway: ArrowGateway,
    readonly metrics: ArrowGatewayMetrics,
  ) {}
}

@Module({
  imports: [ArrowGatewayModule],
  providers: [
    {
      provide: Feature,
      inject: [ArrowGateway, ArrowGatewayMetrics],
      useFactory: (gateway: ArrowGateway, metrics: ArrowGatewayMetrics) => new Feature(gateway, metrics),
    },
  ],
})
class FeatureModule {}

/** Keeps every line that is logged. */
class KeptLogger implements LoggerService {
  readonly lines: unknown[] = [];
  log = (line: unknown): void => void this.lines.push(line);
  warn = (line: unknown): void => void this.lines.push(line);
  error = (line: unknown): void => void this.lines.push(line);
}

describe('The gateway as a Nest module', () => {
  const logger = new KeptLogger();
  let emulator: ArrowEmulator;
  let close: () => Promise<void>;
  let feature: Feature;
  let requests: Requests;
  let registry: MetricsRegistry;

  beforeAll(async () => {
    emulator = await ArrowEmulator.start({
      data: { customers: [arrowCustomer({ Reference: 'XSP1', EmailContact: 'secret@example.org' })] },
    });
    const env = readEnv({ ARROW_ALLOW_PRIVATE_HOSTS: 'true', ARROW_MAX_RETRIES: '0', ARROW_MAX_CONCURRENCY: '2' });
    const testing = await Test.createTestingModule({
      imports: [ConfigModule.forRoot(env, new SystemClock()), FeatureModule],
    })
      .setLogger(logger)
      .compile();
    await testing.init();
    feature = testing.get(Feature);
    requests = testing.get(Requests);
    registry = testing.get(MetricsRegistry);
    close = () => testing.close();
  });

  beforeEach(() => {
    logger.lines.length = 0;
    emulator.faults.clear();
  });

  afterAll(async () => {
    await close();
    await emulator.stop();
  });

  it('is there for other modules by its abstract class, set up from the environment', async () => {
    await expect(feature.gateway.getCustomer(accountOf(emulator), 'XSP1')).resolves.toMatchObject({
      reference: 'XSP1',
    });
    expect(await countsOf(registry, 'GET customers/{ref}')).toEqual({
      calls: 1,
      attempts: 1,
      retries: 0,
      failures: {},
    });
    expect(feature.metrics.snapshot()).toMatchObject({
      accounts: [{ concurrency: 2, running: 0, waiting: 0, breaker: 'closed' }],
    });
  });

  it('stops its calls when the client of the request goes away', async () => {
    emulator.faults.add({ action: { kind: 'hang' } });
    const answer = new ServerResponse(new IncomingMessage(new Socket()));
    const context = new RequestContext('r1', '', answer);
    const asking = requests.run(context, () => feature.gateway.whoAmI(accountOf(emulator)));
    await until(() => emulator.inFlight === 1);
    answer.emit('close');
    await expect(asking).rejects.toThrow(ArrowCallCancelledError);
    await until(() => emulator.inFlight === 0);
  });

  it('logs one line per call, with nothing in it that is secret or personal', async () => {
    const account = accountOf(emulator);
    await feature.gateway.listCustomers(account);
    emulator.faults.add({
      action: {
        kind: 'status',
        status: 400,
        body: { error: `No ${account.apiKey}`, errorCode: 'E7', correlationId: 'c-7' },
      },
    });
    await expect(feature.gateway.whoAmI(account)).rejects.toThrow('No …');
    expect(logger.lines).toEqual([
      expect.objectContaining({
        event: 'arrow_call',
        endpoint: 'GET customers',
        outcome: 'ok',
        status: 200,
        attempts: 1,
      }),
      expect.objectContaining({
        endpoint: 'GET whoami',
        outcome: 'arrow_refused',
        status: 400,
        errorCode: 'E7',
        correlationId: 'c-7',
      }),
    ]);
    const text = JSON.stringify(logger.lines);
    expect(text).not.toContain(account.apiKey);
    expect(text).not.toContain('secret@example.org');
    expect(text).not.toContain('XSP1');
  });

  it('keeps no key in its figures', async () => {
    expect(JSON.stringify(feature.metrics.snapshot())).not.toContain(emulator.apiKey);
    expect(await registry.metrics()).not.toContain(emulator.apiKey);
  });
});
