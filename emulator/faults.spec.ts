import { Agent, get } from 'node:http';

import { until } from '../test/support/until.js';
import { ArrowEmulator } from './arrow-emulator.js';
import { arrowCustomer, arrowLicense, exportLine, exportType } from './data.js';
import type { FaultAction, FaultRule } from './faults.js';
import { client } from './spec-client.js';

describe('faults', () => {
  let emulator: ArrowEmulator;
  const type = exportType({ labels: ['Sequence', 'Customer Total Price'] });

  beforeEach(async () => {
    emulator = await ArrowEmulator.start({
      data: {
        customers: Array.from({ length: 5 }, (_, n) => arrowCustomer({ CompanyName: `Firm ${n}` })),
        licenses: Array.from({ length: 5 }, () => arrowLicense()),
        exportTypes: [type],
        exportLines: Array.from({ length: 5 }, (_, n) => exportLine({ sequence: `S${n}` })),
      },
    });
  });
  afterEach(() => emulator.stop());

  const always = (action: FaultAction | FaultAction[], rule: Partial<FaultRule> = {}) =>
    emulator.faults.add({ ...rule, action });
  const customers = (page = 1) => client(emulator).get(`customers?per_page=2&page=${page}`);
  const names = (body: { data: { customers: Array<{ CompanyName: string }> } }) =>
    body.data.customers.map(({ CompanyName }) => CompanyName);
  const sync = (page = 1) =>
    client(emulator).post('billing/erp/exports/sync', { exportTypeReference: type.reference, page, perPage: 2 });
  const find = (page = 1) => client(emulator).post(`licenses/v2/find?per_page=2&page=${page}`, {});

  describe('that replace the answer', () => {
    it('send a status with the usual error body', async () => {
      always({ kind: 'status', status: 500 });
      const { status, body } = await customers();
      expect(status).toBe(500);
      expect(body).toEqual({
        status: 500,
        error: expect.any(String),
        errorCode: 'EMULATED_500',
        correlationId: expect.any(String),
      });
    });

    it('send a status with a body of one’s own', async () => {
      always({ kind: 'status', status: 400, body: { status: 400, error: 'Bad call', messages: ['a', 'b'] } });
      expect((await customers()).body).toEqual({ status: 400, error: 'Bad call', messages: ['a', 'b'] });
    });

    it('send a status with an HTML page', async () => {
      always({ kind: 'status', status: 502, html: true });
      const { status, headers, text } = await customers();
      expect(status).toBe(502);
      expect(headers['content-type']).toMatch(/^text\/html/);
      expect(text).toMatch(/^<!DOCTYPE html>/);
      emulator.faults.clear();
      always({ kind: 'status', status: 502, html: '<b>down</b>' });
      expect((await customers()).text).toBe('<b>down</b>');
    });

    it('send Retry-After in seconds, as a date and as nonsense', async () => {
      always({ kind: 'status', status: 429, retryAfter: 7 }, { nth: 1 });
      always({ kind: 'status', status: 429, retryAfter: { dateIn: 60 } }, { nth: 2 });
      always({ kind: 'status', status: 503, retryAfter: 'soon' }, { nth: 3 });
      expect((await customers()).headers['retry-after']).toBe('7');
      const date = Date.parse((await customers()).headers['retry-after'] as string);
      expect(date - Date.now()).toBeGreaterThan(50_000);
      expect(date - Date.now()).toBeLessThanOrEqual(60_000);
      expect((await customers()).headers['retry-after']).toBe('soon');
    });

    it('redirect elsewhere', async () => {
      always({ kind: 'redirect', location: 'http://other.example/api/', status: 307 });
      const { status, headers, text } = await customers();
      expect(status).toBe(307);
      expect(headers.location).toBe('http://other.example/api/');
      expect(text).toBe('');
    });

    it('answer 200 with HTML, with nothing, or with another status in the body', async () => {
      always({ kind: 'html' }, { nth: 1 });
      always({ kind: 'empty-body' }, { nth: 2 });
      always({ kind: 'body-status', status: 401, message: 'Expired' }, { nth: 3 });
      expect(await customers()).toMatchObject({ status: 200, text: expect.stringContaining('<html>') });
      expect(await customers()).toMatchObject({ status: 200, text: '' });
      expect(await customers()).toMatchObject({ status: 200, body: { status: 401, message: 'Expired' } });
    });
  });

  describe('of the envelope and of moving lists', () => {
    it('say error beside the data, with its rows or without', async () => {
      always({ kind: 'body-says', keys: { code: 401, message: 'Unauthorized' }, empty: true }, { nth: 1 });
      always({ kind: 'body-says', keys: { success: false } }, { nth: 2 });
      expect(await customers()).toMatchObject({ status: 200, body: { code: 401, data: { customers: [] } } });
      expect((await customers()).body).toMatchObject({ success: false, data: { customers: [{}, {}] } });
    });

    it('move rows on to the next page, the total unchanged', async () => {
      always({ kind: 'shift-rows' });
      const { body } = await customers(2);
      expect(names(body)).toEqual(['Firm 1', 'Firm 2']);
      expect(body.pagination).toMatchObject({ total: 5, total_page: 3 });
      expect(names((await customers(1)).body)).toEqual(['Firm 4', 'Firm 0']);
    });
  });

  describe('of the connection', () => {
    const agent = new Agent({ keepAlive: false });

    it('reset before headers', async () => {
      always({ kind: 'reset-before-headers' });
      await expect(customers()).rejects.toMatchObject({ code: 'ECONNRESET' });
      expect(emulator.requests).toMatchObject([{ status: null, aborted: true }]);
    });

    it('reset in the middle of the body, after the headers came', async () => {
      always({ kind: 'reset-mid-body' });
      const { status, received, error } = await readAll(emulator, agent);
      expect(status).toBe(200);
      expect(received).toMatch(/^\{"status":200/);
      expect(error?.message).toMatch(/aborted|ECONNRESET/);
    });

    it('send a complete answer whose JSON is cut', async () => {
      always({ kind: 'truncated-json' });
      const { status, text, headers } = await customers();
      expect(status).toBe(200);
      expect(Number(headers['content-length'])).toBe(Buffer.byteLength(text));
      expect(() => JSON.parse(text) as unknown).toThrow(SyntaxError);
    });

    it('hang without an answer until the client goes away, and count as in flight so long', async () => {
      always({ kind: 'hang' });
      const abort = new AbortController();
      const answer = fetch(`${emulator.url}customers`, { headers: { apiKey: emulator.apiKey }, signal: abort.signal });
      await until(() => emulator.requests.length === 1);
      expect(emulator.inFlight).toBe(1);
      abort.abort();
      await expect(answer).rejects.toThrow();
      await until(() => emulator.inFlight === 0);
      expect(emulator.requests[0]).toMatchObject({ status: null, aborted: true });
    });

    it('stall after half the body', async () => {
      always({ kind: 'stall' });
      const abort = new AbortController();
      const answer = await fetch(`${emulator.url}customers`, {
        headers: { apiKey: emulator.apiKey },
        signal: abort.signal,
      });
      expect(answer.status).toBe(200);
      const reader = answer.body!.getReader();
      expect((await reader.read()).value!.length).toBeGreaterThan(0);
      expect(emulator.inFlight).toBe(1);
      abort.abort();
      await expect(reader.read()).rejects.toThrow();
    });

    it('end with the emulator: stop() cuts hanging calls', async () => {
      always({ kind: 'hang' });
      const answer = expect(customers()).rejects.toMatchObject({ code: 'ECONNRESET' });
      await until(() => emulator.requests.length === 1);
      await emulator.stop();
      await answer;
      emulator = await ArrowEmulator.start();
    });

    it('hold nothing any longer once the client has gone, however many delays are still to come', async () => {
      const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
      const turns = async () => {
        for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      };
      always([
        { kind: 'delay', ms: 3_600_000 },
        { kind: 'delay', ms: 3_600_000 },
      ]);
      const request = get(`${emulator.url}customers`, { agent: false, headers: { apiKey: emulator.apiKey } });
      request.on('error', () => undefined);
      await until(() => emulator.requests.length === 1);
      await turns();
      const during = timers();
      request.destroy();
      await until(() => emulator.inFlight === 0);
      await turns();
      // Of others, some may have ended meanwhile.
      expect(timers()).toBeLessThan(during);
    });

    it('delay, alone or before another fault', async () => {
      always([
        { kind: 'delay', ms: 40 },
        { kind: 'status', status: 504 },
      ]);
      const start = performance.now();
      expect((await customers()).status).toBe(504);
      expect(performance.now() - start).toBeGreaterThanOrEqual(39);
    });
  });

  describe('of the content', () => {
    it('send 200 without data, or with null, in both envelopes', async () => {
      always({ kind: 'no-data' }, { count: 2 });
      expect((await customers()).body).toEqual({ status: 200, pagination: expect.any(Object) });
      expect((await find()).body).toEqual({ filters: expect.any(Array), pagination: expect.any(Object) });
      always({ kind: 'null-data' }, { count: 2 });
      expect((await customers()).body).toMatchObject({ data: null });
      expect((await find()).body).toMatchObject({ results: null });
    });

    it('lie about totals in all three dialects', async () => {
      always({ kind: 'wrong-totals', total: 7, totalPages: 1 });
      expect((await customers()).body.pagination).toMatchObject({ total: 7, total_page: 1 });
      expect((await find()).body.pagination).toMatchObject({ total: 7, totalPage: 1 });
      expect((await sync()).body.pagination).toMatchObject({ total: 7, totalPages: 1 });
    });

    it('change totals from answer to answer', async () => {
      always({ kind: 'changing-totals', by: 2, byPages: 1 });
      expect((await customers(1)).body.pagination).toMatchObject({ total: 5, total_page: 3 });
      expect((await customers(2)).body.pagination).toMatchObject({ total: 7, total_page: 4 });
    });

    it('ignore the page, and say so or not', async () => {
      always({ kind: 'ignored-page' }, { count: 2 });
      for (const page of [2, 3]) {
        const { body } = await customers(page);
        expect(names(body)).toEqual(['Firm 0', 'Firm 1']);
        expect(body.pagination.current_page).toBe(1);
      }
      always({ kind: 'ignored-page', echo: 'asked' });
      const { body } = await customers(3);
      expect(names(body)).toEqual(['Firm 0', 'Firm 1']);
      expect(body.pagination.current_page).toBe(3);
      expect((await find(2)).body.pagination.currentPage).toBe(2);
      expect((await sync(2)).body).toMatchObject({
        data: {
          values: [
            ['S0', '94.25000'],
            ['S1', '94.25000'],
          ],
        },
        pagination: { currentPage: 2 },
      });
    });

    it('ignore a cursor', async () => {
      const first = await client(emulator).get('v2/licenses?per_page=2');
      always({ kind: 'ignored-page' });
      const second = await client(emulator).get((first.body.pagination.next as string).slice(1));
      expect(second.body.data).toEqual(first.body.data);
    });

    it('drop rows at the end or the start while the totals stay', async () => {
      always({ kind: 'drop-rows' }, { nth: 1 });
      always({ kind: 'drop-rows', count: 1, from: 'start' }, { nth: 2 });
      expect(names((await customers()).body)).toEqual(['Firm 0']);
      const second = (await customers()).body;
      expect(names(second)).toEqual(['Firm 1']);
      expect(second.pagination.total).toBe(5);
    });

    it('repeat rows', async () => {
      always({ kind: 'duplicate-rows' });
      expect(names((await customers()).body)).toEqual(['Firm 0', 'Firm 1', 'Firm 1']);
      expect((await find()).body.results).toHaveLength(3);
      expect((await sync()).body.data.values).toHaveLength(3);
    });

    it('promise a next page for ever and repeat the last one', async () => {
      always({ kind: 'endless-next' });
      for (const page of [3, 4, 50]) {
        const { body } = await customers(page);
        expect(names(body)).toEqual(['Firm 4']);
        expect(body.pagination).toMatchObject({ current_page: page, total_page: page + 1 });
        expect(body.pagination.next).toContain(`page=${page + 1}`);
      }
      let next = 'v2/licenses?per_page=5';
      for (let page = 0; page < 4; page += 1) {
        const { body } = await client(emulator).get(next);
        expect(body.data.licenses).toHaveLength(5);
        next = (body.pagination.next as string).slice(1);
      }
    });

    it('send a body far too large', async () => {
      always({ kind: 'oversized', bytes: 300_000 });
      const { text, body } = await customers();
      expect(text.length).toBeGreaterThan(300_000);
      expect(names(body)).toEqual(['Firm 0', 'Firm 1']);
    });

    it('cut cells off rows, or add some', async () => {
      always({ kind: 'short-rows' }, { nth: 1 });
      always({ kind: 'long-rows', by: 2 }, { nth: 2 });
      expect((await sync()).body.data.values[0]).toEqual(['S0']);
      expect((await sync()).body.data.values[0]).toEqual(['S0', '94.25000', 'surplus', 'surplus']);
    });

    it('give a header twice, or another name', async () => {
      always({ kind: 'duplicate-header', header: 'Customer Total Price' }, { nth: 1 });
      always({ kind: 'rename-columns', names: { Sequence: ' SEQUENCE ' } }, { nth: 2 });
      expect((await sync()).body.data).toMatchObject({
        headers: ['Sequence', 'Customer Total Price', 'Customer Total Price'],
        values: [['S0', '94.25000', '94.25000'], expect.any(Array)],
      });
      expect((await sync()).body.data.headers).toEqual([' SEQUENCE ', 'Customer Total Price']);
    });
  });

  describe('meet calls', () => {
    const status = async (call: Promise<{ status: number }>) => (await call).status;

    it('by path, given as an expression or its source, and by method', async () => {
      always({ kind: 'status', status: 500 }, { path: /^customers$/ });
      always({ kind: 'status', status: 501 }, { path: '^billing/', method: 'post' });
      expect(await status(customers())).toBe(500);
      expect(await status(sync())).toBe(501);
      expect(await status(client(emulator).get('billing/erp/exports/types'))).toBe(200);
      expect(await status(client(emulator).get('whoami'))).toBe(200);
    });

    it('by number: the nth, after some, at most some', async () => {
      always({ kind: 'status', status: 500 }, { nth: 2 });
      always({ kind: 'status', status: 501 }, { after: 3, count: 1 });
      const all = [];
      for (let call = 0; call < 6; call += 1) all.push(await status(customers()));
      expect(all).toEqual([200, 500, 200, 501, 200, 200]);
      expect(emulator.faults.rules).toMatchObject([
        { met: 6, happened: 1 },
        { met: 6, happened: 1 },
      ]);
    });

    it('by the page asked for, in query or body', async () => {
      always({ kind: 'status', status: 500 }, { page: 2 });
      expect([await status(customers(1)), await status(customers(2))]).toEqual([200, 500]);
      expect([await status(sync(1)), await status(sync(2))]).toEqual([200, 500]);
    });

    it('by partner', async () => {
      emulator.data.partners.push({ apiKey: 'other', reference: 'XSP100002', companyName: 'Other' });
      always({ kind: 'status', status: 500 }, { partner: 'XSP100002' });
      expect(await status(client(emulator, { apiKey: 'other' }).get('whoami'))).toBe(500);
      expect(await status(client(emulator).get('whoami'))).toBe(200);
    });

    it('until removed or cleared', async () => {
      const id = always({ kind: 'status', status: 500 });
      expect(emulator.faults.remove(id)).toBe(true);
      expect(emulator.faults.remove(id)).toBe(false);
      expect(await status(customers())).toBe(200);
      always({ kind: 'status', status: 500 });
      emulator.faults.clear();
      expect(await status(customers())).toBe(200);
    });
  });

  describe('over HTTP', () => {
    const control = (method: string, path: string, body?: unknown) =>
      client(emulator, { apiKey: null }).call(method, `/__emulator/${path}`, body);

    it('are added, listed, removed and cleared', async () => {
      const rules = [
        { path: '^whoami$', action: { kind: 'status', status: 503 } },
        { path: '^customers$', action: [{ kind: 'delay', ms: 1 }] },
      ];
      expect(await control('POST', 'faults', rules)).toMatchObject({ status: 201, body: [{ id: 1 }, { id: 2 }] });
      expect((await client(emulator).get('whoami')).status).toBe(503);
      expect((await control('GET', 'faults')).body).toMatchObject([
        { id: 1, rule: rules[0], met: 1, happened: 1 },
        { id: 2, happened: 0 },
      ]);
      expect((await control('DELETE', 'faults/1')).status).toBe(204);
      expect((await control('DELETE', 'faults/1')).status).toBe(404);
      expect((await client(emulator).get('whoami')).status).toBe(200);
      expect((await control('DELETE', 'faults')).status).toBe(204);
      expect((await control('GET', 'faults')).body).toEqual([]);
    });

    it.each<[string, unknown]>([
      ['no body', undefined],
      ['a rule without an action', { path: 'x' }],
      ['an action without a kind', { action: {} }],
      ['an unknown kind', { action: { kind: 'earthquake' } }],
      ['a condition that there is not', { times: 2, action: { kind: 'hang' } }],
      ['a good rule before a bad one', [{ action: { kind: 'hang' } }, { action: { kind: 'no' } }]],
      ['a path that is no expression', { path: '(', action: { kind: 'hang' } }],
    ])('are refused with 400 for %s', async (_, body) => {
      expect(await control('POST', 'faults', body)).toMatchObject({ status: 400, body: { error: expect.any(String) } });
      expect(emulator.faults.rules).toEqual([]);
    });

    it('come with switches for latency and recorded calls', async () => {
      expect((await control('PUT', 'latency', { ms: 5 })).status).toBe(200);
      expect((await control('PUT', 'latency', { ms: -1 })).status).toBe(400);
      expect(emulator.latencyMs).toBe(5);
      await customers();
      expect((await control('GET', 'requests')).body).toMatchObject([
        { method: 'GET', path: 'customers', status: 200 },
      ]);
      expect((await control('GET', 'counters')).body).toMatchObject({ inFlight: 0, maxInFlight: 1, latencyMs: 5 });
      expect((await control('DELETE', 'requests')).status).toBe(204);
      expect(emulator.requests).toEqual([]);
      expect((await control('GET', 'nothing')).status).toBe(404);
    });
  });
});

/** The status, whatever arrives of the body, and the error that ends it. */
async function readAll(emulator: ArrowEmulator, agent: Agent) {
  const { get } = await import('node:http');
  return new Promise<{ status?: number; received: string; error?: Error }>((resolve) => {
    let status: number | undefined;
    let received = '';
    const end = (error?: Error) => resolve({ status, received, error });
    const request = get(`${emulator.url}customers`, { agent, headers: { apiKey: emulator.apiKey } }, (response) => {
      status = response.statusCode;
      response.on('data', (chunk: Buffer) => (received += chunk.toString()));
      response.on('error', end);
      response.on('end', () => end());
    });
    // Versions of Node differ in which of the two hears of a reset.
    request.on('error', end);
  });
}
