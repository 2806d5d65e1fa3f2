/** One measured figure. */
export interface BenchRow {
  readonly name: string;
  readonly figure: number | string;
  readonly unit: string;
  /** In words, such as `<= 3`. */
  readonly goal?: string;
  /** Whether the goal was met; left out where there is none. */
  readonly ok?: boolean;
}

/** The middle one of some figures. */
export function median(figures: readonly number[]): number {
  const sorted = [...figures].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)]!;
}
