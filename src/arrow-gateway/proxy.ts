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

/**
 * Connections through a proxy. It looks names up, so nobody here sees where they lead: only ArrowSphere's own hosts and
 * those that the operator names are asked for.
 */
export class Proxy {
  readonly agent: HttpsProxyAgent<string>;

  constructor(private readonly options: ProxyOptions) {
    this.agent = new HttpsProxyAgent(options.url, { keepAlive: true, maxFreeSockets: 32, scheduling: 'lifo' });
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
