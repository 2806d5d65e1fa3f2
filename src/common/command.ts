/** `customer_uuid` → `customerUuid`, as a type. */
export type Camel<S extends string> = S extends `${infer Word}_${infer Rest}` ? `${Word}${Capitalize<Camel<Rest>>}` : S;

/** The fields of a DTO under the names that services know them by. */
export type CommandOf<D> = {
  [K in keyof D as D[K] extends (...args: never) => unknown ? never : Camel<K & string>]: D[K];
};

/** `customer_uuid` → `customerUuid` */
export function camelCase(field: string): string {
  return field.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
}

/**
 * What a request asks for, as services take it: its fields in camel case. Where they are called something else than that,
 * the DTO has a `toCommand()` of its own. What stands within a field stays as it is.
 */
export function commandOf<D extends object>(dto: D): CommandOf<D> {
  return Object.fromEntries(Object.entries(dto).map(([field, value]) => [camelCase(field), value])) as CommandOf<D>;
}
