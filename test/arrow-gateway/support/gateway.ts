import { HttpService } from '@nestjs/axios';
import axios from 'axios';
import type { MetricValueWithName } from 'prom-client';
import type { ArrowEmulator } from '../../../emulator/arrow-emulator.js';
import type { ArrowAccount } from '../../../src/arrow-gateway/arrow-gateway.js';
import { arrowGatewayOptions, type ArrowGatewayOptions } from '../../../src/arrow-gateway/arrow-gateway.options.js';
import {
  type AssembledGateway,
  assembleGateway,
  type GatewayParts,
} from '../../../src/arrow-gateway/assemble-gateway.js';
import { SystemClock } from '../../../src/common/clock.js';
import { MetricsRegistry } from '../../../src/common/metrics-registry.js';
import { ManualTimer } from './manual-timer.js';

export interface GatewayUnderTest extends AssembledGateway {
  readonly timer: ManualTimer;
  readonly registry: MetricsRegistry;
}

/** A gateway on real sockets whose time stands still until the test moves it; back-off passes by itself. */
export function gatewayUnderTest(
  options: Partial<ArrowGatewayOptions> = {},
  parts: Partial<GatewayParts> = {},
): GatewayUnderTest {
  const timer = new ManualTimer();
  const registry = new MetricsRegistry(new SystemClock());
  const http = new HttpService(axios.create());
  const complete = arrowGatewayOptions({ allowPrivateHosts: true, ...options });
  return { ...assembleGateway({ http, options: complete, timer, registry, ...parts }), timer, registry };
}

export function accountOf(emulator: ArrowEmulator): ArrowAccount {
  return { apiUrl: emulator.url, apiKey: emulator.apiKey };
}

/** What was counted of an endpoint's calls. */
export interface CallCounts {
  readonly calls: number;
  readonly attempts: number;
  readonly retries: number;
  /** By code of the error. */
  readonly failures: Readonly<Record<string, number>>;
}

/** What the metrics have counted of this endpoint, or of all of them. */
export async function countsOf(registry: MetricsRegistry, endpoint?: string): Promise<CallCounts> {
  const valuesOf = async (name: string) => {
    const { values } = await registry.getSingleMetric(`waldur_arrow_gateway_${name}`)!.get();
    return (values as MetricValueWithName<string>[]).filter(
      ({ labels }) => endpoint === undefined || labels.endpoint === endpoint,
    );
  };
  const sum = (values: readonly { readonly value: number }[]) => values.reduce((total, { value }) => total + value, 0);
  const ended = (await valuesOf('call_duration_seconds')).filter(({ metricName }) => metricName?.endsWith('_count'));
  return {
    calls: sum(ended),
    attempts: sum(await valuesOf('attempts_total')),
    retries: sum(await valuesOf('retries_total')),
    failures: Object.fromEntries(
      ended.filter(({ labels }) => labels.outcome !== 'ok').map(({ labels, value }) => [labels.outcome, value]),
    ),
  };
}
