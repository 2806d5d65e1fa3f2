import { readFileSync } from 'node:fs';

/** Two names and whether somebody who knows both says they are one organisation. */
export interface LabelledPair {
  left: string;
  right: string;
  same: boolean;
  kind: string;
}

/** The project's own set: invented companies, with the variations resellers meet and look-alikes that are others. */
export function ownPairs(): LabelledPair[] {
  return readLabelledPairs(new URL('./labelled-names.csv', import.meta.url));
}

/** A CSV of `left, right, true|false, kind` with one line of titles. */
export function readLabelledPairs(path: string | URL): LabelledPair[] {
  const [, ...lines] = parseCsv(readFileSync(path, 'utf8'));
  return lines.map(([left, right, same, kind]) => ({
    left: left!,
    right: right!,
    same: same === 'true',
    kind: kind ?? '',
  }));
}

function parseCsv(text: string): string[][] {
  const lines: string[][] = [];
  let cells: string[] = [];
  const cell = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/gy;
  for (let match = cell.exec(text); match && match[0] !== ''; match = cell.exec(text)) {
    cells.push(match[1]?.replaceAll('""', '"') ?? match[2]!);
    if (match[3] === ',') continue;
    lines.push(cells);
    cells = [];
  }
  return lines;
}

/** Which names are one organisation, following the pairs that are and names that are written the same. */
export class Organisations {
  private readonly parent = new Map<string, string>();

  constructor(pairs: readonly LabelledPair[]) {
    for (const { left, right, same } of pairs) if (same) this.parent.set(this.rootOf(left), this.rootOf(right));
  }

  same(a: string, b: string): boolean {
    return this.rootOf(a) === this.rootOf(b);
  }

  private rootOf(name: string): string {
    let root = name;
    for (let next = this.parent.get(root); next !== undefined && next !== root; next = this.parent.get(root))
      root = next;
    return root;
  }
}
