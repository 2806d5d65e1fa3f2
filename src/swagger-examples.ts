import type { OpenAPIObject } from '@nestjs/swagger';

/** As much of a schema as examples are made of. */
interface Schema {
  $ref?: string;
  type?: string;
  format?: string;
  nullable?: boolean;
  example?: unknown;
  default?: unknown;
  enum?: unknown[];
  minimum?: number;
  items?: Schema;
  allOf?: Schema[];
  required?: string[];
  properties?: Record<string, Schema>;
  additionalProperties?: unknown;
}
type Content = Record<string, { schema?: Schema; example?: unknown }>;
interface Operation {
  requestBody?: { content?: Content };
  responses?: Record<string, { content?: Content }>;
}

const A_UUID = '08f0ed93-d85d-404e-a3b7-9a6877edaeea';

/**
 * Gives bodies examples that may be sent as they stand: what is required, and of the rest only what has an example or a
 * default; a UUID that is optional would point at nothing. Swagger UI otherwise fills in every key, and invents some
 * (`additionalProp1`) where any key is possible.
 */
export function completeExamples(document: OpenAPIObject): void {
  const schemas = (document.components?.schemas ?? {}) as Record<string, Schema>;
  const resolve = (schema: Schema): Schema => {
    const $ref = schema.$ref ?? (schema.allOf?.length === 1 ? schema.allOf[0]!.$ref : undefined);
    return $ref ? (schemas[$ref.replace('#/components/schemas/', '')] ?? {}) : schema;
  };
  for (const schema of Object.values(schemas)) nameOpenObjects(schema);
  for (const item of Object.values(document.paths)) {
    for (const operation of Object.values(item) as Operation[]) {
      for (const body of Object.values(operation.requestBody?.content ?? {})) {
        if (body.schema) body.example ??= exampleOf(resolve(body.schema), resolve);
      }
      for (const { content } of Object.values(operation.responses ?? {}))
        for (const { schema } of Object.values(content ?? {})) if (schema) nameOpenObjects(schema);
    }
  }
}

function exampleOf(schema: Schema, resolve: (schema: Schema) => Schema): unknown {
  if (schema.example !== undefined) return schema.example;
  if (schema.default !== undefined) return schema.default;
  if (schema.enum) return schema.enum[0];
  if (schema.properties) {
    const shown = Object.entries(schema.properties).flatMap(([key, value]) => {
      const property = { ...resolve(value), ...value };
      const isRequired = schema.required?.includes(key);
      const isKnown = property.format !== 'uuid' && property.format !== 'uri';
      const hasOne = isKnown && (property.example ?? property.default) !== undefined;
      return isRequired || hasOne ? [[key, exampleOf(property, resolve)]] : [];
    });
    return Object.fromEntries(shown) as object;
  }
  if (schema.type === 'array') return schema.items ? [exampleOf(resolve(schema.items), resolve)] : [];
  if (schema.type === 'boolean') return false;
  if (schema.type === 'integer' || schema.type === 'number') return schema.minimum ?? 0;
  if (schema.type === 'object') return {};
  return schema.format === 'uuid' ? A_UUID : schema.format === 'password' ? 'secret' : 'text';
}

/** An object that may have any key is shown with those that are named, not with invented ones. */
function nameOpenObjects(schema: Schema): void {
  if (schema.items) nameOpenObjects(schema.items);
  for (const property of Object.values(schema.properties ?? {})) nameOpenObjects(property);
  if (!schema.additionalProperties || schema.example !== undefined) return;
  const named = Object.entries(schema.properties ?? {}).map(([key, { example, type }]) => [
    key,
    example ?? (type === 'string' ? 'text' : {}),
  ]);
  schema.example = Object.fromEntries(named) as object;
}
