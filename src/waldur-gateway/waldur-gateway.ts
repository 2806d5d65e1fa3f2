import type { YearMonth } from '../common/year-month.js';
import type { TransportAnswer } from '../http-client/http-transport.js';
import { FailedAttempt } from '../http-client/upstream.js';
import type { UpstreamState } from '../http-client/upstream-state.js';
import type { UpstreamCallOptions, UpstreamClient, UpstreamRequest } from '../http-client/upstream-client.js';
import { type ListRead, readList, type WaldurPage } from './read-list.js';
import { malformed, type WaldurQuestion } from './waldur-answer.js';
import {
  WaldurMalformedAnswerError,
  WaldurNotAllowedError,
  WaldurNotFoundError,
  WaldurTokenRejectedError,
  WaldurTooOldError,
} from './waldur-gateway.errors.js';
import type { WaldurGatewayOptions } from './waldur-gateway.options.js';
import {
  readInvoices,
  readItem,
  readOutcome,
  type UsageItem,
  type UsageOutcome,
  type WaldurInvoiceItem,
} from './waldur-invoices.js';
import { list, object, type ReadAnswer, requestOf } from './waldur-request.js';
import { USER_FIELDS, WALDUR_LISTS, type WaldurRows, WaldurUser } from './waldur-rows.js';
import { authorization } from './waldur-token.js';
import { type Absent, WaldurWriter } from './waldur-writer.js';

/**
 * What Waldur was sent may begin there after our call for it has ended: it waits behind other requests, and nobody tells
 * Waldur that we went away. Its image of 2026 ends a request that takes longer than half a minute, that of 2024 none, and
 * neither says how long one waits; so this is more than one that is alive needs, and our assumption.
 */
const LATEST_EFFECT_MS = 15 * 60_000;

/** Pages that wait for their turn, so that one is asked for at once when an answer has come, and not when it is stored. */
const WAITING_PAGES = 2;

/** Which rows of a list are read. */
export interface ListWanted extends UpstreamCallOptions {
  /** Changed then or later, by Waldur's clock; all where there is none, and where a list does not know. */
  readonly modifiedSince?: Date;
  /** Asked for by the day, which a Waldur of 2024 takes and no time: some rows more come. */
  readonly byDay?: boolean;
}

/**
 * The way to the Waldur beside which this service works. Lists come complete or with the reason why not; everything else
 * is an answer or a named error. Where no Waldur is set, there is no gateway: see `WaldurGatewayModule`.
 */
export class WaldurGateway {
  /** What is changed there, and what that is read back by. */
  readonly writer: WaldurWriter;

  /** Of a read that failed because there is nothing at its address. Throws every other error, and where Waldur may hide it. */
  private readonly absent: Absent = async (error, options) => {
    if (!(error instanceof WaldurNotFoundError)) throw error;
    await this.ensureSeesAll(options);
    return undefined;
  };

  constructor(
    private readonly client: UpstreamClient,
    /** Of the staff user whose token we have. */
    private readonly state: UpstreamState,
    /** Of everybody whose token is looked up: strangers must not keep our own calls waiting. */
    private readonly strangers: UpstreamState,
    private readonly options: WaldurGatewayOptions,
  ) {
    this.writer = new WaldurWriter(client, state, options, this.absent);
  }

  /** Where people find it: `https://waldur.example`. */
  get url(): string {
    return this.options.url;
  }

  /** What was sent before then, and is not there when Waldur is read now, never came. */
  settledBefore(now: Date): Date {
    return new Date(now.getTime() - this.options.timeoutMs - LATEST_EFFECT_MS);
  }

  /**
   * Waldur shows staff everything, and anybody else a part without a word: what it does not show is not there only as
   * long as `WALDUR_TOKEN` is staff's. Throws `WaldurNotAllowedError` where it is not, and other `WaldurError`.
   */
  async ensureSeesAll(options?: UpstreamCallOptions): Promise<void> {
    const { isStaff } = await this.client.call(this.state, meRequest(authorization(this.options.token)), options);
    if (!isStaff) throw new WaldurNotAllowedError('see everything');
  }

  /**
   * Reads a list and gives its rows to `take` as they come, pages in any order, several at once. Throws `WaldurError`,
   * and what `take` throws.
   */
  readList<K extends keyof WaldurRows>(
    kind: K,
    wanted: ListWanted,
    take: (rows: readonly WaldurRows[K][]) => Promise<void>,
  ): Promise<ListRead> {
    const { pageSize, maxConcurrency } = this.options;
    const fetch = (page: number, signal: AbortSignal) =>
      this.client.call(this.state, this.pageRequest(kind, page, wanted), { ...wanted, signal });
    const signal = wanted.signal ?? new AbortController().signal;
    return readList({ pageSize, concurrency: maxConcurrency + WAITING_PAGES, fetch, take }, signal);
  }

  /**
   * All rows of a list that is short enough to be kept. Throws `WaldurError`, also where it cannot be proven complete.
   */
  async readAll<K extends keyof WaldurRows>(kind: K, options: ListWanted = {}): Promise<WaldurRows[K][]> {
    const rows = new Map<string, WaldurRows[K]>();
    const read = await this.readList(kind, options, (page) => {
      for (const row of page) rows.set(row.uuid, row);
      return Promise.resolve();
    });
    if (read.incomplete) throw new WaldurMalformedAnswerError(WALDUR_LISTS[kind].path, read.incomplete);
    return [...rows.values()].filter(({ uuid }) => read.seen.has(uuid));
  }

  /** One object; `undefined` where Waldur does not have it. Throws `WaldurError`. */
  async findOne<K extends keyof WaldurRows>(
    kind: K,
    uuid: string,
    options?: UpstreamCallOptions,
  ): Promise<WaldurRows[K] | undefined> {
    const { path, fields, query, read } = WALDUR_LISTS[kind];
    const question = { toDo: `show one of the ${kind}`, content: kind };
    const parts = { uuid, query: { ...query, field: fields }, headers: this.ownHeaders };
    const request = requestOf(`GET ${path}{uuid}/`, question, object(read), parts);
    return this.client.call(this.state, request, options).catch((error: unknown) => this.absent(error, options));
  }

  /**
   * Whose token this is; `undefined`: nobody's. `impersonated`: the UUID of the user that staff acts as, who is answered
   * then; `undefined` too where Waldur lets nobody act as that one, who never logged in. Throws `WaldurError`.
   */
  async whoIs(token: string, impersonated?: string, options?: UpstreamCallOptions): Promise<WaldurUser | undefined> {
    const impersonating = impersonated && { 'X-Impersonated-User-Uuid': impersonated.replaceAll('-', '') };
    const request = meRequest({ ...authorization(token), ...impersonating });
    return this.client.call(this.strangers, request, options).catch((error: unknown) => {
      if (error instanceof WaldurTokenRejectedError) return undefined;
      if (impersonated && error instanceof WaldurNotAllowedError) return undefined;
      throw error;
    });
  }

  /**
   * Puts an item on the organisation's invoice of a month. It is asked for once, never again: where this throws and
   * `wasNotSent` does not say otherwise, only reading tells whether Waldur did it. Throws `WaldurError`.
   */
  importUsage({ customerUuid, month, name, amount }: UsageItem, options?: UpstreamCallOptions): Promise<UsageOutcome> {
    const items = [{ customer_uuid: customerUuid, name, unit_price: amount }];
    const body = { year: month.year, month: month.month, items };
    const question = { toDo: 'put charges on an invoice', content: 'imported usage' };
    const parts = { headers: this.ownHeaders, body, slow: true, once: true };
    const request = requestOf('POST invoices/import_usage/', question, usageOutcome, parts);
    return this.client.call(this.state, request, options);
  }

  /**
   * Everything on the organisation's invoice of a month. The list of items finds them by their projects, and imported
   * ones have none, so the invoice itself is read too. Throws `WaldurError`, also where not all of it came.
   */
  async invoiceItems(
    customerUuid: string,
    month: YearMonth,
    options: UpstreamCallOptions = {},
  ): Promise<WaldurInvoiceItem[]> {
    const { pageSize } = this.options;
    const headers = this.ownHeaders;
    const query = { customer_uuid: customerUuid, year: month.year, month: month.month };
    const items = new Map<string, WaldurInvoiceItem>();
    const listing = { toDo: 'list the items of an invoice', content: 'invoice items' };
    const fetch = (page: number, signal: AbortSignal) => {
      const parts = { query: { ...query, page, page_size: pageSize }, headers };
      const request = requestOf('GET invoice-items/', listing, pageOf(readItem), parts);
      return this.client.call(this.state, request, { ...options, signal });
    };
    const take = (rows: readonly WaldurInvoiceItem[]) => {
      for (const row of rows) items.set(row.uuid, row);
      return Promise.resolve();
    };
    const showing = { toDo: 'show an invoice', content: 'invoices' };
    const shown = { query: { ...query, field: ['uuid', 'items'] }, headers };
    const invoice = requestOf('GET invoices/', showing, object(readInvoices), shown);
    const signal = options.signal ?? new AbortController().signal;
    const [{ incomplete }, onInvoice] = await Promise.all([
      readList({ pageSize, concurrency: 1, fetch, take }, signal),
      this.client.call(this.state, invoice, options).catch((error: unknown) => {
        if (error instanceof WaldurNotFoundError) return undefined;
        throw error;
      }),
    ]);
    if (!onInvoice && incomplete) throw new WaldurMalformedAnswerError('invoice items', incomplete);
    await take(onInvoice ?? []);
    return [...items.values()];
  }

  private get ownHeaders(): Readonly<Record<string, string>> {
    return authorization(this.options.token);
  }

  private pageRequest<K extends keyof WaldurRows>(
    kind: K,
    page: number,
    { modifiedSince, byDay }: ListWanted,
  ): UpstreamRequest<WaldurPage<WaldurRows[K]>> {
    const { path, fields, hasModified, query, read } = WALDUR_LISTS[kind];
    const modified = hasModified && modifiedSince && (byDay ? dayBefore(modifiedSince) : modifiedSince.toISOString());
    return requestOf(`GET ${path}`, { toDo: `list the ${kind}`, content: kind }, pageOf(read), {
      query: {
        page,
        page_size: this.options.pageSize,
        o: 'created',
        ...query,
        ...(modified && { modified }),
        field: fields,
      },
      headers: this.ownHeaders,
    });
  }
}

/** Its day begins by a clock that may be behind UTC. */
const dayBefore = (time: Date) => new Date(time.getTime() - 24 * 3_600_000).toISOString().slice(0, 10);

/** Whose token it is that stands in `headers`. */
function meRequest(headers: Readonly<Record<string, string>>): UpstreamRequest<WaldurUser> {
  const question = { toDo: 'tell whose token it is', content: 'users' };
  const parts = { query: { field: USER_FIELDS }, headers };
  return requestOf(
    'GET users/me/',
    question,
    object((row) => WaldurUser.parse(row)),
    parts,
  );
}

const usageOutcome: ReadAnswer<UsageOutcome> = (question, answer, now) => {
  // The address of one invoice, to a Waldur that does not know this one.
  if (answer.status === 405) throw new FailedAttempt(new WaldurTooOldError(question.toDo), { passing: false });
  return object(readOutcome)(question, answer, now);
};

const pageOf =
  <Row>(read: (row: unknown) => Row): ReadAnswer<WaldurPage<Row>> =>
  (question, answer, now) => ({
    rows: list(read)(question, answer, now),
    total: totalIn(question, answer),
    date: dateIn(answer),
  });

function totalIn(question: WaldurQuestion, { headers }: TransportAnswer): number {
  const total = headers['x-result-count'] ?? '';
  if (!/^\d{1,9}$/.test(total)) throw malformed(question, 'it does not say how many there are (X-Result-Count)');
  return Number(total);
}

function dateIn({ headers }: TransportAnswer): Date | undefined {
  const date = new Date(headers['date'] ?? '');
  return Number.isNaN(date.getTime()) ? undefined : date;
}
