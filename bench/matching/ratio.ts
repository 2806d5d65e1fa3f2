/**
 * The plain way, to compare with: Ratcliff and Obershelp's character ratio of the lower-cased names, 0…1. Twice the
 * characters in the longest common run and, recursively, in the runs left and right of it, over all characters.
 */
export function characterRatio(first: string, second: string): number {
  const a = first.toLowerCase();
  const b = second.toLowerCase();
  if (a.length + b.length === 0) return 1;
  const positions = new Map<string, number[]>();
  for (let at = 0; at < b.length; at += 1) {
    const known = positions.get(b[at]!);
    if (known) known.push(at);
    else positions.set(b[at]!, [at]);
  }
  let matches = 0;
  const ranges: [number, number, number, number][] = [[0, a.length, 0, b.length]];
  for (let range = ranges.pop(); range; range = ranges.pop()) {
    const [aFrom, aTo, bFrom, bTo] = range;
    const run = longestRun(a, positions, range);
    if (run.length === 0) continue;
    matches += run.length;
    ranges.push([aFrom, run.a, bFrom, run.b], [run.a + run.length, aTo, run.b + run.length, bTo]);
  }
  return (2 * matches) / (a.length + b.length);
}

function longestRun(
  a: string,
  positions: Map<string, number[]>,
  [aFrom, aTo, bFrom, bTo]: [number, number, number, number],
): { a: number; b: number; length: number } {
  let best = { a: aFrom, b: bFrom, length: 0 };
  let lengths = new Map<number, number>();
  for (let i = aFrom; i < aTo; i += 1) {
    const next = new Map<number, number>();
    for (const j of positions.get(a[i]!) ?? []) {
      if (j < bFrom) continue;
      if (j >= bTo) break;
      const length = (lengths.get(j - 1) ?? 0) + 1;
      next.set(j, length);
      if (length > best.length) best = { a: i - length + 1, b: j - length + 1, length };
    }
    lengths = next;
  }
  return best;
}
