import { startApp, type TestApp } from '../support/app.js';
import { CASES } from './cases.js';
import { ContractChecker } from './checker.js';
import { compare } from './compare.js';
import type { OpenApiDocument } from './condense.js';
import { callOf, readContract } from './contract.js';
import { ALLOWED_DIFFERENCES, NEVER_REACHED } from './deviations.js';
import {
  Harness,
  nextPageForPython,
  nextQueryForHomePort,
  type Case,
  type JsonAnswer,
  type Result,
} from './harness.js';
import { PublishedChecker } from './published.js';
import { Reached } from './reached.js';
import { World } from './world.js';

const contract = readContract();
const operations = Object.keys(contract.operations);
const lists = operations.filter(
  (operationId) =>
    contract.operations[operationId]!.headers?.includes('link') &&
    callOf(contract.operations[operationId]!).method === 'GET',
);

describe('Every official client works', () => {
  let app: TestApp;
  let world: World;
  let harness: Harness;
  let document: OpenApiDocument;
  let published: PublishedChecker;
  const reached = new Reached(contract);
  let turn = 0;

  beforeAll(async () => {
    app = await startApp();
    world = await World.furnish(app);
    harness = new Harness(contract, new ContractChecker(contract), app.url);
    document = JSON.parse((await harness.wire.send('GET', '/docs/openapi.json')).text) as OpenApiDocument;
    published = new PublishedChecker(document, contract);
  });

  afterAll(async () => {
    harness?.close();
    world?.close();
    await app?.stop();
  });

  it('has a case for every operation, and none for anything else', () => {
    expect(Object.keys(CASES).sort()).toEqual([...operations].sort());
    for (const [operationId, makers] of Object.entries(CASES)) {
      if (makers.length === 0) throw new Error(`${operationId} has no case.`);
    }
  });

  it('publishes a document that lacks nothing of the contract and changes nothing', () => {
    const { differences, stale } = compare(contract, document, ALLOWED_DIFFERENCES);
    expect(differences.filter(({ reason }) => !reason).map(({ text }) => text)).toEqual([]);
    expect(stale).toEqual([]);
  });

  it.each(operations)('%s answers as the contract says', async (operationId) => {
    const result: Result = { operationId, cases: 0, faults: [] };
    for (const scheme of ['Token', 'Bearer']) {
      for (const make of CASES[operationId] ?? []) {
        result.cases += 1;
        let about = scheme;
        let each: Case | undefined;
        try {
          each = await make(world, ++turn);
          if (each.about) about += ` (${each.about})`;
          result.faults.push(...(await faultsOf(operationId, each, scheme)).map((text) => `${about}: ${text}`));
        } catch (error) {
          // The table has to know, too.
          result.faults.push(`${about}: ${(error as Error).message}`);
        } finally {
          each?.after?.();
        }
      }
    }
    expect(result.faults).toEqual([]);
  });

  /** Makes a call and judges its answer: by the contract, by our own document, and by what the case asks for. */
  async function faultsOf(operationId: string, each: Case, scheme: string): Promise<string[]> {
    const answer = await harness.call(operationId, each, scheme);
    // A sparse answer is short of keys by request.
    const sparse = /(^|&)field=/.test(each.query ?? '');
    const faults = [
      ...harness.faultsOf(operationId, answer),
      ...published.faultsOf(operationId, answer.status, answer.body),
    ].filter((text) => !sparse || !text.includes('must have required property'));
    if (faults.length === 0) {
      reached.see(operationId, answer.body);
      await each.check?.(answer);
    }
    return faults;
  }

  it('every key of the contract had a value in some answer', () => {
    const reasons = (path: string) => NEVER_REACHED.filter(({ key }) => key.test(path)).map(({ reason }) => reason);
    const missing = reached.missing();
    expect(missing.filter((path) => reasons(path).length === 0)).toEqual([]);
    expect(NEVER_REACHED.filter(({ key }) => !missing.some((path) => key.test(path)))).toEqual([]);
  });

  it.each(lists)('%s is paged as both clients read it, and HEAD agrees', async (operationId) => {
    const { path } = callOf(contract.operations[operationId]!);
    const whole = await world.get<unknown[]>(`${path}?page_size=300`);
    const send = (method: string, url: string) =>
      harness.wire.send(method, url, { headers: { authorization: `Token ${world.tokens.staff}` } });
    const size = Math.max(1, Math.ceil(whole.length / 3));
    const seen: unknown[] = [];
    let query: string | undefined = `page_size=${size}`;
    for (let page = 1; query !== undefined; page++) {
      const answer: JsonAnswer = withBody(await send('GET', `${path}?${query}`));
      const link = String(answer.headers.link);
      seen.push(...(answer.body as unknown[]));
      expect(answer.headers['x-result-count']).toBe(String(whole.length));
      expect(link).toMatch(
        /^<[^>]+>; rel="first"(, <[^>]+>; rel="prev")?(, <[^>]+>; rel="next")?, <[^>]+>; rel="last"$/,
      );
      const head = await send('HEAD', `${path}?${query}`);
      expect([head.status, head.text, head.headers.link, head.headers['x-result-count']]).toEqual([
        200,
        '',
        link,
        String(whole.length),
      ]);
      query = nextQueryForHomePort(link);
      expect(nextPageForPython(link)).toBe(query === undefined ? undefined : String(page + 1));
    }
    expect(seen).toEqual(whole);
  });
});

function withBody(answer: Awaited<ReturnType<Harness['wire']['send']>>): JsonAnswer {
  return { ...answer, body: JSON.parse(answer.text) as unknown };
}
