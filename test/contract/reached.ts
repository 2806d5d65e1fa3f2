import { callOf, schemaOf, schemasOf, successOf, type Contract, type Schema } from './contract.js';

/** Which of the documented keys were seen with a value in at least one answer: what never comes was never judged. */
export class Reached {
  private readonly schemas: Record<string, Schema>;
  private readonly seen = new Set<string>();

  constructor(private readonly contract: Contract) {
    this.schemas = schemasOf(contract);
  }

  /** Takes the body of a success in. */
  see(operationId: string, body: unknown): void {
    this.walk(this.schemaFor(operationId), body, operationId);
  }

  /** Every documented key that had no value in any answer, as `operation: key[].key`. */
  missing(): string[] {
    const all = Object.keys(this.contract.operations).flatMap((id) => this.pathsOf(this.schemaFor(id), id));
    return all.filter((path) => !this.seen.has(path));
  }

  private schemaFor(operationId: string): Schema {
    const operation = this.contract.operations[operationId]!;
    const type = callOf(operation).method === 'HEAD' ? null : operation.answers[String(successOf(operation))];
    return type ? schemaOf(type) : {};
  }

  private walk(given: Schema, value: unknown, path: string): void {
    const schema = this.resolved(given);
    if (Array.isArray(value)) {
      for (const item of value) this.walk(schema.items ?? {}, item, `${path}[]`);
      return;
    }
    for (const [key, each] of Object.entries(schema.properties ?? {})) {
      const part = (value as Record<string, unknown> | null)?.[key];
      if (part === null || part === undefined || (Array.isArray(part) && part.length === 0)) continue;
      this.seen.add(`${path}.${key}`);
      this.walk(each, part, `${path}.${key}`);
    }
  }

  private pathsOf(given: Schema, path: string): string[] {
    const schema = this.resolved(given);
    if (schema.items) return this.pathsOf(schema.items, `${path}[]`);
    return Object.entries(schema.properties ?? {}).flatMap(([key, each]) => [
      `${path}.${key}`,
      ...this.pathsOf(each, `${path}.${key}`),
    ]);
  }

  private resolved(schema: Schema): Schema {
    return schema.$ref ? this.schemas[schema.$ref.replace('#/components/schemas/', '')]! : schema;
  }
}
