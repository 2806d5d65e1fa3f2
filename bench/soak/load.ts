/** One kind of request of a load, and how often it comes beside the others. */
export interface Kind {
  readonly name: string;
  readonly share: number;
  send(): Promise<Response>;
}

/** What became of the requests of one kind. */
export interface Tally {
  readonly statuses: Map<string, number>;
  /** Of those that were answered with success. */
  readonly milliseconds: number[];
}

/** Counts requests by kind, and by status or what went wrong on the way. */
export class Tallies {
  readonly of = new Map<string, Tally>();

  async count(kind: Kind): Promise<void> {
    const tally: Tally = this.of.get(kind.name) ?? { statuses: new Map(), milliseconds: [] };
    this.of.set(kind.name, tally);
    const start = performance.now();
    const status = await kind.send().then(
      async (response) => {
        await response.arrayBuffer();
        return String(response.status);
      },
      (error: Error) => `no answer (${(error.cause as { code?: string } | undefined)?.code ?? error.message})`,
    );
    tally.statuses.set(status, (tally.statuses.get(status) ?? 0) + 1);
    if (status.startsWith('2')) tally.milliseconds.push(performance.now() - start);
  }

  total(matching: (status: string) => boolean = () => true): number {
    const all = [...this.of.values()].flatMap(({ statuses }) => [...statuses]);
    return all.filter(([status]) => matching(status)).reduce((sum, [, count]) => sum + count, 0);
  }

  get milliseconds(): number[] {
    return [...this.of.values()].flatMap(({ milliseconds }) => milliseconds);
  }
}

const pick = (kinds: readonly Kind[]): Kind => {
  let at = Math.random() * kinds.reduce((sum, { share }) => sum + share, 0);
  return kinds.find(({ share }) => (at -= share) < 0) ?? kinds[0]!;
};

/** So many requests a second, whether those before are answered or not. */
export async function atRate(kinds: readonly Kind[], rate: number, seconds: number): Promise<Tallies> {
  const tallies = new Tallies();
  const under: Set<Promise<void>> = new Set();
  const start = performance.now();
  let sent = 0;
  for (let now = start; now - start < seconds * 1000; now = performance.now()) {
    for (const due = ((now - start) / 1000) * rate; sent < due; sent++) {
      const one = tallies.count(pick(kinds)).finally(() => under.delete(one));
      under.add(one);
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await Promise.all(under);
  return tallies;
}

/** The next one as soon as one is answered, by so many at once. */
export async function asFastAsItGoes(kinds: readonly Kind[], atOnce: number, seconds: number): Promise<Tallies> {
  const tallies = new Tallies();
  const end = performance.now() + seconds * 1000;
  const one = async () => {
    while (performance.now() < end) await tallies.count(pick(kinds));
  };
  await Promise.all(Array.from({ length: atOnce }, one));
  return tallies;
}

export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}
