import { Ajv, type ValidateFunction } from 'ajv';
import formats from 'ajv-formats';

import { objectSchema, schemaOf, schemasOf, type Contract, type FieldType, type Schema } from './contract.js';
import { ABSENT_KEYS, ADDED_BODIES, NEVER_SENT } from './deviations.js';

/**
 * Judges bodies by the contract, strictly: a required key that is missing, a wrong type or format, and a null nobody
 * documented are faults. Keys the contract does not know are fine. The deviations of `deviations.ts` are applied.
 */
export class ContractChecker {
  private readonly ajv = new Ajv({ strict: true, allErrors: true, strictTypes: true, strictRequired: false });
  private readonly compiled = new Map<string, ValidateFunction>();

  constructor(private readonly contract: Contract) {
    formats.default(this.ajv);
    // Answers carry UUIDs in one form only, and no moment without its offset.
    this.ajv.addFormat('uuid', /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/);
    this.ajv.addFormat('date-time', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?\+00:00$/);
    // A blank address is "" on the wire.
    this.ajv.addFormat('email', /^$|^[^\s@]+@[^\s@]+$/);
    this.ajv.addFormat('decimal', true);
    this.ajv.addSchema({ $id: 'contract', $defs: this.deviatingSchemas() });
  }

  /** What is wrong with an answer of an operation, as readable lines; empty when nothing is. */
  faultsOfAnswer(operationId: string, status: number, body: unknown): string[] {
    const operation = this.contract.operations[operationId];
    if (!operation) return [`${operationId} is not in the contract.`];
    const type = operation.answers[String(status)];
    if (type === undefined) return [`status ${status} is not one of ${Object.keys(operation.answers).join(', ')}`];
    if (type !== null) return this.faultsOf(type, body);
    const added = ADDED_BODIES[operationId];
    if (added) return this.faultsBySchema(`added ${operationId}`, objectSchema(added.fields), body);
    return body === undefined ? [] : [`a body, where the contract has none: ${JSON.stringify(body)}`];
  }

  /** What is wrong with a body of the given compact type, as readable lines. */
  faultsOf(type: FieldType, body: unknown): string[] {
    return this.faultsBySchema(JSON.stringify(type), schemaOf(type), body);
  }

  private faultsBySchema(id: string, schema: Schema, body: unknown): string[] {
    let validate = this.compiled.get(id);
    if (!validate) this.compiled.set(id, (validate = this.ajv.compile(inContract(schema))));
    if (validate(body)) return [];
    return validate.errors!.map(({ instancePath, message, params }) => {
      const more = 'allowedValues' in params ? ` (${(params.allowedValues as unknown[]).join(', ')})` : '';
      return `${instancePath || 'the body'} ${message}${more}, is ${JSON.stringify(valueAt(body, instancePath))?.slice(0, 120)}`;
    });
  }

  private deviatingSchemas(): Record<string, Schema> {
    const schemas = schemasOf(this.contract);
    for (const { object, key, unlessNull, unlessTrue } of ABSENT_KEYS) {
      const schema = schemas[object];
      if (!schema?.required?.includes(key))
        throw new Error(`${object}.${key} is not required, so it needs no deviation.`);
      schema.required = schema.required.filter((each) => each !== key);
      const there: Record<string, Schema> = unlessNull
        ? { [unlessNull]: { not: { enum: [null] } } }
        : { [unlessTrue ?? '']: { enum: [true] } };
      const [named] = Object.keys(there);
      if (named) {
        const either = { anyOf: [{ required: [key] }, { not: { properties: there, required: [named] } }] };
        schema.allOf = [...(schema.allOf ?? []), either];
      }
    }
    for (const schema of Object.values(schemas)) withExactDecimals(schema);
    for (const { object, key } of NEVER_SENT) {
      const schema = schemas[object];
      if (!schema?.properties?.[key]) throw new Error(`${object}.${key} does not exist, so it needs no deviation.`);
      schema.properties[key] = false as unknown as Schema;
    }
    return Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, inContract(schema)]));
  }
}

/** A decimal has its places always: `12.5000000000`, where the contract only says how many there are at most. */
function withExactDecimals(schema: Schema): void {
  for (const each of Object.values(schema.properties ?? {})) {
    const places = each.format === 'decimal' ? /\{0,(\d+)\}\)\?\$$/.exec(each.pattern ?? '')?.[1] : undefined;
    if (places) each.pattern = `^-?\\d+\\.\\d{${places}}$`;
    withExactDecimals(each.items ?? {});
    if (each.properties) withExactDecimals(each);
  }
}

function inContract(schema: Schema): Schema {
  const text = JSON.stringify(schema).replaceAll('"#/components/schemas/', '"contract#/$defs/');
  return JSON.parse(text) as Schema;
}

function valueAt(body: unknown, pointer: string): unknown {
  return pointer
    .split('/')
    .slice(1)
    .reduce((value, key) => (value as Record<string, unknown>)?.[key], body);
}
