/** What goes wrong. `kind` names it, the rest says how much of it. */
export type FaultAction =
  /** Answers this status instead: ArrowSphere's error body, another JSON body, or an HTML page. */
  | { kind: 'status'; status: number; body?: unknown; html?: boolean | string; retryAfter?: RetryAfter }
  /** Waits before the answer (or before the next fault) this long. */
  | { kind: 'delay'; ms: number }
  /** Never answers. */
  | { kind: 'hang' }
  /** Sends headers and half the body, then nothing more. */
  | { kind: 'stall' }
  /** Cuts the connection before or in the middle of the answer. */
  | { kind: 'reset-before-headers' }
  | { kind: 'reset-mid-body' }
  /** A complete HTTP answer whose JSON ends in the middle. */
  | { kind: 'truncated-json' }
  /** 200 with nothing in it. */
  | { kind: 'empty-body' }
  /** 200 with an HTML page. */
  | { kind: 'html' }
  /** Other totals than the true ones. */
  | { kind: 'wrong-totals'; total?: number; totalPages?: number }
  /** Total and total pages grow by this much with every further answer that the rule meets (default 1 and 0). */
  | { kind: 'changing-totals'; by?: number; byPages?: number }
  /** Page 1 whatever was asked; the answer says it is page 1, or the page asked for. */
  | { kind: 'ignored-page'; echo?: 'first' | 'asked' }
  /** The last rows of the list stand at its front from then on, so that those of one page come again on the next. */
  | { kind: 'shift-rows'; by?: number }
  | { kind: 'drop-rows'; count?: number; from?: 'start' | 'end' }
  | { kind: 'duplicate-rows'; count?: number }
  /** There is always a next page. */
  | { kind: 'endless-next' }
  /** 200 whose `data` (or `results`) is absent or null. */
  | { kind: 'no-data' }
  | { kind: 'null-data' }
  /** HTTP 200 whose body says another status. */
  | { kind: 'body-status'; status?: number; message?: string }
  /** HTTP 200 and the true answer with these keys in its envelope, e.g. `{ code: 401 }`; `empty`: its list has no rows. */
  | { kind: 'body-says'; keys: Record<string, unknown>; empty?: boolean }
  /** The true answer and this many bytes more. */
  | { kind: 'oversized'; bytes?: number }
  /** Rows of a table with cells missing at the end, or with cells too many. */
  | { kind: 'short-rows'; by?: number }
  | { kind: 'long-rows'; by?: number }
  /** The header, and its cells, a second time (default: the first header). */
  | { kind: 'duplicate-header'; header?: string }
  | { kind: 'rename-columns'; names: Record<string, string> }
  | { kind: 'redirect'; location: string; status?: number };

/** Seconds, a date that many seconds from now, or any text. */
export type RetryAfter = number | { dateIn: number } | string;

/** Which calls a fault meets, and how often. All conditions must hold; those not given hold always. */
export interface FaultRule {
  method?: string;
  /** Tested against the path below the base, e.g. `/^customers$/`; text is the source of a regular expression. */
  path?: RegExp | string;
  /** The page asked for, in query or body; 1 where none was. */
  page?: number;
  /** Reference of the partner whose key was sent. */
  partner?: string;
  /** Only the nth call (1 = first) that meets the other conditions. */
  nth?: number;
  /** Skip that many calls first. */
  after?: number;
  /** At most that many times; default: for ever. */
  count?: number;
  /** Several happen in order, e.g. a delay and then a reset. */
  action: FaultAction | FaultAction[];
}

export interface ActiveFault {
  readonly id: number;
  readonly rule: FaultRule;
  /** Calls that met the conditions apart from `nth`, `after` and `count`. */
  readonly met: number;
  /** Times the fault happened. */
  readonly happened: number;
}

const KINDS: Record<FaultAction['kind'], true> = {
  status: true,
  delay: true,
  hang: true,
  stall: true,
  'reset-before-headers': true,
  'reset-mid-body': true,
  'truncated-json': true,
  'empty-body': true,
  html: true,
  'wrong-totals': true,
  'changing-totals': true,
  'ignored-page': true,
  'shift-rows': true,
  'drop-rows': true,
  'duplicate-rows': true,
  'endless-next': true,
  'no-data': true,
  'null-data': true,
  'body-status': true,
  'body-says': true,
  oversized: true,
  'short-rows': true,
  'long-rows': true,
  'duplicate-header': true,
  'rename-columns': true,
  redirect: true,
};
const CONDITIONS = ['method', 'path', 'page', 'partner', 'nth', 'after', 'count', 'action'];

/** Throws an `Error` that says what is wrong with a rule that came as JSON. */
export function checkRule(rule: unknown): asserts rule is FaultRule {
  if (typeof rule !== 'object' || rule === null) throw new Error('A rule is an object');
  const unknown = Object.keys(rule).filter((key) => !CONDITIONS.includes(key));
  if (unknown.length > 0) throw new Error(`Unknown in a rule: ${unknown.join(', ')}`);
  const { action, path } = rule as Partial<FaultRule>;
  if (path !== undefined) new RegExp(path);
  for (const one of [action].flat()) {
    if (!one || !(one.kind in KINDS))
      throw new Error(`Each action needs a kind out of: ${Object.keys(KINDS).join(', ')}`);
  }
}

/** What a rule looks at. */
export interface FaultSubject {
  method: string;
  path: string;
  page: number;
  partner: string | null;
}

/** An action on its way to happen; `nth` counts from 1 for each rule. */
export interface PlannedAction {
  action: FaultAction;
  nth: number;
}

/** The rules in force. They may be changed while requests run; a request keeps the actions it was given. */
export class FaultPlan {
  private readonly active: Array<{ id: number; rule: FaultRule; path?: RegExp; met: number; happened: number }> = [];
  private lastId = 0;

  get rules(): readonly ActiveFault[] {
    return this.active.map(({ id, rule, met, happened }) => ({ id, rule, met, happened }));
  }

  /** Returns the rule's number, for `remove`. Throws an `Error` for a rule that cannot be understood. */
  add(rule: FaultRule): number {
    checkRule(rule);
    const path = rule.path === undefined ? undefined : new RegExp(rule.path);
    this.active.push({ id: ++this.lastId, rule, path, met: 0, happened: 0 });
    return this.lastId;
  }

  remove(id: number): boolean {
    const index = this.active.findIndex((entry) => entry.id === id);
    if (index >= 0) this.active.splice(index, 1);
    return index >= 0;
  }

  clear(): void {
    this.active.length = 0;
  }

  /** Counts the call and gives what shall happen to it. */
  take(subject: FaultSubject): PlannedAction[] {
    const planned: PlannedAction[] = [];
    for (const entry of this.active) {
      const { rule, path } = entry;
      if (rule.method !== undefined && rule.method.toUpperCase() !== subject.method) continue;
      // A fresh start for expressions with the g or y flag.
      if (path) path.lastIndex = 0;
      if (path && !path.test(subject.path)) continue;
      if (rule.page !== undefined && rule.page !== subject.page) continue;
      if (rule.partner !== undefined && rule.partner !== subject.partner) continue;
      entry.met += 1;
      if (rule.nth !== undefined && entry.met !== rule.nth) continue;
      if (entry.met <= (rule.after ?? 0)) continue;
      if (entry.happened >= (rule.count ?? Infinity)) continue;
      entry.happened += 1;
      for (const action of [rule.action].flat()) planned.push({ action, nth: entry.happened });
    }
    return planned;
  }
}
