import { Logger } from '@nestjs/common';
import { once } from 'node:events';
import https from 'node:https';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { ArrowAddressNotAllowedError, ArrowUnavailableError } from '../../src/arrow-gateway/arrow-gateway.errors.js';
import { Proxy } from '../../src/http-client/proxy.js';
import { gatewayUnderTest } from './support/gateway.js';
import { untrustedCertificate } from './support/untrusted-certificate.js';

describe('A proxy on the way out', () => {
  /** What it was asked for, heads as they came. */
  let asked: string[];
  let answer: string;
  let proxy: Server;
  /** Stands for ArrowSphere; nobody can trust its certificate. */
  let arrow: https.Server;
  let requests = 0;
  let resolved = 0;

  const portOf = (server: Server) => (server.address() as AddressInfo).port;

  beforeAll(async () => {
    Logger.overrideLogger(false);
    arrow = https.createServer(untrustedCertificate, () => (requests += 1)).listen(0, '127.0.0.1');
    await once(arrow, 'listening');
    proxy = createServer((socket) => {
      socket
        .on('error', () => undefined)
        .once('data', (head) => {
          asked.push(head.toString());
          socket.write(`HTTP/1.1 ${answer}\r\n\r\n`);
          if (!answer.startsWith('200')) return socket.end();
          const there = connect(portOf(arrow), '127.0.0.1').on('error', () => undefined);
          socket.pipe(there).pipe(socket);
        });
    }).listen(0, '127.0.0.1');
    await once(proxy, 'listening');
  });
  beforeEach(() => {
    [asked, answer, requests, resolved] = [[], '200 Connected', 0, 0];
  });
  afterAll(() => {
    arrow.close();
    proxy.close();
  });

  const ask = async (apiUrl: string, options: { url?: string; except?: string; hosts?: string[] } = {}) => {
    const { url = `http://us:p%40ss@127.0.0.1:${portOf(proxy)}`, except = '', hosts = [] } = options;
    const under = gatewayUnderTest(
      { maxRetries: 0, allowPrivateHosts: false, proxy: { url, except, hosts } },
      { resolve: (_, done) => void (resolved++, done(null, [{ address: '127.0.0.1', family: 4 }])) },
    );
    try {
      return await under.gateway.whoAmI({ apiUrl, apiKey: 'key' });
    } finally {
      under.close();
    }
  };

  it.each(['https://xsp.arrowsphere.net/index.php/api', 'https://arrow.example.org/api'])(
    'is asked for %s by name, with what opens it, and cannot read what is said over it',
    async (apiUrl) => {
      await expect(ask(apiUrl, { hosts: ['Arrow.Example.org'] })).rejects.toThrow('its certificate is not trusted');
      expect(asked).toHaveLength(1);
      expect(asked[0]).toMatch(new RegExp(`^CONNECT ${new URL(apiUrl).hostname}:443 HTTP/1.1\r\n`));
      expect(asked[0]).toContain(`Proxy-Authorization: Basic ${Buffer.from('us:p@ss').toString('base64')}`);
      expect([requests, resolved]).toEqual([0, 0]);
    },
  );

  it.each([
    'https://arrow.example.org/api',
    'https://xsp.arrowsphere.net.example.org/',
    'https://notarrowsphere.net/',
    'https://203.0.114.1/',
  ])('is never asked for what the operator does not name: %s', async (apiUrl) => {
    const asking = ask(apiUrl);
    await expect(asking).rejects.toThrow(ArrowAddressNotAllowedError);
    await expect(asking).rejects.toThrow('add this one to ARROW_PROXY_HOSTS');
    expect([asked, resolved]).toEqual([[], 0]);
  });

  it('is not used for what NO_PROXY names, which is then looked at like any address', async () => {
    const asking = ask('https://xsp.arrowsphere.net/', { except: 'localhost,.arrowsphere.net' });
    await expect(asking).rejects.toThrow('leads to an address that is not public');
    expect([asked, resolved]).toEqual([[], 1]);
  });

  it.each([
    ['403 Forbidden', 'does not let this host through'],
    ['407 Proxy Authentication Required', 'wants another user name and password'],
    ['401 Unauthorized', 'does not let this host through'],
  ])('that says %s is told from ArrowSphere', async (says, sentence) => {
    answer = says;
    const asking = ask('https://xsp.arrowsphere.net/');
    await expect(asking).rejects.toThrow(ArrowUnavailableError);
    await expect(asking).rejects.toThrow(`the proxy (HTTPS_PROXY) ${sentence}`);
  });

  it('that is not there is named', async () => {
    const asking = ask('https://xsp.arrowsphere.net/', { url: 'http://us:secret@127.0.0.1:1' });
    await expect(asking).rejects.toThrow('the proxy (HTTPS_PROXY) does not answer');
    await expect(asking).rejects.not.toThrow('secret');
  });

  it.each([
    ['', true],
    ['example.org, .example.com', true],
    ['rrowsphere.net', true],
    ['xsp.arrowsphere.net:8443', true],
    ['*', false],
    ['XSP.ArrowSphere.net', false],
    ['arrowsphere.net', false],
    ['.arrowsphere.net', false],
    ['*.arrowsphere.net', false],
    ['other, xsp.arrowsphere.net:443', false],
  ])('with NO_PROXY=%j is used for ArrowSphere: %s', (except, isUsed) => {
    const way = new Proxy({ url: 'http://proxy.example', except, hosts: [] });
    expect(way.isFor(new URL('https://xsp.arrowsphere.net/api'))).toBe(isUsed);
    expect(way.isFor(new URL('http://xsp.arrowsphere.net/api'))).toBe(false);
  });
});
