import { Logger } from '@nestjs/common';
import http from 'node:http';
import https from 'node:https';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { ArrowEmulator } from '../../emulator/arrow-emulator.js';
import {
  ArrowAddressNotAllowedError,
  ArrowMalformedAnswerError,
  ArrowUnavailableError,
} from '../../src/arrow-gateway/arrow-gateway.errors.js';
import { guardedAgents, type ResolveAll } from '../../src/http-client/guarded-agents.js';
import { until } from '../support/until.js';
import { accountOf, countsOf, gatewayUnderTest } from './support/gateway.js';
import { untrustedCertificate } from './support/untrusted-certificate.js';
import { ManualTimer } from './support/manual-timer.js';

/** A resolver that knows only these names, and counts its questions. */
function names(
  addresses: Record<string, string[] | ((question: number) => string[])>,
): ResolveAll & { questions: number } {
  const resolve = Object.assign(
    ((hostname, done) => {
      resolve.questions += 1;
      const known = addresses[hostname];
      const list = typeof known === 'function' ? known(resolve.questions) : known;
      if (!list) return done(Object.assign(new Error('unknown'), { code: 'ENOTFOUND' }), []);
      done(
        null,
        list.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
      );
    }) as ResolveAll,
    { questions: 0 },
  );
  return resolve;
}

describe('Connections', () => {
  /** Stands for anything inside that must not be reached; it counts who comes. */
  let inside: Server;
  let port: number;
  let visits = 0;
  const held: Socket[] = [];

  beforeAll(async () => {
    Logger.overrideLogger(false);
    inside = createServer((socket) => {
      visits += 1;
      held.push(socket);
      socket.on('error', () => undefined);
    });
    await new Promise<void>((resolve) => inside.listen(0, '127.0.0.1', resolve));
    port = (inside.address() as AddressInfo).port;
  });

  beforeEach(() => {
    visits = 0;
  });

  afterAll(async () => {
    for (const socket of held) socket.destroy();
    await new Promise((resolve) => inside.close(resolve));
  });

  const ask = async (apiUrl: string, resolve: ResolveAll): Promise<unknown> => {
    const under = gatewayUnderTest({ allowPrivateHosts: false }, { resolve });
    try {
      return await under.gateway.whoAmI({ apiUrl, apiKey: 'key' });
    } finally {
      under.close();
    }
  };

  it.each([
    ['127.0.0.1'],
    ['0.0.0.0'],
    ['10.0.0.1'],
    ['169.254.169.254'],
    ['100.64.0.1'],
    ['192.168.0.1'],
    ['::1'],
    ['::ffff:127.0.0.1'],
    ['fe80::1'],
    ['fd00::1'],
    ['64:ff9b::7f00:1'],
  ])('are not made to a public name that leads to %s', async (address) => {
    const resolve = names({ 'rebound.example.org': [address] });
    await expect(ask(`https://rebound.example.org:${port}/api/`, resolve)).rejects.toThrow(ArrowAddressNotAllowedError);
    expect(resolve.questions).toBe(1);
    expect(visits).toBe(0);
  });

  it('are not made where one of several addresses is inside', async () => {
    const resolve = names({ 'mixed.example.org': ['203.0.114.1', '127.0.0.1'] });
    await expect(ask(`https://mixed.example.org:${port}/api/`, resolve)).rejects.toThrow(ArrowAddressNotAllowedError);
    expect(visits).toBe(0);
  });

  it('look at the address each time, so that a name cannot change its mind between two calls', async () => {
    const resolve = names({ 'fickle.example.org': (question) => (question === 1 ? [] : ['127.0.0.1']) });
    const under = gatewayUnderTest({ allowPrivateHosts: false }, { resolve });
    const asking = under.gateway.whoAmI({ apiUrl: `https://fickle.example.org:${port}/api/`, apiKey: 'key' });
    await expect(asking).rejects.toThrow('leads to an address that is not public');
    expect(resolve.questions).toBe(2);
    expect(visits).toBe(0);
    under.close();
  });

  it.each([
    [`https://127.0.0.1:PORT/`],
    [`https://[::ffff:127.0.0.1]:PORT/`],
    [`https://0x7f.1:PORT/`],
    [`http://xsp.example.org:PORT/`],
  ])('are not even tried to %s', async (url) => {
    const resolve = names({});
    await expect(ask(url.replace('PORT', String(port)), resolve)).rejects.toThrow(ArrowAddressNotAllowedError);
    expect([resolve.questions, visits]).toEqual([0, 0]);
  });

  it.each([['127.0.0.1'], ['[::1]'], ['::ffff:7f00:1']])(
    'to %s are refused by the agent itself, should one get past the check of the URL',
    async (host) => {
      const guard = { allowPrivateHosts: false, connectTimeoutMs: 1_000, timer: new ManualTimer(), resolve: names({}) };
      for (const module of [http, https]) {
        const { http: plain, https: secure } = guardedAgents(guard);
        const error = await new Promise<Error>((resolve) => {
          const agent = module === https ? secure : plain;
          module.get({ host, port, agent: agent as https.Agent }).on('error', resolve);
        });
        expect(error).toMatchObject({ code: 'ERR_ADDRESS_REFUSED' });
      }
      expect(visits).toBe(0);
    },
  );

  it('do not follow a redirect', async () => {
    const emulator = await ArrowEmulator.start();
    emulator.faults.add({ action: { kind: 'redirect', location: `http://127.0.0.1:${port}/` } });
    const under = gatewayUnderTest();
    await expect(under.gateway.whoAmI(accountOf(emulator))).rejects.toThrow(ArrowMalformedAnswerError);
    expect(visits).toBe(0);
    under.close();
    await emulator.stop();
  });

  it('that are refused, or whose name is unknown, are said to be so', async () => {
    const under = gatewayUnderTest({}, { resolve: names({}) });
    await expect(under.gateway.whoAmI({ apiUrl: 'http://nowhere.example.org/', apiKey: 'key' })).rejects.toThrow(
      'ArrowSphere cannot be reached: its host name is not known.',
    );
    const closed = await new Promise<number>((resolve) => {
      const server = createServer().listen(0, '127.0.0.1', () => {
        const { port: free } = server.address() as AddressInfo;
        server.close(() => resolve(free));
      });
    });
    const refused = under.gateway.whoAmI({ apiUrl: `http://127.0.0.1:${closed}/`, apiKey: 'key' });
    await expect(refused).rejects.toThrow('ArrowSphere cannot be reached: the connection was refused.');
    await expect(refused).rejects.toThrow(ArrowUnavailableError);
    expect(await countsOf(under.registry, 'GET whoami')).toMatchObject({ calls: 2, attempts: 8, retries: 6 });
    under.close();
  });

  it('that do not come about in time are given up, and tried again', async () => {
    let questions = 0;
    const under = gatewayUnderTest({ maxRetries: 1 }, { resolve: () => void (questions += 1) });
    const asking = under.gateway.whoAmI({ apiUrl: 'http://slow.example.org/', apiKey: 'key' });
    const failed = expect(asking).rejects.toThrow('ArrowSphere cannot be reached: the connection took too long.');
    for (const attempt of [1, 2]) {
      await until(() => questions === attempt);
      under.timer.advance(5_000);
    }
    await failed;
    under.close();
  });

  it('do not wait for ever for the other side to speak TLS', async () => {
    const under = gatewayUnderTest({ maxRetries: 0 });
    const asking = under.gateway.whoAmI({ apiUrl: `https://127.0.0.1:${port}/`, apiKey: 'key' });
    const failed = expect(asking).rejects.toThrow('the connection took too long');
    await until(() => visits === 1);
    under.timer.advance(5_000);
    await failed;
    under.close();
  });

  it('to a server that cannot prove who it is are given up at once, and no key is sent', async () => {
    let requests = 0;
    const server = https.createServer(untrustedCertificate, () => (requests += 1));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const under = gatewayUnderTest();
    const apiUrl = `https://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    await expect(under.gateway.whoAmI({ apiUrl, apiKey: 'key' })).rejects.toThrow(
      'ArrowSphere cannot be reached: its certificate is not trusted.',
    );
    expect(await countsOf(under.registry, 'GET whoami')).toMatchObject({ attempts: 1 });
    expect(requests).toBe(0);
    under.close();
    await new Promise((resolve) => server.close(resolve));
  });

  it('are kept and used again, and answers come packed', async () => {
    const emulator = await ArrowEmulator.start();
    const under = gatewayUnderTest();
    for (let n = 0; n < 5; n += 1) await under.gateway.whoAmI(accountOf(emulator));
    expect(emulator.connections).toBe(1);
    expect(emulator.requests.map(({ headers }) => headers['accept-encoding'])).toEqual(Array(5).fill('gzip'));
    under.close();
    await emulator.stop();
  });

  describe('with an answer', () => {
    const MAX = 1024 * 1024;
    let server: http.Server;
    let send: (response: http.ServerResponse) => void;
    const ask = async () => {
      const under = gatewayUnderTest({ maxRetries: 0, maxAnswerBytes: MAX });
      const apiUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
      try {
        return await under.gateway.whoAmI({ apiUrl, apiKey: 'some-key-of-arrow' });
      } finally {
        under.close();
      }
    };

    beforeAll(async () => {
      server = http.createServer((_, response) => send(response));
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    });
    afterAll(() => new Promise((resolve) => server.close(resolve)));

    it('in chunks of a byte or two, cut within letters, read it as it is', async () => {
      const bytes = Buffer.from(JSON.stringify({ data: { reference: 'XSP1', companyName: 'Õ€😀'.repeat(3_000) } }));
      send = (response) => {
        for (let at = 0; at < bytes.length; at += 1 + (at % 2)) response.write(bytes.subarray(at, at + 1 + (at % 2)));
        response.end();
      };
      expect(await ask()).toMatchObject({ companyName: 'Õ€😀'.repeat(3_000) });
    });

    it('too large when it is unpacked give it up', async () => {
      const packed = gzipSync(Buffer.alloc(8 * MAX, ' '));
      send = (response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(packed);
      await expect(ask()).rejects.toThrow('it is too large');
    });

    it('that goes on and on and unpacks to nothing give it up too', async () => {
      const nothing = Buffer.concat(Array.from({ length: 4_000 }, () => gzipSync('')));
      send = (response) => {
        response.writeHead(200, { 'content-encoding': 'gzip' });
        const more = (): void => {
          if (response.destroyed) return;
          if (response.write(nothing)) setImmediate(more);
          else response.once('drain', more);
        };
        more();
      };
      await expect(ask()).rejects.toThrow('it is too large');
    });
  });

  it('leave no timer behind', async () => {
    const emulator = await ArrowEmulator.start();
    const under = gatewayUnderTest();
    await under.gateway.whoAmI(accountOf(emulator));
    expect(under.timer.pending).toBe(0);
    under.close();
    await emulator.stop();
  });
});
