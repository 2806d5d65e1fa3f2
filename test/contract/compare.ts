import { bodyOf, callOf, schemaOf, schemasOf, type Contract, type Operation, type Schema } from './contract.js';
import {
  condenseSchemes,
  METHODS,
  resolve,
  type OpenApiDocument,
  type OpenApiOperation,
  type OpenApiParameter,
} from './condense.js';
import type { AllowedDifference } from './deviations.js';

/** One place where the published document is not what the contract says. */
export interface Difference {
  /** `operation: where: what`, one line. */
  text: string;
  /** Why it is allowed; undefined where it is not. */
  reason?: string;
}

/** What comparing gave: every difference, and the allowances that met none. */
export interface Comparison {
  differences: Difference[];
  stale: AllowedDifference[];
}

/** Compares a published OpenAPI document with the contract: it may add, and must neither lack nor change anything. */
export function compare(contract: Contract, published: OpenApiDocument, allowed: AllowedDifference[]): Comparison {
  const comparer = new Comparer(contract, published);
  for (const [operationId, operation] of Object.entries(contract.operations))
    comparer.operation(operationId, operation);
  const differences = [...new Set(comparer.lines)].map((text) => ({
    text,
    reason: allowed.find(({ difference }) => difference.test(text))?.reason,
  }));
  return {
    differences,
    stale: allowed.filter(({ difference }) => !comparer.lines.some((line) => difference.test(line))),
  };
}

/** Whether a body is one we read (a request) or one we write (an answer): what may be stricter differs. */
type Direction = 'request' | 'answer';

class Comparer {
  readonly lines: string[] = [];
  private readonly schemas: Record<string, Schema>;

  constructor(
    private readonly contract: Contract,
    private readonly published: OpenApiDocument,
  ) {
    this.schemas = schemasOf(contract);
  }

  operation(operationId: string, wanted: Operation): void {
    const { method, path } = callOf(wanted);
    const found = this.published.paths[path]?.[method.toLowerCase()];
    if (!found) {
      this.lines.push(`${operationId}: ${wanted.call} is missing${this.elsewhere(operationId)}`);
      return;
    }
    const report = (where: string, what: string) => this.lines.push(`${operationId}: ${where}: ${what}`);
    if (found.operationId !== operationId) report('operation id', `is ${found.operationId}`);
    this.parameters(wanted, found, report);
    this.security(wanted, found, report);
    this.body(wanted, found, report);
    this.answers(wanted, found, report);
  }

  private elsewhere(operationId: string): string {
    for (const [path, item] of Object.entries(this.published.paths)) {
      for (const method of METHODS)
        if (item[method]?.operationId === operationId) return `, it stands at ${method.toUpperCase()} ${path}`;
    }
    return '';
  }

  private parameters(wanted: Operation, found: OpenApiOperation, report: Report): void {
    const parameters = new Map(
      (found.parameters ?? [])
        .map((given) => resolve(this.published, given))
        .map((each) => [`${each.in} ${each.name}`, each]),
    );
    for (const [, name] of callOf(wanted).path.matchAll(/\{(\w+)\}/g))
      this.parameter(`path ${name}`, 'uuid', true, parameters, report);
    for (const [key, type] of Object.entries(wanted.query ?? {})) {
      this.parameter(`query ${key.replace(/\?$/, '')}`, type as string, !key.endsWith('?'), parameters, report);
    }
    const known = new Set(Object.keys(wanted.query ?? {}).map((key) => `query ${key.replace(/\?$/, '')}`));
    for (const [key, { required }] of parameters) {
      if (key.startsWith('query ') && required && !known.has(key)) report(key, 'is required and not in the contract');
    }
  }

  private parameter(
    key: string,
    type: string,
    required: boolean,
    parameters: Map<string, OpenApiParameter>,
    report: Report,
  ): void {
    const parameter = parameters.get(key);
    if (!parameter) return report(key, 'is missing');
    if (Boolean(parameter.required) !== required) report(key, required ? 'is not required' : 'is required');
    const list = /^(repeated|joined) /.exec(type)?.[1];
    const written = parameter.explode === false ? 'joined' : 'repeated';
    if (list && list !== written) report(key, `is ${written}, not ${list}`);
    this.schema(schemaOf(type), parameter.schema ?? {}, 'request', (where, what) => report(`${key}${where}`, what));
  }

  /** A client sends every scheme a document names, so the kinds have to be the same, under whatever names. */
  private security(wanted: Operation, found: OpenApiOperation, report: Report): void {
    const schemes = Object.entries(condenseSchemes(this.published));
    const given = (found.security ?? this.published.security ?? []).flatMap((each) => Object.keys(each));
    const ours = new Set(schemes.filter(([name]) => given.includes(name)).map(([, kind]) => kind));
    const theirs = new Set(wanted.open ? [] : this.contract.security.map((name) => this.contract.schemes[name]!));
    for (const kind of theirs) if (!ours.has(kind)) report('security', `${kind} is missing`);
    for (const kind of ours) if (!theirs.has(kind)) report('security', `${kind} is added`);
  }

  private body(wanted: Operation, found: OpenApiOperation, report: Report): void {
    const body = bodyOf(wanted);
    const given = found.requestBody;
    if (!body) return given?.required ? report('request', 'a body is required') : undefined;
    const schema = given?.content['application/json']?.schema;
    if (!schema) return report('request', 'no JSON body is described');
    if (Boolean(given.required) !== body.required)
      report('request', body.required ? 'the body is not required' : 'the body is required');
    this.schema(schemaOf(body.type), schema, 'request', (where, what) => report(`request${where}`, what));
  }

  private answers(wanted: Operation, found: OpenApiOperation, report: Report): void {
    for (const [status, type] of Object.entries(wanted.answers)) {
      const given = found.responses?.[status];
      if (!given) {
        report(`answer ${status}`, 'is missing');
        continue;
      }
      const response = resolve(this.published, given);
      const schema = response.content?.['application/json']?.schema;
      if (type === null) continue;
      if (!schema) report(`answer ${status}`, 'no JSON body is described');
      else this.schema(schemaOf(type), schema, 'answer', (where, what) => report(`answer ${status}${where}`, what));
      if (status >= '300') continue;
      const headers = Object.keys(response.headers ?? {}).map((name) => name.toLowerCase());
      for (const header of wanted.headers ?? [])
        if (!headers.includes(header)) report(`answer ${status}`, `the header ${header} is missing`);
    }
    for (const status of Object.keys(found.responses ?? {})) {
      if (status < '300' && !(status in wanted.answers))
        report(`answer ${status}`, 'is a success the contract does not know');
    }
  }

  /** Compares two schemas as far as the contract speaks; `report` takes where inside the body, and what. */
  private schema(wantedRef: Schema, foundRef: Schema, direction: Direction, report: Report): void {
    const wanted = this.flat(wantedRef, (ref) => this.schemas[ref.replace('#/components/schemas/', '')]!);
    const found = this.flat(foundRef, (ref) => resolve<Schema>(this.published, { $ref: ref }));
    if (wanted.anyOf) return this.alternatives(wanted, found, report);
    for (const key of ['type', 'format', 'nullable'] as const) {
      if ((wanted[key] || undefined) !== (found[key] || undefined))
        report('', `${key} is ${found[key]}, not ${wanted[key]}`);
    }
    if (wanted.enum || found.enum) this.choices(wanted, found, direction, report);
    if (direction === 'request') this.limits(wanted, found, report);
    if (wanted.type === 'array' && found.type === 'array') {
      this.schema(wanted.items ?? {}, found.items ?? {}, direction, (where, what) => report(`[]${where}`, what));
    }
    for (const [key, schema] of Object.entries(wanted.properties ?? {})) {
      const same = found.properties?.[key];
      if (!same) report(`.${key}`, 'is missing');
      else this.schema(schema, same, direction, (where, what) => report(`.${key}${where}`, what));
    }
    this.required(wanted, found, direction, report);
  }

  /** An error's body may be described as any one of the contract's alternatives. */
  private alternatives(wanted: Schema, found: Schema, report: Report): void {
    const given = found.anyOf ?? found.oneOf ?? [found];
    for (const alternative of given) {
      const fits = wanted.anyOf!.some((each) => {
        const inner: string[] = [];
        this.schema(each, alternative, 'answer', (where, what) => inner.push(`${where} ${what}`));
        return inner.length === 0;
      });
      if (!fits) report('', 'is none of the described alternatives');
    }
  }

  private choices(wanted: Schema, found: Schema, direction: Direction, report: Report): void {
    const [ours, theirs] = [found.enum ?? [], wanted.enum ?? []];
    const lacking = theirs.filter((each) => !ours.includes(each));
    const added = direction === 'answer' || theirs.length === 0 ? ours.filter((each) => !theirs.includes(each)) : [];
    if (ours.length === 0) report('', `any value, not one of ${theirs.join(', ')}`);
    else if (lacking.length > 0) report('', `the choices ${lacking.join(', ')} are missing`);
    if (added.length > 0) report('', `the choices ${added.join(', ')} are added`);
  }

  /** A request may not be refused for a limit that the contract does not have. */
  private limits(wanted: Schema, found: Schema, report: Report): void {
    for (const key of ['minLength', 'minimum', 'maxLength', 'maximum', 'pattern', 'default'] as const) {
      if (wanted[key] === undefined ? found[key] !== undefined && key !== 'default' : wanted[key] !== found[key]) {
        report('', `${key} is ${JSON.stringify(found[key])}, not ${JSON.stringify(wanted[key])}`);
      }
    }
  }

  private required(wanted: Schema, found: Schema, direction: Direction, report: Report): void {
    const [ours, theirs] = [found.required ?? [], wanted.required ?? []];
    for (const key of theirs) if (!ours.includes(key) && found.properties?.[key]) report(`.${key}`, 'is not required');
    if (direction === 'answer') return;
    for (const key of ours) if (!theirs.includes(key)) report(`.${key}`, 'is required');
  }

  private flat(schema: Schema, lookUp: (ref: string) => Schema): Schema {
    if (schema.$ref)
      return this.flat({ ...lookUp(schema.$ref), ...(schema.nullable ? { nullable: true } : {}) }, lookUp);
    if (schema.allOf?.length === 1) return this.flat({ ...schema, ...schema.allOf[0], allOf: undefined }, lookUp);
    return schema;
  }
}

type Report = (where: string, what: string) => void;
