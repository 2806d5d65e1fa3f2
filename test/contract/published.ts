import { Ajv, type ValidateFunction } from 'ajv';
import formats from 'ajv-formats';
import { resolve, type OpenApiDocument } from './condense.js';
import { callOf, type Contract, type Schema } from './contract.js';

/**
 * Judges answers by our own published document, which says more than the contract: keys of ours have to be what it says
 * they are, and no key may come that it does not name.
 */
export class PublishedChecker {
  private readonly ajv = new Ajv({ strict: false, allErrors: true });
  private readonly compiled = new Map<string, ValidateFunction | undefined>();

  constructor(
    private readonly document: OpenApiDocument,
    private readonly contract: Contract,
  ) {
    formats.default(this.ajv);
    this.ajv.addFormat('decimal', true);
    this.ajv.addFormat('email', /^$|^[^\s@]+@[^\s@]+$/);
    const schemas = Object.entries(document.components.schemas ?? {});
    this.ajv.addSchema({
      $id: 'published',
      $defs: Object.fromEntries(schemas.map(([name, schema]) => [name, inPublished(closed(schema))])),
    });
  }

  /** What is wrong with an answer, as readable lines. */
  faultsOf(operationId: string, status: number, body: unknown): string[] {
    if (body === undefined) return [];
    const id = `${operationId} ${status}`;
    if (!this.compiled.has(id)) this.compiled.set(id, this.compile(operationId, status));
    const validate = this.compiled.get(id);
    if (!validate) return [`our document describes no body for ${status}`];
    if (validate(body)) return [];
    return validate.errors!.map(({ instancePath, message, params }) => {
      const more = JSON.stringify(params).slice(0, 120);
      return `by our own document: ${instancePath || 'the body'} ${message} ${more}`;
    });
  }

  private compile(operationId: string, status: number): ValidateFunction | undefined {
    const { method, path } = callOf(this.contract.operations[operationId]!);
    const given = this.document.paths[path]?.[method.toLowerCase()]?.responses?.[String(status)];
    const schema = given && resolve(this.document, given).content?.['application/json']?.schema;
    return schema && this.ajv.compile(inPublished(closed(schema)));
  }
}

/** Objects that name their keys have no others. */
function closed(schema: Schema): Schema {
  return {
    ...schema,
    ...(schema.items ? { items: closed(schema.items) } : {}),
    ...(schema.properties
      ? {
          properties: Object.fromEntries(Object.entries(schema.properties).map(([key, each]) => [key, closed(each)])),
          additionalProperties: schema.additionalProperties ?? false,
        }
      : {}),
  };
}

function inPublished(schema: Schema): Schema {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/components/schemas/', '"published#/$defs/')) as Schema;
}
