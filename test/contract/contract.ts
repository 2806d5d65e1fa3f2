import { readFileSync } from 'node:fs';

/**
 * The project's own statement of what Waldur's clients expect of the wire, in a compact form (`contract.json`).
 *
 * A field reads `"name": "type"`, an optional one `"name?": "type"`. Types:
 *
 * | written                                                  | is                                                       |
 * | -------------------------------------------------------- | -------------------------------------------------------- |
 * | `string` `uuid` `uri` `email` `date` `date-time`         | text, with its format                                    |
 * | `string(1..255)` `uri(..255)` `integer(1..12)`           | with limits: length of text, value of numbers            |
 * | `string(..50 /^[a-z]+$/)`                                | with a pattern                                           |
 * | `decimal(12.10)`                                         | decimal text: digits before and after the point, at most |
 * | `integer` `number` `boolean` `object` `map(integer)`     | as in JSON                                               |
 * | `ArrowSettings` `ResourceState`                          | an object or a choice of this file                       |
 * | `X[]`, `X or Y`, `X|null`, `X = false`                   | a list, alternatives, may be null, has a default         |
 * | `repeated X`, `joined X`                                 | query lists: `k=a&k=b`, `k=a,b`                          |
 * | `[{…}]`                                                  | a list of objects that have no name of their own         |
 */
export interface Contract {
  /** How a caller may authenticate: name of the scheme → kind. */
  schemes: Record<string, string>;
  /** Which of them every operation that is not open takes. */
  security: string[];
  choices: Record<string, (string | number)[]>;
  objects: Record<string, Fields>;
  operations: Record<string, Operation>;
}

export type FieldType = string | [Fields];
export interface Fields {
  [name: string]: FieldType;
}

export interface Operation {
  /** Method and path, for example `GET /api/customers/{uuid}/`. */
  call: string;
  /** True where no token is needed. */
  open?: true;
  query?: Fields;
  /** The body's type; ends in `?` where a body may be left out. */
  body?: string;
  /** Status → type of the body; null where the description names no body. */
  answers: Record<string, FieldType | null>;
  /** Headers the success answer carries. */
  headers?: string[];
}

/** The JSON Schema keywords this suite speaks: OpenAPI 3.0's, read by the checker and by the comparer. */
export interface Schema {
  $ref?: string;
  type?: string;
  format?: string;
  enum?: (string | number | boolean | null)[];
  nullable?: boolean;
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  additionalProperties?: Schema | boolean;
  anyOf?: Schema[];
  not?: Schema;
  oneOf?: Schema[];
  allOf?: Schema[];
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  pattern?: string;
  default?: unknown;
  [extension: `x-${string}`]: unknown;
}

/** Reads the statement of the contract that stands beside this file. */
export function readContract(): Contract {
  return JSON.parse(readFileSync(new URL('./contract.json', import.meta.url), 'utf8')) as Contract;
}

/** The method (upper case) and the path of an operation. */
export function callOf(operation: Operation): { method: string; path: string } {
  const [method, path] = operation.call.split(' ');
  return { method: method!, path: path! };
}

/** The status an operation answers when all is well: the one below 300. Throws when there is not exactly one. */
export function successOf(operation: Operation): number {
  const statuses = Object.keys(operation.answers).filter((status) => status < '300');
  if (statuses.length !== 1) throw new Error(`${operation.call} has ${statuses.length} success answers.`);
  return Number(statuses[0]);
}

/** The type of a request body and whether it has to be sent; undefined where an operation takes none. */
export function bodyOf(operation: Operation): { type: string; required: boolean } | undefined {
  if (operation.body === undefined) return undefined;
  const required = !operation.body.endsWith('?');
  return { type: required ? operation.body : operation.body.slice(0, -1), required };
}

/** Turns the fields of a compact object into an object schema. */
export function objectSchema(fields: Fields): Schema {
  const entries = Object.entries(fields).map(([key, type]) => [key.replace(/\?$/, ''), schemaOf(type)] as const);
  const required = Object.keys(fields).filter((key) => !key.endsWith('?'));
  return {
    type: 'object',
    properties: Object.fromEntries(entries),
    ...(required.length > 0 ? { required } : {}),
  };
}

const FORMATS: Record<string, Schema> = {
  string: { type: 'string' },
  uuid: { type: 'string', format: 'uuid' },
  uri: { type: 'string', format: 'uri' },
  email: { type: 'string', format: 'email' },
  date: { type: 'string', format: 'date' },
  'date-time': { type: 'string', format: 'date-time' },
  decimal: { type: 'string', format: 'decimal' },
  integer: { type: 'integer' },
  number: { type: 'number', format: 'double' },
  boolean: { type: 'boolean' },
  object: { type: 'object' },
};

/** Turns a compact type into a schema; names become `#/components/schemas/<name>`. Throws on what it cannot read. */
export function schemaOf(type: FieldType): Schema {
  if (typeof type !== 'string') return { type: 'array', items: objectSchema(type[0]) };
  const [, list, rest] = /^(?:(repeated|joined) )?(.*)$/s.exec(type)!;
  if (list) return { type: 'array', items: schemaOf(rest!) };
  const preset = / = (.*)$/.exec(type);
  if (preset) return { ...schemaOf(type.slice(0, preset.index)), default: JSON.parse(preset[1]!) as unknown };
  if (type.includes(' or ')) return { anyOf: type.split(' or ').map(schemaOf) };
  if (type.endsWith('|null')) return { ...schemaOf(type.slice(0, -5)), nullable: true };
  if (type.endsWith('[]')) return { type: 'array', items: schemaOf(type.slice(0, -2)) };
  const map = /^map\((.*)\)$/.exec(type);
  if (map) return { type: 'object', additionalProperties: schemaOf(map[1]!) };
  return simpleSchema(type);
}

function simpleSchema(type: string): Schema {
  const [, word, limits] = /^([\w-]+)(?:\((.*)\))?$/s.exec(type) ?? [];
  if (!word) throw new Error(`"${type}" is no type of the contract's form.`);
  const base = FORMATS[word];
  if (!base) {
    if (limits === undefined && /^[A-Z]/.test(word)) return { $ref: `#/components/schemas/${word}` };
    throw new Error(`"${type}" is no type of the contract's form.`);
  }
  if (limits === undefined) return { ...base };
  if (word === 'decimal') {
    const [before, after] = limits.split('.');
    return { ...base, pattern: `^-?\\d{0,${before}}(?:\\.\\d{0,${after}})?$` };
  }
  const [, range, pattern] = /^(\S*?)\s*(?:\/(.*)\/)?$/s.exec(limits)!;
  const [low, high] = range === '' ? ['', ''] : range!.split('..');
  const [least, most] = base.type === 'string' ? ['minLength', 'maxLength'] : ['minimum', 'maximum'];
  return {
    ...base,
    ...(low ? { [least]: Number(low) } : {}),
    ...(high ? { [most]: Number(high) } : {}),
    ...(pattern ? { pattern } : {}),
  };
}

/** All named objects and choices of a contract as schemas, by name. */
export function schemasOf(contract: Contract): Record<string, Schema> {
  const objects = Object.entries(contract.objects).map(([name, fields]) => [name, objectSchema(fields)] as const);
  const choices = Object.entries(contract.choices).map(
    ([name, values]) => [name, { type: typeof values[0] === 'number' ? 'integer' : 'string', enum: values }] as const,
  );
  return Object.fromEntries<Schema>([...objects, ...choices]);
}
