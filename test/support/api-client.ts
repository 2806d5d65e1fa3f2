/** An answer of the service. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // Tests look into bodies freely; a wrong shape fails the assertion.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly body: any;
}

/** A small HTTP client that shows status, headers and body, and throws for none of them. */
export class ApiClient {
  constructor(
    readonly baseUrl: string,
    private readonly token?: string,
    private readonly isPatient = false,
  ) {}

  /** The same client with another token, or none. */
  as(token: string | undefined): ApiClient {
    return new ApiClient(this.baseUrl, token, this.isPatient);
  }

  /** The same client, which sends anew what was refused with 503: what waits for others on a busy machine may be. */
  patient(): ApiClient {
    return new ApiClient(this.baseUrl, this.token, true);
  }

  get = (path: string, headers?: Record<string, string>) => this.send('GET', path, undefined, headers);
  head = (path: string, headers?: Record<string, string>) => this.send('HEAD', path, undefined, headers);
  post = (path: string, body?: unknown, headers?: Record<string, string>) => this.send('POST', path, body, headers);
  put = (path: string, body?: unknown, headers?: Record<string, string>) => this.send('PUT', path, body, headers);
  patch = (path: string, body?: unknown, headers?: Record<string, string>) => this.send('PATCH', path, body, headers);
  delete = (path: string, headers?: Record<string, string>) => this.send('DELETE', path, undefined, headers);

  /** `path` below the service's address, or a whole URL from an answer. A string body is sent as it is. */
  async send(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    const response = await fetch(path.startsWith('http') ? path : `${this.baseUrl}${path}`, {
      method,
      headers: {
        ...(this.token ? { Authorization: `Token ${this.token}` } : {}),
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...headers,
      },
      body: body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body),
    });
    const text = await response.text();
    if (this.isPatient && response.status === 503) return this.send(method, path, body, headers);
    const isJson = response.headers.get('content-type')?.startsWith('application/json');
    return { status: response.status, headers: response.headers, body: isJson && text ? JSON.parse(text) : text };
  }
}
