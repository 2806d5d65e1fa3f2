import type { HttpRequest } from './http.js';
import { parseUrl } from './parse-url.js';

/**
 * Scheme and host that hyperlinks in the answer begin with: what the client itself calls us by, where that is a name we
 * are known by. Anybody can write anything into `Host`, so other names give way to the address the client came to.
 * `allowedHosts`: host names, or `*` for any.
 */
export function baseUrlOf(request: HttpRequest, allowedHosts: readonly string[]): string {
  const { socket, headers, protocol } = request;
  // A proxy may write what it likes; only the names of the two schemes are ones.
  const scheme = protocol === 'https' ? 'https' : 'http';
  const given = /^[\w.:[\]-]+$/.test(headers.host ?? '') ? parseUrl(`${scheme}://${headers.host}`) : undefined;
  const here = literal(socket.localAddress ?? '127.0.0.1');
  const known = ['localhost', '127.0.0.1', '[::1]', here, ...allowedHosts.map((host) => host.toLowerCase())];
  if (given && (known.includes(given.hostname) || known.includes('*'))) return `${scheme}://${headers.host}`;
  return `${scheme}://${here}:${socket.localPort}`;
}

/** An address as it stands in a URL. */
function literal(address: string): string {
  const plain = address.replace(/^::ffff:(?=[\d.]+$)/, '');
  return plain.includes(':') ? `[${plain}]` : plain;
}
