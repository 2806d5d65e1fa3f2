import type { ClientRequest } from 'node:http';
import type { Socket } from 'node:net';
import { HttpsProxyAgent } from 'https-proxy-agent';

/** The way out, where connections are not made directly. */
export interface ProxyOptions {
  /** `http://…` or `https://…` (`HTTPS_PROXY`). */
  readonly url: string;
  /** Hosts reached without it, joined by commas: `name`, `.suffix`, `name:port` or `*` (`NO_PROXY`). */
  readonly except: string;
  /** Hosts besides ArrowSphere's own that may be reached through it (`ARROW_PROXY_HOSTS`). */
  readonly hosts: readonly string[];
}

/** The proxy is not there, or does not let us through. */
export class ProxyFailed extends Error {
  readonly code: 'ERR_PROXY_UNREACHABLE' | 'ERR_PROXY_REFUSED' | 'ERR_PROXY_LOGIN';

  constructor(status?: number) {
    super('proxy failed');
    this.code =
      status === undefined ? 'ERR_PROXY_UNREACHABLE' : status === 407 ? 'ERR_PROXY_LOGIN' : 'ERR_PROXY_REFUSED';
  }
}

/** Left to itself it would hand on the proxy's refusal as if ArrowSphere had answered. */
class Tunnels extends HttpsProxyAgent<string> {
  override async connect(request: ClientRequest, options: Parameters<HttpsProxyAgent<string>['connect']>[1]) {
    let status: number | undefined;
    request.once('proxyConnect', (answer: { statusCode: number }) => (status = answer.statusCode));
    let socket: Socket | undefined;
    try {
      socket = await super.connect(request, options);
    } catch {
      throw new ProxyFailed();
    }
    if (status === 200) return socket;
    socket.destroy();
    throw new ProxyFailed(status);
  }
}

/**
 * Connections through a proxy. It looks names up, so nobody here sees where they lead: only ArrowSphere's own hosts and
 * those that the operator names are asked for.
 */
export class Proxy {
  readonly agent: Tunnels;

  constructor(private readonly options: ProxyOptions) {
    this.agent = new Tunnels(options.url, { keepAlive: true, maxFreeSockets: 32, scheduling: 'lifo' });
  }

  /** Whether this URL is to be reached through it; plain `http:` never is. */
  isFor({ protocol, hostname, port }: URL): boolean {
    if (protocol !== 'https:') return false;
    return !this.options.except.split(',').some((entry) => {
      const [, name = '', only = ''] = /^\s*\*?(.*?)(?::(\d+))?\s*$/.exec(entry.toLowerCase()) ?? [];
      if (only && only !== (port || '443')) return false;
      if (name === '') return entry.trim() === '*';
      return hostname === name.replace(/^\./, '') || hostname.endsWith(name.startsWith('.') ? name : `.${name}`);
    });
  }

  allows({ hostname }: URL): boolean {
    const known = ['arrowsphere.net', ...this.options.hosts.map((host) => host.toLowerCase())];
    return hostname.endsWith('.arrowsphere.net') || known.includes(hostname);
  }
}
