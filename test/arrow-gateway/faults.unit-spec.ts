import { Logger } from '@nestjs/common';
import type { ArrowEmulator } from '../../emulator/arrow-emulator.js';
import {
  type Fault,
  FAULTS,
  LISTS,
  type Operation,
  OPERATIONS,
  PAGING_FAULTS,
  runAgainst,
  startWorld,
} from './support/fault-table.js';

describe('Every operation meets every fault', () => {
  let emulator: ArrowEmulator;

  beforeAll(async () => {
    Logger.overrideLogger(false);
    emulator = await startWorld();
  });

  afterAll(() => emulator.stop());

  it.each(OPERATIONS)('$name takes $requests requests when nothing is wrong', async (operation) => {
    await expect(runAgainst(undefined, operation, emulator)).resolves.toEqual({
      error: undefined,
      requests: operation.requests,
      seconds: 0,
    });
  });

  const meets = async (fault: Fault, operation: Operation): Promise<void> => {
    const run = await runAgainst(fault, operation, emulator);
    const { code, requests, seconds: [atLeast, atMost] = [0, 30], says } = fault.expect(operation);
    expect({ code: run.error?.code, requests: run.requests }).toEqual({ code, requests });
    expect(run.seconds).toBeGreaterThanOrEqual(atLeast);
    expect(run.seconds).toBeLessThanOrEqual(atMost);
    if (says) expect(run.error?.message).toMatch(says);
    // Nothing of the key and nothing of a page of HTML gets into a sentence.
    expect(run.error?.message ?? '').not.toContain(emulator.apiKey);
    expect(run.error?.message ?? '').not.toContain('<');
  };

  describe.each(FAULTS)('$name', (fault) => {
    it.each(OPERATIONS)('$name', (operation) => meets(fault, operation));
  });

  describe.each(PAGING_FAULTS)('$name', (fault) => {
    it.each(LISTS)('$name', (operation) => meets(fault, operation));
  });
});
