import type { ContractChecker } from './checker.js';
import { callOf, successOf, type Contract } from './contract.js';
import { STAFF_TOKEN } from '../support/app.js';
import { Wire, type WireAnswer } from './wire.js';

/** One call of an operation that should succeed. */
export interface Case {
  /** What the case is about, where an operation has several. */
  about?: string;
  uuid?: string;
  query?: string;
  body?: unknown;
  /** Who calls, where it is not the staff user's own token. */
  token?: string;
  /** What else must hold of the answer, thrown as a Jest failure. */
  check?: (answer: JsonAnswer) => void | Promise<void>;
  /** Puts back what was changed for this call, however it ended. */
  after?: () => void;
}

/** Makes a case; `turn` is another number on every call, for values that have to be new. */
export type CaseMaker<World> = (world: World, turn: number) => Case | Promise<Case>;

export interface JsonAnswer extends WireAnswer {
  /** The parsed body; undefined where there is none. */
  body: unknown;
}

/** What one operation's cases gave. */
export interface Result {
  operationId: string;
  cases: number;
  faults: string[];
}

/** Calls operations by their id and judges the answers by the contract. */
export class Harness {
  readonly wire: Wire;

  constructor(
    readonly contract: Contract,
    readonly checker: ContractChecker,
    baseUrl: string,
  ) {
    this.wire = new Wire(baseUrl);
  }

  /** Sends one case of an operation; `scheme` is `Token` or `Bearer`. */
  async call(operationId: string, { uuid, query, body, token }: Case, scheme: string): Promise<JsonAnswer> {
    const authorization = `${scheme} ${token ?? STAFF_TOKEN}`;
    const { method, path } = callOf(this.contract.operations[operationId]!);
    if (path.includes('{uuid}') && !uuid) throw new Error(`The case of ${operationId} names no object.`);
    const answer = await this.wire.send(method, `${path.replace('{uuid}', uuid ?? '')}${query ? `?${query}` : ''}`, {
      headers: { authorization, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { ...answer, body: answer.text === '' ? undefined : (JSON.parse(answer.text) as unknown) };
  }

  /** What is wrong with a success answer: its status, media type, headers and body. */
  faultsOf(operationId: string, answer: JsonAnswer): string[] {
    const operation = this.contract.operations[operationId]!;
    const { method } = callOf(operation);
    const wanted = successOf(operation);
    if (answer.status !== wanted) return [`status ${answer.status}, not ${wanted}: ${answer.text.slice(0, 300)}`];
    const faults =
      method === 'HEAD'
        ? this.faultsOfHead(answer)
        : this.checker.faultsOfAnswer(operationId, answer.status, answer.body);
    if (answer.body !== undefined && !/^application\/json(;|$)/.test(answer.headers['content-type'] ?? '')) {
      faults.push(`media type ${answer.headers['content-type']}`);
    }
    for (const header of operation.headers ?? [])
      if (!answer.headers[header]) faults.push(`the header ${header} is missing`);
    return faults;
  }

  /** Every HEAD of the contract is a count: the Python client reads a number from it, for objects too. */
  private faultsOfHead({ headers, text }: JsonAnswer): string[] {
    return [
      ...(text === '' ? [] : ['a body in the answer to HEAD']),
      ...(/^\d+$/.test(String(headers['x-result-count']))
        ? []
        : [`X-Result-Count is ${String(headers['x-result-count'])}`]),
    ];
  }

  close(): void {
    this.wire.close();
  }
}

/** Page numbers as the official Python client finds them: `Link` cut at commas and semicolons, `page` of `next`. */
export function nextPageForPython(link: string): string | undefined {
  for (const part of link.split(',')) {
    const [url, ...parameters] = part.split(';');
    if (parameters.some((each) => each.trim() === 'rel="next"'))
      return new URL(url!.trim().slice(1, -1)).searchParams.get('page') ?? undefined;
  }
  return undefined;
}

/** The query of the next page as HomePort finds it: `Link` cut at comma-space, the part after `/?`. */
export function nextQueryForHomePort(link: string): string | undefined {
  const next = link.split(', ').find((part) => part.includes('rel="next"'));
  return next && /<(.*)>/.exec(next)?.[1]?.split('/?')[1];
}
