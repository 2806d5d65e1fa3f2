import type { CurrentCaller, UpstreamClient, UpstreamRequest } from '../http-client/upstream-client.js';
import type { ArrowAccounts } from './arrow-accounts.js';
import { type ArrowQuestion, readAnswer } from './arrow-answer.js';
import type { ArrowAccount, ArrowCallOptions } from './arrow-gateway.js';

export type { CurrentCaller };

/** One request to ArrowSphere; only reads, so that it may be sent again. */
export type ArrowRequest<T> = Omit<UpstreamRequest<T>, 'headers' | 'read'> & ArrowQuestion<T>;

/** Asks ArrowSphere one thing in the name of an account, and gives a value or a named error. */
export class ArrowClient {
  constructor(
    private readonly client: UpstreamClient,
    private readonly accounts: ArrowAccounts,
  ) {}

  async call<T>(account: ArrowAccount, request: ArrowRequest<T>, options?: ArrowCallOptions): Promise<T> {
    const { apiKey } = account;
    const asked: UpstreamRequest<T> = {
      ...request,
      headers: { apiKey },
      read: (answer, now) => readAnswer(request, answer, apiKey, now),
    };
    return this.client.call(this.accounts.get(account), asked, options);
  }
}
