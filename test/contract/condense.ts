import type { Contract, FieldType, Fields, Operation, Schema } from './contract.js';

/** As much of an OpenAPI 3.0 document as the contract is made of. */
export interface OpenApiDocument {
  paths: Record<string, Record<string, OpenApiOperation>>;
  components: {
    schemas?: Record<string, Schema>;
    parameters?: Record<string, OpenApiParameter>;
    responses?: Record<string, OpenApiResponse>;
    headers?: Record<string, unknown>;
    securitySchemes?: Record<string, { type: string; scheme?: string; in?: string; name?: string }>;
  };
  security?: Record<string, string[]>[];
}

export interface OpenApiOperation {
  operationId?: string;
  parameters?: (OpenApiParameter | { $ref: string })[];
  requestBody?: { required?: boolean; content: Record<string, { schema?: Schema }> };
  responses?: Record<string, OpenApiResponse | { $ref: string }>;
  security?: Record<string, string[]>[];
}

export interface OpenApiParameter {
  name: string;
  in: string;
  required?: boolean;
  style?: string;
  explode?: boolean;
  schema?: Schema;
}

export interface OpenApiResponse {
  content?: Record<string, { schema?: Schema }>;
  headers?: Record<string, unknown>;
}

export const METHODS = ['get', 'head', 'post', 'put', 'patch', 'delete'] as const;

/** What a `$ref` into one of the document's components leads to, or the thing itself. Throws when it leads nowhere. */
export function resolve<T extends object>(document: OpenApiDocument, thing: T | { $ref: string }): T {
  if (!('$ref' in thing) || typeof thing.$ref !== 'string') return thing as T;
  const [, kind, name] = /^#\/components\/(\w+)\/(.+)$/.exec(thing.$ref) ?? [];
  const found = (document.components as Record<string, Record<string, unknown> | undefined>)[kind!]?.[name!];
  if (!found) throw new Error(`${thing.$ref} leads nowhere.`);
  return found as T;
}

/** Writes an OpenAPI document down in the contract's compact form. Throws on anything the form has no words for. */
export function condense(document: OpenApiDocument): Contract {
  const operations: [string, Operation][] = [];
  for (const [path, item] of Object.entries(document.paths)) {
    for (const method of METHODS) {
      const operation = item[method];
      if (operation) operations.push([operation.operationId!, condenseOperation(document, method, path, operation)]);
    }
  }
  const schemas = Object.entries(document.components.schemas ?? {});
  const security = new Set(securities(document).map((each) => each.join(' ')));
  if (security.size !== 1) throw new Error('The operations do not all take the same credentials.');
  return {
    schemes: condenseSchemes(document),
    security: [...security][0]!.split(' '),
    choices: Object.fromEntries(
      schemas
        .filter(([, { enum: values }]) => values)
        .map(([name, { enum: values }]) => [name, values as (string | number)[]]),
    ),
    objects: Object.fromEntries(
      schemas.filter(([, schema]) => !schema.enum).map(([name, schema]) => [name, condenseObject(schema)]),
    ),
    operations: Object.fromEntries(operations),
  };
}

/** The ways to authenticate that a document describes: name → kind. */
export function condenseSchemes(document: OpenApiDocument): Record<string, string> {
  const schemes = Object.entries(document.components.securitySchemes ?? {});
  return Object.fromEntries(
    schemes.map(([name, { type, scheme, in: place, name: key }]) => [
      name,
      type === 'http' ? `http ${scheme}` : `${type} ${place} ${key}`,
    ]),
  );
}

/** The credentials of each operation that asks for any. */
function securities(document: OpenApiDocument): string[][] {
  const operations = Object.values(document.paths).flatMap((item) => Object.values(item));
  return operations.map(credentialsOf).filter((names) => names.length > 0);
}

function credentialsOf({ security = [] }: OpenApiOperation): string[] {
  return security.flatMap((each) => Object.keys(each));
}

function condenseOperation(
  document: OpenApiDocument,
  method: string,
  path: string,
  operation: OpenApiOperation,
): Operation {
  const query: Fields = {};
  for (const given of operation.parameters ?? []) {
    const parameter = resolve(document, given);
    if (parameter.in === 'query')
      query[parameter.required ? parameter.name : `${parameter.name}?`] = condenseParameter(parameter);
    else if (condenseType(parameter.schema!) !== 'uuid') throw new Error(`${path}: parts of a path are UUIDs.`);
  }
  const answers: Operation['answers'] = {};
  let headers: string[] = [];
  for (const [status, given] of Object.entries(operation.responses ?? {})) {
    const response = resolve(document, given);
    const schema = response.content?.['application/json']?.schema;
    answers[status] = schema ? condenseType(schema) : null;
    if (status < '300') headers = Object.keys(response.headers ?? {}).map((name) => name.toLowerCase());
  }
  const body = operation.requestBody?.content['application/json']?.schema;
  return {
    call: `${method.toUpperCase()} ${path}`,
    ...(credentialsOf(operation).length > 0 ? {} : { open: true as const }),
    ...(Object.keys(query).length > 0 ? { query } : {}),
    ...(body ? { body: `${condenseType(body) as string}${operation.requestBody!.required ? '' : '?'}` } : {}),
    answers,
    ...(headers.length > 0 ? { headers: headers.sort() } : {}),
  };
}

function condenseParameter({ name, schema, explode }: OpenApiParameter): string {
  if (schema?.type !== 'array') return condenseType(schema!) as string;
  if (explode === undefined) throw new Error(`Parameter ${name} does not say how its list is written.`);
  return `${explode ? 'repeated' : 'joined'} ${condenseType(schema.items!) as string}`;
}

function condenseObject(schema: Schema): Fields {
  const required = new Set(schema.required);
  return Object.fromEntries(
    Object.entries(schema.properties ?? {}).map(([key, value]) => [
      required.has(key) ? key : `${key}?`,
      condenseType(value),
    ]),
  );
}

/** Writes one schema as a compact type. */
export function condenseType(schema: Schema): FieldType {
  const alternatives = schema.oneOf ?? schema.anyOf;
  if (alternatives) return alternatives.map((each) => condenseType(each) as string).join(' or ');
  if (schema.allOf?.length === 1) return condenseType({ ...schema, allOf: undefined, ...schema.allOf[0] });
  if (schema.type === 'array' && schema.items?.properties) return [condenseObject(schema.items)];
  const preset = schema.default === undefined ? '' : ` = ${JSON.stringify(schema.default)}`;
  return `${condenseWord(schema)}${schema.nullable ? '|null' : ''}${preset}`;
}

function condenseWord(schema: Schema): string {
  if (schema.$ref) return schema.$ref.replace('#/components/schemas/', '');
  switch (schema.type) {
    case 'array':
      return `${condenseType(schema.items!) as string}[]`;
    case 'object': {
      const values = schema.additionalProperties;
      return typeof values === 'object' && values.type ? `map(${condenseType(values) as string})` : 'object';
    }
    case 'string':
      return condenseText(schema);
    case 'integer':
      return `integer${limits(schema.minimum, schema.maximum)}`;
    case 'number':
      if (schema.format !== 'double') throw new Error(`A number with the format ${schema.format}.`);
      return 'number';
    case 'boolean':
      return 'boolean';
    case undefined:
    default:
      throw new Error(`No words for ${JSON.stringify(schema)}.`);
  }
}

function condenseText({ format, minLength, maxLength, pattern }: Schema): string {
  if (format === 'decimal') {
    const [, before, after] = /^\^-\?\\d\{0,(\d+)\}\(\?:\\\.\\d\{0,(\d+)\}\)\?\$$/.exec(pattern ?? '') ?? [];
    if (!after) throw new Error(`A decimal with the pattern ${pattern}.`);
    return `decimal(${before}.${after})`;
  }
  return `${format ?? 'string'}${limits(minLength, maxLength, pattern)}`;
}

function limits(low?: number, high?: number, pattern?: string): string {
  const parts = [
    low === undefined && high === undefined ? [] : [`${low ?? ''}..${high ?? ''}`],
    pattern === undefined ? [] : [`/${pattern}/`],
  ].flat();
  return parts.length > 0 ? `(${parts.join(' ')})` : '';
}
