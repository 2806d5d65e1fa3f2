import { runAtOnce } from './time-slices.js';

/** One possible pairing. Sides are separate name spaces: left `"a"` and right `"a"` are different things. */
export interface AssignmentPair {
  left: string;
  right: string;
  /** What choosing this pair is worth. Anything that is not a positive finite number is never chosen. */
  score: number;
}

export interface AssignmentOptions {
  /** How many pairings may be looked at before the rest is decided greedily; {@link DEFAULT_EFFORT} if not given. */
  effort?: number;
}

/** About a second of one core. A left side of 10,000 with 10 pairings each needs a small part of it. */
const DEFAULT_EFFORT = 5_000_000;

/**
 * Chooses pairs so that no left and no right is used twice and the total score is the highest possible. Nobody has to
 * be paired, pairings not given are not made, and the answer does not depend on the order of the input.
 *
 * Exact (shortest augmenting paths with node potentials, on the sparse graph as given) while it needs no more than
 * `effort` looks at a pairing. Past that, the lefts not decided yet, which are those with the lowest best score, take
 * the best right still free: a valid answer, maybe not the best total. Memory is linear in the number of pairs.
 *
 * @returns the chosen ones of the very objects handed in, highest score first, then by left.
 */
export function assign<P extends AssignmentPair>(pairs: Iterable<P>, options: AssignmentOptions = {}): P[] {
  return runAtOnce(assignInSteps(pairs, options));
}

/** {@link assign} as a generator that pauses after every left, for callers that must not hold the thread. */
export function* assignInSteps<P extends AssignmentPair>(
  pairs: Iterable<P>,
  options: AssignmentOptions = {},
): Generator<void, P[]> {
  const graph = toGraph(pairs);
  const search = new AugmentingSearch(graph);
  const effort = options.effort ?? DEFAULT_EFFORT;
  for (let row = 0; row < graph.rows.length; row += 1) {
    if (search.looks < effort) search.decide(row);
    else search.decideGreedily(row);
    yield;
  }
  return search.chosen().sort(byScoreThenNames);
}

interface Edge<P> {
  pair: P;
  column: number;
  score: number;
}

interface Graph<P> {
  /** Each left's pairings, best first; lefts in order of their best one. */
  rows: Edge<P>[][];
  columns: number;
}

function byScoreThenNames(a: AssignmentPair, b: AssignmentPair): number {
  return b.score - a.score || compareText(a.left, b.left) || compareText(a.right, b.right);
}

/** By UTF-16 code units: the same order everywhere. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function toGraph<P extends AssignmentPair>(pairs: Iterable<P>): Graph<P> {
  const usable = [...pairs].filter((pair) => Number.isFinite(pair.score) && pair.score > 0).sort(byScoreThenNames);
  const columns = new Map<string, number>();
  for (const name of usable.map((pair) => pair.right).sort(compareText))
    if (!columns.has(name)) columns.set(name, columns.size);

  const rows = new Map<string, Map<number, Edge<P>>>();
  for (const pair of usable) {
    const row = rows.get(pair.left) ?? new Map<number, Edge<P>>();
    rows.set(pair.left, row);
    const column = columns.get(pair.right)!;
    // Best first, so of a pair given twice the better one is already there.
    if (!row.has(column)) row.set(column, { pair, column, score: pair.score });
  }
  return { rows: [...rows.values()].map((row) => [...row.values()]), columns: columns.size };
}

/**
 * Minimum-cost assignment of every row, cost being minus the score, where each row also has a private column of cost 0
 * that stands for "stays alone". That makes the search the textbook one, and the answer the best total of any size.
 */
class AugmentingSearch<P> {
  looks = 0;
  private readonly rowPotential: Float64Array;
  private readonly columnPotential: Float64Array;
  private readonly rowOf: Int32Array;
  private readonly columnOf: Int32Array;
  private readonly distance: Float64Array;
  private readonly reachedFrom: Int32Array;
  private readonly visited: Uint8Array;
  private readonly heap: ColumnHeap;

  constructor(private readonly graph: Graph<P>) {
    const rows = graph.rows.length;
    const columns = graph.columns + rows;
    this.rowPotential = new Float64Array(rows);
    this.columnPotential = new Float64Array(columns);
    this.rowOf = new Int32Array(columns).fill(-1);
    this.columnOf = new Int32Array(rows).fill(-1);
    this.distance = new Float64Array(columns).fill(Infinity);
    this.reachedFrom = new Int32Array(columns).fill(-1);
    this.visited = new Uint8Array(columns);
    this.heap = new ColumnHeap();
  }

  decide(start: number): void {
    const touched: number[] = [];
    const closed: number[] = [];
    let row = start;
    let reached = 0;
    let sink = -1;
    this.heap.clear();
    while (sink < 0) {
      for (const edge of this.graph.rows[row]!) this.relax(row, edge.column, reached - edge.score, touched);
      this.relax(row, this.aloneColumn(row), reached, touched);

      let column = this.heap.pop();
      while (this.visited[column]) column = this.heap.pop();
      reached = this.distance[column]!;
      this.visited[column] = 1;
      if (this.rowOf[column] === -1) sink = column;
      else {
        closed.push(column);
        row = this.rowOf[column]!;
      }
    }

    this.rowPotential[start]! += reached;
    for (const column of closed) {
      const slack = reached - this.distance[column]!;
      this.rowPotential[this.rowOf[column]!]! += slack;
      this.columnPotential[column]! -= slack;
    }
    this.augment(start, sink);
    for (const column of touched) {
      this.distance[column] = Infinity;
      this.visited[column] = 0;
    }
  }

  decideGreedily(row: number): void {
    const edge = this.graph.rows[row]!.find((candidate) => this.rowOf[candidate.column] === -1);
    const column = edge ? edge.column : this.aloneColumn(row);
    this.rowOf[column] = row;
    this.columnOf[row] = column;
  }

  chosen(): P[] {
    return this.graph.rows.flatMap((edges, row) =>
      edges.filter((edge) => edge.column === this.columnOf[row]).map((edge) => edge.pair),
    );
  }

  private aloneColumn(row: number): number {
    return this.graph.columns + row;
  }

  private relax(row: number, column: number, cost: number, touched: number[]): void {
    this.looks += 1;
    if (this.visited[column]) return;
    const distance = cost - this.rowPotential[row]! - this.columnPotential[column]!;
    const known = this.distance[column]!;
    if (distance >= known) return;
    if (known === Infinity) touched.push(column);
    this.distance[column] = distance;
    this.reachedFrom[column] = row;
    this.heap.push(distance, this.rowOf[column] === -1, column);
  }

  private augment(start: number, sink: number): void {
    let column = sink;
    for (;;) {
      const row = this.reachedFrom[column]!;
      const previous = this.columnOf[row]!;
      this.rowOf[column] = row;
      this.columnOf[row] = column;
      if (row === start) return;
      column = previous;
    }
  }
}

interface Reached {
  distance: number;
  free: boolean;
  column: number;
}

/** Binary heap of columns by distance; at equal distance free ones first, as they end the search, then by number. */
class ColumnHeap {
  private readonly items: Reached[] = [];

  clear(): void {
    this.items.length = 0;
  }

  push(distance: number, free: boolean, column: number): void {
    const { items } = this;
    const item = { distance, free, column };
    let at = items.length;
    items.push(item);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!before(item, items[parent]!)) break;
      items[at] = items[parent]!;
      at = parent;
    }
    items[at] = item;
  }

  /** There is always one: a row's private column is never closed before the search ends. */
  pop(): number {
    const { items } = this;
    const top = items[0]!;
    const last = items.pop()!;
    if (items.length > 0) this.sink(last);
    return top.column;
  }

  private sink(item: Reached): void {
    const { items } = this;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= items.length) break;
      if (child + 1 < items.length && before(items[child + 1]!, items[child]!)) child += 1;
      if (!before(items[child]!, item)) break;
      items[at] = items[child]!;
      at = child;
    }
    items[at] = item;
  }
}

function before(a: Reached, b: Reached): boolean {
  if (a.distance !== b.distance) return a.distance < b.distance;
  if (a.free !== b.free) return a.free;
  return a.column < b.column;
}
