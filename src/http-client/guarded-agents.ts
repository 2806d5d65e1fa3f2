import { lookup as systemLookup, type LookupAddress } from 'node:dns';
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { isIP, type LookupFunction, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { isPublicAddress } from './public-address.js';
import type { GatewayTimer } from './gateway-timer.js';

/** A connection to an address that is not public was about to be made. */
export class AddressRefused extends Error {
  readonly code = 'ERR_ADDRESS_REFUSED';
}

/** A connection without TLS to a public address was about to be made. */
export class PlainRefused extends Error {
  readonly code = 'ERR_PLAIN_REFUSED';
}

/** No usable connection within the time for it. */
export class ConnectTimedOut extends Error {
  readonly code = 'ERR_CONNECT_TIMED_OUT';
}

/** Names to addresses, all of them: `dns.lookup`, or a test's own. */
export type ResolveAll = (
  hostname: string,
  done: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

export const resolveWithSystem: ResolveAll = (hostname, done) => systemLookup(hostname, { all: true }, done);

export interface GuardOptions {
  readonly allowPrivateHosts: boolean;
  /** Refuse plain `http:` to public addresses. */
  readonly plainToPrivateOnly?: boolean;
  readonly connectTimeoutMs: number;
  readonly timer: GatewayTimer;
  readonly resolve: ResolveAll;
}

type Connect = (options: object, done?: (error: Error | null, stream: Duplex) => void) => Duplex | null | undefined;
type Ready = 'connect' | 'secureConnect';
type Done = (error: Error | null, stream?: Duplex) => void;

// Short of most servers' own idle limit, so that we drop an idle connection before they do.
const keepAlive = {
  keepAlive: true,
  keepAliveMsecs: 10_000,
  maxFreeSockets: 32,
  scheduling: 'lifo',
  timeout: 120_000,
} as const;

/**
 * Agents that look at the address itself at the moment of connecting, so that a name which pointed somewhere harmless
 * when it was checked cannot point inside when it is used. They keep connections alive.
 */
export function guardedAgents(guard: GuardOptions): { http: HttpAgent; https: HttpsAgent } {
  const http = new HttpAgent(keepAlive);
  const https = new HttpsAgent(keepAlive);
  guardConnections(http, 'connect', guard);
  guardConnections(https, 'secureConnect', guard);
  return { http, https };
}

function guardConnections(agent: HttpAgent | HttpsAgent, ready: Ready, guard: GuardOptions): void {
  const plain = agent as unknown as { createConnection: Connect };
  const connect = plain.createConnection.bind(agent);
  const guarded = (options: { host?: string | null }, done: Done): Duplex | undefined => {
    const host = (options.host ?? '').replace(/^\[|\]$/g, '');
    // Sockets do not ask the resolver about a literal address, so it has to be looked at here.
    const refused = isIP(host) ? refusal([host], ready, guard) : undefined;
    if (refused) {
      done(refused);
      return undefined;
    }
    const socket = connect({ ...options, lookup: guardedLookup(ready, guard) });
    if (socket) limitConnecting(socket as Socket, ready, guard);
    return socket ?? undefined;
  };
  plain.createConnection = guarded as unknown as Connect;
}

/** Why these addresses of one host may not be connected to. */
function refusal(addresses: readonly string[], ready: Ready, guard: GuardOptions): Error | undefined {
  // One inside address among public ones is an attack or a broken zone: either way not whom we mean.
  if (!guard.allowPrivateHosts && !addresses.every(isPublicAddress)) return new AddressRefused('address refused');
  const isPlain = ready === 'connect';
  if (isPlain && guard.plainToPrivateOnly && addresses.some(isPublicAddress)) return new PlainRefused('plain refused');
  return undefined;
}

function guardedLookup(ready: Ready, guard: GuardOptions): LookupFunction {
  return (hostname, options, done) => {
    guard.resolve(hostname, (error, addresses) => {
      if (error) return done(error, '', 0);
      const wanted = addresses.filter(({ family }) => !options.family || family === options.family);
      const [first] = wanted;
      if (!first) return done(Object.assign(new Error('no address'), { code: 'ENOTFOUND' }), '', 0);
      const refused = refusal(
        addresses.map(({ address }) => address),
        ready,
        guard,
      );
      if (refused) return done(refused, '', 0);
      if (options.all) done(null, wanted);
      else done(null, first.address, first.family);
    });
  };
}

function limitConnecting(socket: Socket, ready: Ready, guard: GuardOptions): void {
  const cancel = guard.timer.after(guard.connectTimeoutMs, () =>
    socket.destroy(new ConnectTimedOut('connect timed out')),
  );
  socket.once(ready, cancel);
  socket.once('close', cancel);
}
