import { HttpService } from '@nestjs/axios';
import axios from 'axios';
import type { ArrowEmulator } from '../../../emulator/arrow-emulator.js';
import type { ArrowAccount } from '../../../src/arrow-gateway/arrow-gateway.js';
import { arrowGatewayOptions, type ArrowGatewayOptions } from '../../../src/arrow-gateway/arrow-gateway.options.js';
import {
  type AssembledGateway,
  assembleGateway,
  type GatewayParts,
} from '../../../src/arrow-gateway/assemble-gateway.js';
import { ManualTimer } from './manual-timer.js';

export interface GatewayUnderTest extends AssembledGateway {
  readonly timer: ManualTimer;
}

/** A gateway on real sockets whose time stands still until the test moves it; back-off passes by itself. */
export function gatewayUnderTest(
  options: Partial<ArrowGatewayOptions> = {},
  parts: Partial<GatewayParts> = {},
): GatewayUnderTest {
  const timer = new ManualTimer();
  const http = new HttpService(axios.create());
  const complete = arrowGatewayOptions({ allowPrivateHosts: true, ...options });
  return { ...assembleGateway({ http, options: complete, timer, ...parts }), timer };
}

export function accountOf(emulator: ArrowEmulator): ArrowAccount {
  return { apiUrl: emulator.url, apiKey: emulator.apiKey };
}

/** Waits, on the real event loop, until the condition holds. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(setImmediate);
}
