import { existsSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';

import { condense, condenseType, type OpenApiDocument } from './condense.js';
import {
  bodyOf,
  callOf,
  readContract,
  schemaOf,
  schemasOf,
  successOf,
  type FieldType,
  type Schema,
} from './contract.js';
import { ABSENT_KEYS, ADDED_BODIES, NEVER_SENT } from './deviations.js';

const contract = readContract();

/** Waldur's description stands beside the checkout where the project is developed, and nowhere else. */
const reference = new URL('../../../shared/contract/waldur-arrow-openapi.yaml', import.meta.url);
const whereItStands = existsSync(reference) ? it : it.skip;

describe('The statement of the contract', () => {
  it('describes 62 operations of the Arrow pages and 10 of their neighbours', () => {
    const paths = Object.values(contract.operations).map((operation) => callOf(operation).path);
    expect(paths.filter((path) => path.startsWith('/api/admin/arrow/'))).toHaveLength(62);
    expect(paths).toHaveLength(72);
  });

  it('names only objects and choices it describes, and describes none in vain', () => {
    const schemas = schemasOf(contract);
    const types = Object.values(contract.operations).flatMap((operation) => [
      ...Object.values(operation.answers).filter((type) => type !== null),
      ...Object.values(operation.query ?? {}),
      ...(operation.body ? [bodyOf(operation)!.type] : []),
    ]);
    const named = new Set<string>();
    const follow = (text: string) => {
      for (const [, name] of text.matchAll(/#\/components\/schemas\/(\w+)/g)) {
        if (named.has(name!)) continue;
        named.add(name!);
        follow(JSON.stringify(schemas[name!]));
      }
    };
    follow(JSON.stringify(types.map(schemaOf)));
    expect([...named].sort()).toEqual(Object.keys(schemas).sort());
  });

  it('gives every operation exactly one success answer', () => {
    for (const operation of Object.values(contract.operations)) expect(successOf(operation)).toBeLessThan(300);
  });

  it('deviates only where there is something to deviate from', () => {
    for (const { object, key } of ABSENT_KEYS) expect(contract.objects[object]).toHaveProperty([key]);
    for (const { object, key } of NEVER_SENT) expect(contract.objects[object]).toHaveProperty([`${key}?`]);
    for (const operationId of Object.keys(ADDED_BODIES)) {
      const operation = contract.operations[operationId]!;
      expect(operation.answers[successOf(operation)]).toBeNull();
    }
  });

  whereItStands("says exactly what Waldur's own description says", () => {
    const theirs = condense(parse(readFileSync(reference, 'utf8')) as OpenApiDocument);
    expect(contract).toEqual(theirs);
  });
});

describe('The compact form', () => {
  it.each<[FieldType, Schema]>([
    ['string', { type: 'string' }],
    ['string(1..255)', { type: 'string', minLength: 1, maxLength: 255 }],
    ['uri(..255)', { type: 'string', format: 'uri', maxLength: 255 }],
    ['string(..50 /^[-a-z]+$/)', { type: 'string', maxLength: 50, pattern: '^[-a-z]+$' }],
    ['string(/^a|b$/)', { type: 'string', pattern: '^a|b$' }],
    ['integer(1..12)', { type: 'integer', minimum: 1, maximum: 12 }],
    ['integer(60..)|null', { type: 'integer', minimum: 60, nullable: true }],
    ['decimal(12.10)', { type: 'string', format: 'decimal', pattern: '^-?\\d{0,12}(?:\\.\\d{0,10})?$' }],
    ['boolean = false', { type: 'boolean', default: false }],
    ['string(1..) = "IAAS"', { type: 'string', minLength: 1, default: 'IAAS' }],
    ['map(integer)', { type: 'object', additionalProperties: { type: 'integer' } }],
    ['Thing[]', { type: 'array', items: { $ref: '#/components/schemas/Thing' } }],
    [
      [{ url: 'uri' }],
      {
        type: 'array',
        items: { type: 'object', properties: { url: { type: 'string', format: 'uri' } }, required: ['url'] },
      },
    ],
  ])('%j can be read, and written the same again', (type, schema) => {
    expect(schemaOf(type)).toEqual(schema);
    expect(condenseType(schema)).toEqual(type);
  });

  it.each(['strnig', 'string(1', 'decimal|nul', 'thing'])('%s is refused', (type) => {
    expect(() => schemaOf(type)).toThrow('is no type');
  });

  it('is not written for what it has no words for', () => {
    expect(() => condenseType({ type: 'number' })).toThrow('A number with the format undefined');
    expect(() => condenseType({})).toThrow('No words for {}');
    expect(() => condenseType({ type: 'string', format: 'decimal' })).toThrow('A decimal with the pattern');
  });
});
