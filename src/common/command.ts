/** `customer_uuid` → `customerUuid`, as a type. */
export type Camel<S extends string> = S extends `${infer Word}_${infer Rest}` ? `${Word}${Capitalize<Camel<Rest>>}` : S;

/** The fields of a DTO under the names that services know them by. */
export type CommandOf<D, Relation extends string = never> = {
  [
    K in keyof D & string as D[K] extends (...args: never) => unknown
      ? never
      : Camel<K extends Relation ? `${K}_uuid` : K>
  ]: D[K];
};

/** `customer_uuid` → `customerUuid` */
export function camelCase(field: string): string {
  return field.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
}

/**
 * What a request asks for, as services take it: its fields in camel case. `relations`: fields that name another object;
 * the UUID that `customer` says is a `customerUuid`. Where they are called something else than that, the DTO has a
 * `toCommand()` of its own. What stands within a field stays as it is.
 */
export function commandOf<D extends object, Relation extends keyof D & string = never>(
  dto: D,
  ...relations: Relation[]
): CommandOf<D, Relation> {
  const names: readonly string[] = relations;
  const nameOf = (field: string) => camelCase(names.includes(field) ? `${field}_uuid` : field);
  const fields = Object.entries(dto).map(([field, value]) => [nameOf(field), value] as const);
  return Object.fromEntries(fields) as CommandOf<D, Relation>;
}
