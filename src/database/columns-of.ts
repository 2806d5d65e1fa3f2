/** One array per column, as `unnest` takes rows. */
export function columnsOf<T>(rows: readonly T[], ...columns: readonly (keyof T)[]): T[keyof T][][] {
  return columns.map((column) => rows.map((row) => row[column]));
}
