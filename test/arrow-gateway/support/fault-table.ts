import { ArrowEmulator } from '../../../emulator/arrow-emulator.js';
import { consumptionLine, exportType } from '../../../emulator/data.js';
import type { FaultAction, FaultRule } from '../../../emulator/faults.js';
import { manyCustomers, manyExportLines, manyLicenses } from '../../../emulator/large-data.js';
import type { ArrowAccount, ArrowGateway } from '../../../src/arrow-gateway/arrow-gateway.js';
import { ArrowError } from '../../../src/arrow-gateway/arrow-gateway.errors.js';
import { accountOf, countsOf, gatewayUnderTest, type GatewayUnderTest } from './gateway.js';

const LICENSE = 'XSP8000001';
const CUSTOMER = 'XSP3000001';
const EXPORT_TYPE = 'E1-2-0123abcd';

export interface Operation {
  readonly name: string;
  /** HTTP requests of a run without a fault. */
  readonly requests: number;
  /** An attempt may take all of the call's time. */
  readonly slow?: boolean;
  /** A 404 or 405 sends it to the older listings. */
  readonly fallsBack?: boolean;
  run(gateway: ArrowGateway, account: ArrowAccount): Promise<unknown>;
}

async function collect(gateway: ArrowGateway, account: ArrowAccount): Promise<number> {
  let lines = 0;
  const query = { exportTypeReference: EXPORT_TYPE, periodFrom: '2026-05', periodTo: '2026-05' };
  for await (const page of gateway.exportPages(account, query)) lines += page.rows.length;
  return lines;
}

export const OPERATIONS: readonly Operation[] = [
  { name: 'whoAmI', requests: 1, run: (gateway, account) => gateway.whoAmI(account) },
  {
    name: 'listCustomers',
    requests: 3,
    run: async (gateway, account) => (await gateway.listCustomers(account)).data.length,
  },
  { name: 'getCustomer', requests: 1, run: (gateway, account) => gateway.getCustomer(account, CUSTOMER) },
  {
    name: 'listLicenses',
    requests: 2,
    fallsBack: true,
    run: async (gateway, account) => (await gateway.listLicenses(account, CUSTOMER)).data.length,
  },
  {
    name: 'findLicenses',
    requests: 1,
    fallsBack: true,
    run: (gateway, account) => gateway.findLicenses(account, [LICENSE, 'XSP8000002']),
  },
  { name: 'getLicense', requests: 1, run: (gateway, account) => gateway.getLicense(account, LICENSE) },
  {
    name: 'getMonthlyConsumption',
    requests: 1,
    slow: true,
    run: (gateway, account) => gateway.getMonthlyConsumption(account, LICENSE, '2026-04', '2026-05'),
  },
  {
    name: 'getConsumptionEstimate',
    requests: 1,
    slow: true,
    run: (gateway, account) => gateway.getConsumptionEstimate(account, LICENSE),
  },
  { name: 'listExportTypes', requests: 1, run: (gateway, account) => gateway.listExportTypes(account) },
  { name: 'getExportType', requests: 1, run: (gateway, account) => gateway.getExportType(account, EXPORT_TYPE) },
  { name: 'exportPages', requests: 3, slow: true, run: collect },
  { name: 'listVendors', requests: 2, run: (gateway, account) => gateway.listVendors(account, 'IAAS') },
];

/** Lists of several pages: what faults of paging are tried on. */
export const LISTS = OPERATIONS.filter(({ requests }) => requests > 1);

/** A world in which every list has several pages, the last of them not full. */
export function startWorld(): Promise<ArrowEmulator> {
  const customers = manyCustomers(250);
  const licenses = manyLicenses(150, customers.slice(0, 1));
  const programs = Array.from({ length: 130 }, (_, index) => ({
    reference: `program-${index}`,
    name: `Vendor ${index}`,
    associatedSubscriptionProgram: 'MSCSP',
  }));
  const values = [{ consumed: { buy: 1, sell: 2, list: 3 }, estimatedMin: 1, estimatedMax: 9 }];
  return ArrowEmulator.start({
    data: {
      customers,
      licenses,
      programs: { IAAS: programs },
      consumption: { [LICENSE]: [consumptionLine({ period: '2026-05' })] },
      predictions: { [LICENSE]: { currency: 'EUR', reportPeriod: '2026-05', billingStartDate: '2026-05-01', values } },
      exportTypes: [exportType({ reference: EXPORT_TYPE })],
      exportLines: manyExportLines(2_500, licenses),
    },
  });
}

export interface Expected {
  /** Code of the error; `undefined` = it went well. */
  readonly code?: string;
  /** HTTP requests sent. */
  readonly requests: number;
  /** Bounds of the time it took, in seconds. */
  readonly seconds?: readonly [atLeast: number, atMost: number];
  /** In the sentence of the error. */
  readonly says?: RegExp;
}

export interface Fault {
  readonly name: string;
  rule(now: number): Omit<FaultRule, 'action'> & { action: FaultAction | FaultAction[] };
  expect(operation: Operation): Expected;
}

export interface Run {
  readonly error?: ArrowError;
  readonly requests: number;
  /** On the gateway's own clock, which no test waits for. */
  readonly seconds: number;
}

/** Runs the operation against the fault, moving the gateway's time on whenever nothing but time can help. */
export async function runAgainst(
  fault: Fault | undefined,
  operation: Operation,
  emulator: ArrowEmulator,
): Promise<Run> {
  const under = gatewayUnderTest({ maxAnswerBytes: 4 * 1024 * 1024 });
  const start = under.timer.now();
  emulator.faults.clear();
  emulator.resetCounters();
  if (fault) emulator.faults.add(fault.rule(start));
  const progress = { settled: false };
  const running = operation.run(under.gateway, accountOf(emulator)).then(
    () => undefined,
    (error: unknown) => error,
  );
  void running.finally(() => (progress.settled = true));
  await passTime(under, emulator, progress);
  const error = await running;
  under.close();
  if (error !== undefined && !(error instanceof ArrowError)) throw new Error('Not a named error', { cause: error });
  return { error, requests: emulator.requests.length, seconds: (under.timer.now() - start) / 1000 };
}

/** Moves the time only when nothing else can happen: during a pause, and when all that runs is held up by the fault. */
async function passTime(
  under: GatewayUnderTest,
  emulator: ArrowEmulator,
  progress: { settled: boolean },
): Promise<void> {
  while (!progress.settled) {
    await new Promise((resolve) => setImmediate(resolve));
    const { attempts: sent } = await countsOf(under.registry);
    const [account] = under.metrics.snapshot().accounts;
    if (!account) continue;
    const held = sent === emulator.requests.length ? heldUp(emulator) : 0;
    if (account.running === 0 && account.waiting > 0 && account.pausedUntil) {
      under.timer.advance(account.pausedUntil.getTime() - under.timer.now());
    } else if (held > 0 && held === emulator.inFlight && held === account.running) under.timer.advanceToNext();
  }
}

/** Requests that will never be answered and whose senders still wait. */
function heldUp(emulator: ArrowEmulator): number {
  const hangs = emulator.faults.rules.filter(({ rule }) =>
    [rule.action].flat().some(({ kind }) => kind === 'hang' || kind === 'stall'),
  );
  const held = hangs.reduce((sum, { happened }) => sum + happened, 0);
  return held - emulator.requests.filter(({ aborted }) => aborted).length;
}

const always = (action: FaultAction | FaultAction[]) => () => ({ action });
const once = (action: FaultAction | FaultAction[]) => () => ({ action, count: 1 });
const status = (code: number, more: object = {}): FaultAction => ({ kind: 'status', status: code, ...more });
/** Retries end after four attempts: the back-off before them is at most 0.5, 1 and 2 seconds. */
const GAVE_UP = { requests: 4, seconds: [0, 3.5] } as const;
const wellAfterOneMore = ({ requests }: Operation): Expected => ({ requests: requests + 1, seconds: [0, 0.5] });
const notThere = (operation: Operation, code: string, says: RegExp): Expected =>
  operation.fallsBack
    ? { code: 'arrow_not_found', requests: 3, seconds: [0, 0] }
    : { code, requests: 1, seconds: [0, 0], says };

export const FAULTS: readonly Fault[] = [
  {
    name: 'wrong API key (401)',
    rule: always(status(401)),
    expect: () => ({ code: 'arrow_credentials_rejected', requests: 1, seconds: [0, 0] }),
  },
  {
    name: '200 whose body says 401',
    rule: always({ kind: 'body-status', status: 401 }),
    expect: () => ({ code: 'arrow_credentials_rejected', requests: 1, seconds: [0, 0] }),
  },
  {
    name: '200 with code 401 and data without rows',
    rule: always({ kind: 'body-says', keys: { code: 401, message: 'Unauthorized' }, empty: true }),
    expect: () => ({ code: 'arrow_credentials_rejected', requests: 1, seconds: [0, 0] }),
  },
  {
    name: '200 with status 403 as text, and the data',
    rule: always({ kind: 'body-says', keys: { status: '403', message: 'Forbidden' } }),
    expect: () => ({ code: 'arrow_not_allowed', requests: 1, seconds: [0, 0] }),
  },
  {
    name: '200 with code 500 and data without rows',
    rule: always({ kind: 'body-says', keys: { code: 500, message: 'Database is down' }, empty: true }),
    expect: () => ({ code: 'arrow_unavailable', requests: 1, seconds: [0, 0], says: /Database is down/ }),
  },
  {
    name: '200 with code 503 once',
    rule: () => ({ count: 1, action: { kind: 'body-says', keys: { code: 503 }, empty: true } }),
    expect: ({ requests }) => ({ requests: requests + 1, seconds: [0, 1] }),
  },
  {
    name: '200 with success: false and data without rows',
    rule: always({ kind: 'body-says', keys: { success: false, message: 'Quota used up' }, empty: true }),
    expect: () => ({ code: 'arrow_refused', requests: 1, seconds: [0, 0], says: /Quota used up/ }),
  },
  {
    name: '200 with an error and data without rows',
    rule: always({ kind: 'body-says', keys: { error: { code: 422, message: 'Bad filter' } }, empty: true }),
    expect: () => ({ code: 'arrow_refused', requests: 1, seconds: [0, 0], says: /Bad filter/ }),
  },
  {
    name: '200 with a code of its own and data without rows',
    rule: always({ kind: 'body-says', keys: { code: 40012, messages: ['No contract'] }, empty: true }),
    expect: () => ({ code: 'arrow_refused', requests: 1, seconds: [0, 0], says: /No contract/ }),
  },
  {
    name: '200 that says success in every way, its error empty',
    rule: always({
      kind: 'body-says',
      keys: { code: 0, status: 200, success: true, error: null, errors: [], message: 'success' },
    }),
    expect: ({ requests }) => ({ requests, seconds: [0, 0] }),
  },
  {
    name: 'key without the right (403)',
    rule: always(status(403)),
    expect: () => ({ code: 'arrow_not_allowed', requests: 1, seconds: [0, 0] }),
  },
  {
    name: 'not there (404)',
    rule: always(status(404)),
    expect: (operation) => notThere(operation, 'arrow_not_found', /does not have/),
  },
  {
    name: 'method refused (405)',
    rule: always(status(405)),
    expect: (operation) =>
      operation.fallsBack ? { code: 'arrow_refused', requests: 3 } : { code: 'arrow_refused', requests: 1 },
  },
  {
    name: 'refused (400)',
    rule: always(status(400)),
    expect: () => ({ code: 'arrow_refused', requests: 1, seconds: [0, 0], says: /: Emulated failure 400/ }),
  },
  { name: '429 once, no Retry-After', rule: once(status(429)), expect: wellAfterOneMore },
  {
    name: '429 once, Retry-After: 7',
    rule: once(status(429, { retryAfter: 7 })),
    expect: ({ requests }) => ({ requests: requests + 1, seconds: [7, 7] }),
  },
  {
    name: '429 once, Retry-After: a date in 9 s',
    rule: (now) => ({ action: status(429, { retryAfter: new Date(now + 9_000).toUTCString() }), count: 1 }),
    expect: ({ requests }) => ({ requests: requests + 1, seconds: [8, 9] }),
  },
  {
    name: '429, Retry-After: 3600',
    rule: always(status(429, { retryAfter: 3600 })),
    expect: () => ({ code: 'arrow_unavailable', requests: 1, seconds: [0, 0.5] }),
  },
  {
    name: '429 for ever',
    rule: always(status(429)),
    expect: () => ({ code: 'arrow_unavailable', ...GAVE_UP, says: /limiting our calls/ }),
  },
  { name: '503 once', rule: once(status(503)), expect: wellAfterOneMore },
  {
    name: '502 for ever',
    rule: always(status(502, { html: true })),
    expect: () => ({ code: 'arrow_unavailable', ...GAVE_UP, says: /status 502/ }),
  },
  {
    name: '503 for ever',
    rule: always(status(503, { html: true })),
    expect: () => ({ code: 'arrow_unavailable', ...GAVE_UP, says: /status 503/ }),
  },
  {
    name: '504 for ever',
    rule: always(status(504)),
    expect: () => ({ code: 'arrow_unavailable', ...GAVE_UP, says: /Emulated failure 504/ }),
  },
  {
    name: '503 once, Retry-After: 5',
    rule: once(status(503, { retryAfter: 5 })),
    expect: ({ requests }) => ({ requests: requests + 1, seconds: [5, 5] }),
  },
  {
    name: '500, JSON',
    rule: always(status(500)),
    expect: () => ({ code: 'arrow_unavailable', requests: 1, seconds: [0, 0], says: /Emulated failure 500/ }),
  },
  {
    name: '500, a web page',
    rule: always(status(500, { html: true })),
    expect: () => ({ code: 'arrow_unavailable', requests: 1, seconds: [0, 0] }),
  },
  {
    name: 'never answers',
    rule: always({ kind: 'hang' }),
    expect: ({ slow }) => ({
      code: 'arrow_timed_out',
      requests: slow ? 1 : 2,
      seconds: [30, 30],
      says: /within 30 s/,
    }),
  },
  {
    name: 'does not answer once',
    rule: once({ kind: 'hang' }),
    expect: ({ slow, requests }) =>
      slow
        ? { code: 'arrow_timed_out', requests: 1, seconds: [30, 30] }
        : { requests: requests + 1, seconds: [20, 20.5] },
  },
  {
    name: 'stops in the middle of the answer',
    rule: always({ kind: 'stall' }),
    expect: ({ slow }) => ({ code: 'arrow_timed_out', requests: slow ? 1 : 2, seconds: [30, 30] }),
  },
  { name: 'connection cut once', rule: once({ kind: 'reset-before-headers' }), expect: wellAfterOneMore },
  {
    name: 'connection cut for ever',
    rule: always({ kind: 'reset-before-headers' }),
    expect: () => ({ code: 'arrow_unavailable', ...GAVE_UP, says: /the connection was reset/ }),
  },
  { name: 'cut in the middle of the answer once', rule: once({ kind: 'reset-mid-body' }), expect: wellAfterOneMore },
  {
    name: 'cut in the middle of the answer for ever',
    rule: always({ kind: 'reset-mid-body' }),
    expect: () => ({ code: 'arrow_unavailable', ...GAVE_UP, says: /the connection was reset/ }),
  },
  { name: 'JSON cut short once', rule: once({ kind: 'truncated-json' }), expect: wellAfterOneMore },
  {
    name: 'JSON cut short for ever',
    rule: always({ kind: 'truncated-json' }),
    expect: () => ({ code: 'arrow_malformed_answer', ...GAVE_UP, says: /not JSON, or cut short/ }),
  },
  {
    name: '200 with nothing in it',
    rule: always({ kind: 'empty-body' }),
    expect: () => ({ code: 'arrow_malformed_answer', ...GAVE_UP, says: /it is empty/ }),
  },
  {
    name: '200 with a web page',
    rule: always({ kind: 'html' }),
    expect: () => ({ code: 'arrow_malformed_answer', requests: 1, seconds: [0, 0], says: /a web page, not JSON/ }),
  },
  { name: '200 without data once', rule: once({ kind: 'no-data' }), expect: wellAfterOneMore },
  {
    name: '200 without data for ever',
    rule: always({ kind: 'no-data' }),
    expect: () => ({ code: 'arrow_malformed_answer', ...GAVE_UP, says: /it has no (data|results)/ }),
  },
  {
    name: '200 with data: null for ever',
    rule: always({ kind: 'null-data' }),
    expect: () => ({ code: 'arrow_malformed_answer', ...GAVE_UP, says: /it has no (data|results)/ }),
  },
  {
    name: 'an answer of 5 MB (limit set to 4)',
    rule: always({ kind: 'oversized', bytes: 5 * 1024 * 1024 }),
    expect: () => ({ code: 'arrow_malformed_answer', requests: 1, seconds: [0, 0], says: /it is too large/ }),
  },
  {
    name: 'redirect to another host',
    rule: always({ kind: 'redirect', location: 'http://169.254.169.254/latest/meta-data/' }),
    expect: () => ({ code: 'arrow_malformed_answer', requests: 1, seconds: [0, 0], says: /which is not followed/ }),
  },
];

const INCOMPLETE = 'arrow_incomplete_answer';
/** A list is walked three times before it is given up; an export, which is handed on as it comes, once. */
const walks = (operation: Operation, each = operation.requests, exported = operation.requests): number =>
  operation.name === 'exportPages' ? exported : 3 * each;

export const PAGING_FAULTS: readonly Fault[] = [
  {
    name: 'a total that is too high',
    rule: always({ kind: 'wrong-totals', total: 9_999 }),
    expect: (operation) => ({
      code: INCOMPLETE,
      requests: walks(operation, operation.requests + 1),
      says: /9999 were announced and \d+ came/,
    }),
  },
  {
    name: 'a total that ends with the first page',
    rule: (): ReturnType<Fault['rule']> => ({ action: { kind: 'wrong-totals', total: 100, totalPages: 1 } }),
    expect: (operation) => ({ code: INCOMPLETE, requests: walks(operation, 2, 1) }),
  },
  {
    name: 'totals that change on the way',
    rule: always({ kind: 'changing-totals', by: 1 }),
    expect: (operation) => ({
      code: INCOMPLETE,
      requests: walks(operation, operation.requests, 2),
      says: /changed|came/,
    }),
  },
  {
    name: 'page 1 whatever was asked, and says so',
    rule: always({ kind: 'ignored-page', echo: 'first' }),
    expect: (operation) => ({
      code: INCOMPLETE,
      requests: operation.name === 'exportPages' ? 2 : operation.requests,
      says: /page [23] was asked for and page 1 came/,
    }),
  },
  {
    name: 'page 1 whatever was asked, and does not say so',
    rule: always({ kind: 'ignored-page', echo: 'asked' }),
    expect: (operation) => ({
      code: INCOMPLETE,
      requests: walks(operation, operation.requests, 2),
      says: /repeats a page|came twice/,
    }),
  },
  {
    name: 'rows that move on by one after the first page',
    rule: () => ({ after: 1, action: { kind: 'shift-rows' } }),
    expect: (operation) =>
      operation.name === 'exportPages'
        ? { code: 'arrow_export_shifted', requests: 2, says: /page 2 begins with a row of page 1/ }
        : { requests: operation.requests * 2 },
  },
  {
    name: 'a row lost from page 1',
    rule: always({ kind: 'drop-rows', count: 1 }),
    expect: (operation) => ({ code: INCOMPLETE, requests: walks(operation), says: /were announced and \d+ came/ }),
  },
  {
    name: 'a row twice',
    rule: always({ kind: 'duplicate-rows', count: 1 }),
    expect: (operation) => ({
      code: INCOMPLETE,
      requests: walks(operation),
      says: /came twice|more rows than a page has/,
    }),
  },
  {
    name: 'always a next page',
    rule: always({ kind: 'endless-next' }),
    expect: (operation) => ({ code: INCOMPLETE, requests: walks(operation) }),
  },
];
