import { once } from 'node:events';
import { createServer, get, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { RequestContext } from './requests.js';

describe('The signal of a request', () => {
  const server = createServer();

  beforeAll(() => once(server.listen(0, '127.0.0.1'), 'listening'));
  afterAll(() => server.close());

  async function ask() {
    const client = get({ port: (server.address() as AddressInfo).port, agent: false });
    client.on('error', () => undefined);
    const [, answer] = (await once(server, 'request')) as [unknown, ServerResponse];
    return { client, answer, request: new RequestContext('r1', '', answer) };
  }

  it('aborts when the client goes away', async () => {
    const { client, answer, request } = await ask();
    const { signal } = request;
    expect([signal.aborted, request.isClientGone]).toEqual([false, false]);
    client.destroy();
    await once(answer, 'close');
    expect([signal.aborted, request.isClientGone, request.signal]).toEqual([true, true, signal]);
  });

  it('is aborted where the client had gone before anybody asked for it', async () => {
    const { client, answer, request } = await ask();
    client.destroy();
    await once(answer, 'close');
    expect([request.isClientGone, request.signal.aborted]).toEqual([true, true]);
  });

  it.each([true, false])('does not abort when the answer is out, asked for before: %s', async (isAskedBefore) => {
    const { client, answer, request } = await ask();
    const early = isAskedBefore ? request.signal : undefined;
    client.on('response', (response) => response.resume());
    answer.end('done');
    await once(client, 'close');
    expect([(early ?? request.signal).aborted, request.isClientGone]).toEqual([false, false]);
  });
});
