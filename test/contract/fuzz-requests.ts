import fc from 'fast-check';

import { METHODS, resolve, type OpenApiDocument, type OpenApiParameter } from './condense.js';
import type { Schema } from './contract.js';
import { anyValue, hostileText, hostileValue, placeholder, type LiveObjects } from './hostile-values.js';

/** One request as it goes over the wire: everything in it can be sent by `node:http`. */
export interface WireRequest {
  /** The operation it was made from; what the server makes of it may be something else. */
  operationId: string;
  method: string;
  path: string;
  headers: Record<string, string>;
  body?: string;
}

interface Target {
  operationId: string;
  method: string;
  path: string;
  query: OpenApiParameter[];
  body?: Schema;
}

/** Every operation of a published document, with the schema of its body. */
function targetsOf(document: OpenApiDocument): Target[] {
  return Object.entries(document.paths).flatMap(([path, item]) =>
    METHODS.flatMap((method): Target[] => {
      const operation = item[method];
      if (!operation) return [];
      const parameters = (operation.parameters ?? []).map((given) => resolve(document, given));
      const body = operation.requestBody?.content['application/json']?.schema;
      return [
        {
          operationId: operation.operationId ?? `${method} ${path}`,
          method: method.toUpperCase(),
          path,
          query: parameters.filter((parameter) => parameter.in === 'query'),
          ...(body ? { body: inlined(document, body) } : {}),
        },
      ];
    }),
  );
}

function inlined(document: OpenApiDocument, schema: Schema): Schema {
  if (schema.$ref) return inlined(document, resolve<Schema>(document, { $ref: schema.$ref }));
  if (schema.allOf?.length === 1) return inlined(document, { ...schema, ...schema.allOf[0], allOf: undefined });
  return {
    ...schema,
    ...(schema.items ? { items: inlined(document, schema.items) } : {}),
    ...(schema.properties
      ? {
          properties: Object.fromEntries(
            Object.entries(schema.properties).map(([key, value]) => [key, inlined(document, value)]),
          ),
        }
      : {}),
  };
}

/** Requests for all operations of a document, or for some; `staffToken` opens most of them. */
export function wireRequests(
  document: OpenApiDocument,
  live: LiveObjects,
  staffToken: string,
  which: (operationId: string) => boolean = () => true,
): fc.Arbitrary<WireRequest> {
  // What is made has to outnumber what is deleted, or most requests find nothing.
  const weights: Record<string, number> = { POST: 5, PUT: 3, PATCH: 3, GET: 3, HEAD: 1, DELETE: 1 };
  const targets = targetsOf(document).filter(({ operationId }) => which(operationId));
  const arbitraries = targets.map((target) => ({
    weight: weights[target.method] ?? 1,
    arbitrary: requestsFor(target, live, staffToken),
  }));
  return fc.oneof(...arbitraries);
}

function requestsFor(target: Target, live: LiveObjects, staffToken: string): fc.Arbitrary<WireRequest> {
  const { operationId, body: schema } = target;
  const others = fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS');
  return fc
    .record({
      method: mostly(fc.constant(target.method), others, 40),
      path: pathOf(target),
      query: queryOf(target, live),
      headers: headersOf(staffToken),
      body: schema ? bodyOf(schema, live) : mostly(fc.constant(undefined), bodyOf({ type: 'object' }, live), 20),
    })
    .map(({ method, path, query, headers, body }) => ({
      operationId,
      method,
      path: sendable(query ? `${path}?${query}` : path),
      headers: { ...headers, ...(body ? { 'content-type': body.type } : {}) },
      ...(body ? { body: body.text } : {}),
    }));
}

/** `usual` except once in `times`. */
function mostly<T, U>(usual: fc.Arbitrary<T>, rare: fc.Arbitrary<U>, times: number): fc.Arbitrary<T | U> {
  return fc.oneof({ weight: times - 1, arbitrary: usual }, { weight: 1, arbitrary: rare });
}

function pathOf({ path }: Target): fc.Arbitrary<string> {
  const collection = path.split('/{')[0]!.split('/').at(-1)!.replaceAll('-', '_');
  const part = mostly(placeholder(collection, '', '', 'h', 'u'), hostileText.map(encode), 12);
  const tricks: ((text: string) => string)[] = [
    (text) => text.replace(/\/$/, ''),
    (text) => `${text}/`,
    (text) => text.replace('/api/', '/api//'),
    (text) => text.replace('/api/', '/API/'),
    (text) => text.replace('/api/', '/api/x/../'),
    (text) => text.replace('/api/', '/api/%2e%2e/api/'),
    (text) => `${text}%`,
    (text) => `${text}%zz/`,
    (text) => `${text}%00/`,
    (text) => text.replace(/\/$/, '.json'),
    (text) => text.replace(/\/$/, ';a=b/'),
    (text) => `http://other.example${text}`,
    (text) => `${text}${'a'.repeat(3000)}/`,
    (text) => text.replaceAll('/', '%2f').replace('%2f', '/'),
    (text) => text.replaceAll('/', '\\').replace('\\', '/'),
  ];
  const trick = mostly(
    fc.constant((text: string) => text),
    fc.constantFrom(...tricks),
    12,
  );
  return fc.tuple(part, trick).map(([uuid, change]) => change(path.replace('{uuid}', () => uuid)));
}

function queryOf({ query }: Target, live: LiveObjects): fc.Arbitrary<string> {
  const common: OpenApiParameter[] = [
    { name: 'page', in: 'query', schema: { type: 'integer', minimum: 1, maximum: 2 } },
    { name: 'page_size', in: 'query', schema: { type: 'integer' } },
    { name: 'field', in: 'query', schema: { type: 'string' } },
    { name: 'o', in: 'query', schema: { type: 'string' } },
  ];
  const own = query.filter(({ name }) => !common.some((each) => each.name === name));
  const named = fc.oneof(
    ...[...own, ...common].map(({ name, schema }) => {
      const value = anyValue(schema?.type === 'array' ? (schema.items ?? {}) : (schema ?? {}), live, name);
      const key = mostly(
        fc.constant(name),
        fc.constantFrom(`${name}[]`, `${name}[a]`, `${name}.x`, name.toUpperCase()),
        15,
      );
      return fc.tuple(key, value).map(([each, given]) => `${each}=${encode(textOf(given))}`);
    }),
  );
  const raw = fc.constantFrom(
    '&&',
    '=',
    '%',
    'a=%zz',
    'page=1;o=x',
    '__proto__=1',
    '?page=1',
    'field=%ff',
    'constructor=x',
    'o=-',
    'o=,,,',
  );
  const odd = fc.oneof(
    raw,
    fc.tuple(hostileText, hostileText).map(([key, value]) => `${encode(key)}=${encode(value)}`),
  );
  return fc.array(mostly(named, odd, 15), { maxLength: 4 }).map((parts) => parts.join('&'));
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}

/** Lone surrogates cannot be sent as UTF-8. */
function wellFormed(text: string): string {
  return Buffer.from(text).toString();
}

function encode(text: string): string {
  return encodeURIComponent(wellFormed(text));
}

function headersOf(staffToken: string): fc.Arbitrary<Record<string, string>> {
  const authorization = mostly(
    fc.constantFrom(`Token ${staffToken}`, `Bearer ${staffToken}`, `token ${staffToken}`, `Bearer Token ${staffToken}`),
    fc.oneof(
      fc.constantFrom(
        '',
        'Token',
        'Token ',
        'Basic YTpi',
        `Token  ${staffToken}`,
        'Bearer a.b.c',
        'Bearer w_1_x',
        `Token ${'a'.repeat(5000)}`,
        'Token \u00ff',
      ),
      hostileText.map((text) => `Token ${headerText(text)}`),
    ),
    20,
  );
  const odd = fc.dictionary(
    fc.constantFrom(
      'accept',
      'accept-language',
      'x-request-id',
      'x-forwarded-proto',
      'x-forwarded-host',
      'x-impersonated-user-uuid',
      'host',
      'origin',
      'if-none-match',
      'content-encoding',
      'cookie',
      'x-http-method-override',
      'expect',
    ),
    fc.oneof(
      hostileText.map(headerText),
      fc.constantFrom(
        'application/json',
        'text/html',
        '*/*;q=0',
        'gzip',
        'evil.example',
        'a:b:c',
        'https',
        'DELETE',
        'de,en;q=0.5',
        'x'.repeat(3000),
      ),
    ),
    { maxKeys: 2 },
  );
  // `expect` with anything but 100-continue is answered by Node itself, before the application.
  return fc
    .tuple(authorization, mostly(fc.constant({}), odd, 6))
    .map(([given, others]) => ({ ...others, authorization: given }));
}

/** What may stand in a header at all; anything else never leaves a client. */
function headerText(text: string): string {
  return text.replace(/[^\t\x20-\x7e\x80-\xff]/g, '').trim();
}

/** What may stand in a request line at all; beyond 16 KB of head, Node refuses before the application is asked. */
function sendable(path: string): string {
  return path.replace(/[^\x21-\xff]/g, (char) => encode(char)).slice(0, 6_000);
}

function bodyOf(schema: Schema, live: LiveObjects): fc.Arbitrary<{ type: string; text: string }> {
  const json = mostly(anyValue(schema, live), hostileValue, 15).map((value) => JSON.stringify(value) ?? 'null');
  const broken = fc.oneof(
    fc.constantFrom(
      '',
      ' ',
      '{',
      '[',
      '{"a":1',
      '{"a":1}}',
      "{'a':1}",
      '{"a":1,}',
      'NaN',
      '{"a":1e999}',
      '{"a":-0}',
      '\u0000',
      '"\\ud800"',
      '{"a":1,"a":2}',
    ),
    fc.constantFrom(
      '{"__proto__":{"x":1}}',
      '{"constructor":{"prototype":{"x":1}}}',
      '{"a":"\\u0000"}',
      '{"is_active":1e400}',
      `{"a":${'9'.repeat(500)}}`,
    ),
    fc.integer({ min: 100, max: 20_000 }).map((depth) => '['.repeat(depth) + ']'.repeat(depth)),
    fc.integer({ min: 100, max: 20_000 }).map((depth) => '{"a":'.repeat(depth) + '1' + '}'.repeat(depth)),
    hostileText.map(wellFormed),
  );
  const type = mostly(
    fc.constant('application/json'),
    fc.constantFrom(
      '',
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data',
      'multipart/form-data; boundary=x',
      'application/json; charset=utf-16',
      'application/xml',
      'application/json;',
      'APPLICATION/JSON',
      'a',
      '/',
    ),
    25,
  );
  return fc.record({ type, text: mostly(json, broken, 15) });
}
