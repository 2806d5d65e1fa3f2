import { Logger } from '@nestjs/common';
import { ArrowEmulator } from '../../emulator/arrow-emulator.js';
import { manyCustomers, manyLicenses } from '../../emulator/large-data.js';
import type { ArrowAccount } from '../../src/arrow-gateway/arrow-gateway.js';
import {
  ArrowCallCancelledError,
  ArrowQueueFullError,
  ArrowTimedOutError,
  ArrowUnavailableError,
} from '../../src/arrow-gateway/arrow-gateway.errors.js';
import type { ArrowGatewayOptions } from '../../src/arrow-gateway/arrow-gateway.options.js';
import type { GatewayParts } from '../../src/arrow-gateway/assemble-gateway.js';
import { until } from '../support/until.js';
import { accountOf, gatewayUnderTest, type GatewayUnderTest } from './support/gateway.js';

describe('Traffic to one account', () => {
  let emulator: ArrowEmulator;
  let account: ArrowAccount;
  let under: GatewayUnderTest;

  const begin = (options: Partial<ArrowGatewayOptions> = {}, parts: Partial<GatewayParts> = {}): GatewayUnderTest => {
    under?.close();
    under = gatewayUnderTest(options, parts);
    return under;
  };
  const state = () => under.metrics.snapshot().accounts[0];
  const paths = (): string[] => emulator.requests.map(({ path }) => path);

  beforeAll(async () => {
    Logger.overrideLogger(false);
    const customers = manyCustomers(1_000);
    emulator = await ArrowEmulator.start({ data: { customers, licenses: manyLicenses(300, customers.slice(0, 2)) } });
    account = accountOf(emulator);
  });

  beforeEach(async () => {
    await until(() => emulator.inFlight === 0);
    emulator.faults.clear();
    emulator.latencyMs = 0;
    emulator.resetCounters();
    begin();
  });

  afterAll(async () => {
    under.close();
    await emulator.stop();
  });

  describe('its concurrency', () => {
    it('is never more than allowed, whoever asks for what', async () => {
      begin({ maxConcurrency: 3 });
      const release = emulator.hold();
      const calls = Promise.all([
        under.gateway.listCustomers(account, { lane: 'anna' }),
        under.gateway.listLicenses(account, 'XSP3000001', { lane: 'bert' }),
        ...Array.from({ length: 20 }, (_, n) => under.gateway.getLicense(account, `XSP800000${(n % 9) + 1}`)),
      ]);
      await until(() => emulator.inFlight === 3);
      release();
      await calls;
      expect(emulator.maxInFlight).toBe(3);
    });

    it('is used for the pages of one list, once their number is known', async () => {
      begin({ maxConcurrency: 4 });
      const release = emulator.hold(({ query }) => query.page !== '1');
      const calls = under.gateway.listCustomers(account);
      await until(() => emulator.inFlight === 4);
      release();
      expect((await calls).data).toHaveLength(1_000);
      expect(emulator.maxInFlight).toBe(4);
    });

    it('is shared by both spellings of the base URL, and not with another key', async () => {
      begin({ maxConcurrency: 1 });
      emulator.faults.add({ action: { kind: 'hang' } });
      const stop = new AbortController();
      const calls = [
        account,
        { ...account, apiUrl: account.apiUrl.replace(/\/$/, '') },
        { ...account, apiKey: 'other' },
      ].map((one) => under.gateway.whoAmI(one, { signal: stop.signal }).catch((error: unknown) => error));
      await until(() => emulator.inFlight === 2);
      expect(under.metrics.snapshot().accounts.map(({ running, waiting }) => [running, waiting])).toEqual([
        [1, 1],
        [1, 0],
      ]);
      stop.abort();
      await Promise.all(calls);
    });
  });

  describe('its lanes', () => {
    it('are served in turn: a bulk job does not starve a page view', async () => {
      begin({ maxConcurrency: 1 });
      const order: string[] = [];
      const ask = (lane: string, name: string): Promise<unknown> =>
        under.gateway.getLicense(account, 'XSP8000001', { lane }).then(() => order.push(name));
      const job = Array.from({ length: 30 }, (_, n) => ask('job', `job ${n}`));
      const page = ask('anna', 'anna');
      await Promise.all([...job, page]);
      expect(order.indexOf('anna')).toBeLessThanOrEqual(2);
    });

    it('are those of the request being served when nobody says', async () => {
      let lane = 'job';
      begin({ maxConcurrency: 1 }, { caller: () => ({ lane }) });
      const order: string[] = [];
      const job = Array.from({ length: 10 }, (_, n) =>
        under.gateway.whoAmI(account).then(() => order.push(`job ${n}`)),
      );
      lane = 'anna';
      await Promise.all([...job, under.gateway.whoAmI(account).then(() => order.push('anna'))]);
      expect(order.indexOf('anna')).toBeLessThanOrEqual(2);
    });

    it('refuse a call when too many are waiting', async () => {
      begin({ maxConcurrency: 1, maxQueue: 5 });
      emulator.faults.add({ action: { kind: 'hang' }, count: 1 });
      const stop = new AbortController();
      const calls = Array.from({ length: 6 }, () => under.gateway.whoAmI(account, { signal: stop.signal }));
      await until(() => emulator.inFlight === 1);
      await expect(under.gateway.whoAmI(account)).rejects.toThrow(ArrowQueueFullError);
      expect(state()).toMatchObject({ running: 1, waiting: 5 });
      stop.abort();
      for (const call of calls) await expect(call).rejects.toThrow(ArrowCallCancelledError);
      expect(state()).toMatchObject({ running: 0, waiting: 0 });
    });

    it('do not make a call wait longer than its time', async () => {
      begin({ maxConcurrency: 1, maxRetries: 0 });
      emulator.faults.add({ path: 'consumption', action: { kind: 'hang' } });
      const slow = under.gateway
        .getMonthlyConsumption(account, 'XSP8000001', '2026-05', '2026-05')
        .catch((error: unknown) => error);
      await until(() => emulator.inFlight === 1);
      const waiting = expect(under.gateway.whoAmI(account)).rejects.toThrow(
        'ArrowSphere did not say whose API key this is within 30 s.',
      );
      under.timer.advance(30_000);
      await waiting;
      expect(await slow).toBeInstanceOf(ArrowTimedOutError);
      // The one that waited in vain says nothing of ArrowSphere's health, the other does.
      expect(paths()).toHaveLength(1);
    });
  });

  describe('a 429', () => {
    it('slows the whole account: no call starts during the pause, and fewer run at once after it', async () => {
      begin({ maxConcurrency: 8 });
      emulator.faults.add({ path: '^whoami$', action: { kind: 'status', status: 429, retryAfter: 5 }, count: 1 });
      const limited = under.gateway.whoAmI(account);
      await until(() => state()?.pausedUntil !== null);
      const other = under.gateway.getLicense(account, 'XSP8000001');
      await until(() => state()?.waiting === 2);
      under.timer.advance(4_999);
      expect(paths()).toEqual(['whoami']);
      expect(state()).toMatchObject({ running: 0, waiting: 2, concurrency: 4 });
      under.timer.advance(1);
      await Promise.all([limited, other]);
      expect(paths().sort()).toEqual(['licenses/XSP8000001', 'whoami', 'whoami']);
    });

    it('with a long pause fails all calls at once that could not wait so long, saying when to try again', async () => {
      emulator.faults.add({ path: '^whoami$', action: { kind: 'status', status: 429, retryAfter: 120 } });
      await expect(under.gateway.whoAmI(account)).rejects.toThrow(
        /slow down: next try at \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC/,
      );
      await expect(under.gateway.getLicense(account, 'XSP8000001')).rejects.toThrow(ArrowUnavailableError);
      expect(paths()).toEqual(['whoami']);
      under.timer.advance(120_000);
      await under.gateway.getLicense(account, 'XSP8000001');
    });

    it('does not open the circuit breaker', async () => {
      begin({ breakerThreshold: 2 });
      emulator.faults.add({ action: { kind: 'status', status: 429, retryAfter: 0 }, count: 3 });
      const asking = under.gateway.whoAmI(account);
      void asking.catch(() => undefined);
      for (let answered = 1; answered <= 3; answered += 1) {
        await until(() => emulator.requests.length === answered && state()?.running === 0);
        under.timer.advance(10);
      }
      await asking;
      expect(state()?.breaker).toBe('closed');
    });
  });

  describe('its circuit breaker', () => {
    it('opens after repeated failures, fails calls at once, then lets one probe through', async () => {
      begin({ breakerThreshold: 4, breakerOpenMs: 30_000, maxRetries: 1 });
      const rule = emulator.faults.add({ action: { kind: 'status', status: 503, html: true } });
      for (let n = 0; n < 2; n += 1) await expect(under.gateway.whoAmI(account)).rejects.toThrow('status 503');
      expect(state()?.breaker).toBe('open');
      await expect(under.gateway.getLicense(account, 'XSP8000001')).rejects.toThrow(
        /^ArrowSphere is unavailable, next try at .+ UTC\.$/,
      );
      expect(paths()).toHaveLength(4);

      under.timer.advance(30_000);
      await expect(under.gateway.whoAmI(account)).rejects.toThrow('is unavailable, next try');
      expect(paths()).toHaveLength(5);

      under.timer.advance(30_000);
      emulator.faults.remove(rule);
      const release = emulator.hold();
      const probe = under.gateway.whoAmI(account);
      await until(() => emulator.inFlight === 1);
      await expect(under.gateway.whoAmI(account)).rejects.toThrow(ArrowUnavailableError);
      release();
      await probe;
      await under.gateway.whoAmI(account);
      expect(paths()).toHaveLength(7);
      expect(state()).toMatchObject({ breaker: 'closed', nextTryAt: null });
    });

    it('opens on hangs and on refused connections, not on what ArrowSphere says of one request', async () => {
      begin({ breakerThreshold: 3, maxRetries: 0 });
      for (const code of [400, 401, 403, 404, 500]) {
        emulator.faults.clear();
        emulator.faults.add({ action: { kind: 'status', status: code } });
        for (let n = 0; n < 3; n += 1) await expect(under.gateway.whoAmI(account)).rejects.toThrow();
        expect(state()?.breaker).toBe('closed');
      }
      emulator.faults.clear();
      emulator.faults.add({ action: { kind: 'reset-before-headers' } });
      for (let n = 0; n < 3; n += 1) await expect(under.gateway.whoAmI(account)).rejects.toThrow('cannot be reached');
      expect(state()?.breaker).toBe('open');
    });

    it('is one per account', async () => {
      begin({ breakerThreshold: 1, maxRetries: 0 });
      emulator.faults.add({ action: { kind: 'status', status: 503 }, count: 1 });
      await expect(under.gateway.whoAmI(account)).rejects.toThrow('status 503');
      await expect(under.gateway.whoAmI({ ...account, apiKey: 'other' })).rejects.toThrow('rejected the API key');
    });
  });

  describe('a caller who goes away', () => {
    const abortWhile = async (
      start: (signal: AbortSignal) => Promise<unknown>,
      ready: () => boolean,
    ): Promise<unknown> => {
      const stop = new AbortController();
      const running = start(stop.signal).catch((error: unknown) => error);
      await until(ready);
      stop.abort();
      return running;
    };

    it('takes the call along that ArrowSphere is answering', async () => {
      emulator.faults.add({ action: { kind: 'hang' } });
      const error = await abortWhile(
        (signal) => under.gateway.whoAmI(account, { signal }),
        () => emulator.inFlight === 1,
      );
      expect(error).toBeInstanceOf(ArrowCallCancelledError);
      await until(() => emulator.inFlight === 0);
      expect(emulator.requests[0]).toMatchObject({ aborted: true });
      expect(under.timer.pending).toBe(0);
    });

    it('takes all pages of a list along', async () => {
      emulator.faults.add({ path: '^customers$', after: 1, action: { kind: 'hang' } });
      const error = await abortWhile(
        (signal) => under.gateway.listCustomers(account, { signal }),
        () => emulator.inFlight === 8,
      );
      expect(error).toBeInstanceOf(ArrowCallCancelledError);
      await until(() => emulator.inFlight === 0);
      expect(state()).toMatchObject({ running: 0, waiting: 0 });
    });

    it('is the request being served when nobody says', async () => {
      const request = new AbortController();
      begin({}, { caller: () => ({ signal: request.signal }) });
      emulator.faults.add({ action: { kind: 'hang' } });
      const calls = [
        under.gateway.whoAmI(account),
        under.gateway.listCustomers(account),
        under.gateway.findLicenses(account, ['XSP8000001']),
      ];
      await until(() => emulator.inFlight === 3);
      request.abort();
      for (const call of calls) await expect(call).rejects.toThrow(ArrowCallCancelledError);
      await until(() => emulator.inFlight === 0);
    });

    it('leaves a list to the others who wait for it', async () => {
      emulator.latencyMs = 10;
      const stop = new AbortController();
      const [gone, staying] = [
        under.gateway.listCustomers(account, { signal: stop.signal }),
        under.gateway.listCustomers(account),
      ];
      stop.abort();
      await expect(gone).rejects.toThrow(ArrowCallCancelledError);
      expect((await staying).data).toHaveLength(1_000);
      expect(paths()).toHaveLength(11);
    });

    it('asks nothing when gone before', async () => {
      const signal = AbortSignal.abort();
      for (const call of [
        under.gateway.whoAmI(account, { signal }),
        under.gateway.listCustomers(account, { signal }),
      ]) {
        await expect(call).rejects.toThrow(ArrowCallCancelledError);
      }
      expect(paths()).toEqual([]);
    });
  });

  describe('a list asked for again', () => {
    it('by ten at once is walked once', async () => {
      emulator.latencyMs = 5;
      const lists = await Promise.all(Array.from({ length: 10 }, () => under.gateway.listCustomers(account)));
      expect(paths()).toHaveLength(11);
      expect(new Set(lists.map(({ fetchedAt }) => fetchedAt.getTime())).size).toBe(1);
      expect(under.metrics.snapshot().cache).toMatchObject({ misses: 1, shared: 9 });
    });

    it('is at hand for a while, with its age, and belongs to whoever asked', async () => {
      const first = await under.gateway.listLicenses(account, 'XSP3000001');
      first.data.length = 0;
      under.timer.advance(59_000);
      const second = await under.gateway.listLicenses(account, 'XSP3000001');
      expect(second.fetchedAt).toEqual(first.fetchedAt);
      expect(second.data).toHaveLength(150);
      expect(paths()).toHaveLength(2);
      under.timer.advance(1_000);
      const third = await under.gateway.listLicenses(account, 'XSP3000001');
      expect(third.fetchedAt.getTime()).toBe(first.fetchedAt.getTime() + 60_000);
      expect(paths()).toHaveLength(4);
    });

    it('is asked anew on refresh and after being forgotten, of this account only', async () => {
      await under.gateway.listLicenses(account, 'XSP3000001');
      await under.gateway.listLicenses(account, 'XSP3000002');
      await under.gateway.listLicenses(account, 'XSP3000001', { refresh: true });
      expect(paths()).toHaveLength(6);
      under.gateway.forget({ ...account, apiKey: 'other' });
      under.gateway.forget({ ...account, apiUrl: 'nowhere' });
      await under.gateway.listLicenses(account, 'XSP3000002');
      expect(paths()).toHaveLength(6);
      under.gateway.forget(account);
      await under.gateway.listLicenses(account, 'XSP3000002');
      expect(paths()).toHaveLength(8);
    });
  });

  it('has an end for lists too, however many pages are slow', async () => {
    emulator.faults.add({ path: '^customers$', action: { kind: 'hang' }, after: 1 });
    begin({ maxRetries: 10, walkTimeoutMs: 25_000 });
    const listing = expect(under.gateway.listCustomers(account)).rejects.toThrow(
      'ArrowSphere did not list the customers within 25 s.',
    );
    await until(() => emulator.inFlight === 8);
    under.timer.advance(25_000);
    await listing;
  });
});
