/** The best organisation for an ArrowSphere customer, by name. */
export interface Suggestion<W> {
  readonly organisation: W;
  /** 0 to 1. */
  readonly confidence: number;
}

/** Below this, two names say nothing about each other. */
const WORTH_A_LOOK = 0.5;

/**
 * Suggests an organisation for each company name, where one is similar enough. Similarity is the Dice coefficient of
 * the names' letter pairs, after folding case, accents and punctuation; equal scores go to the earlier organisation.
 * A suggestion is only ever a suggestion: names decide nothing.
 */
export function suggestByName<W extends { name: string }>(
  names: readonly string[],
  organisations: readonly W[],
): (Suggestion<W> | undefined)[] {
  const candidates = organisations.map((organisation) => ({ organisation, pairs: letterPairs(organisation.name) }));
  return names.map((name) => {
    const pairs = letterPairs(name);
    let best: Suggestion<W> | undefined;
    for (const { organisation, pairs: other } of candidates) {
      const confidence = dice(pairs, other);
      if (confidence > WORTH_A_LOOK && confidence > (best?.confidence ?? 0)) best = { organisation, confidence };
    }
    return best;
  });
}

function letterPairs(name: string): Map<string, number> {
  const words =
    name
      .toWellFormed()
      .normalize('NFKD')
      .toLowerCase()
      .replace(/\p{M}/gu, '')
      .match(/[\p{L}\p{N}]+/gu) ?? [];
  const pairs = new Map<string, number>();
  for (const word of words) {
    const padded = ` ${word} `;
    for (let i = 0; i < padded.length - 1; i++) {
      const pair = padded.slice(i, i + 2);
      pairs.set(pair, (pairs.get(pair) ?? 0) + 1);
    }
  }
  return pairs;
}

function dice(a: Map<string, number>, b: Map<string, number>): number {
  let shared = 0;
  let total = 0;
  for (const [pair, count] of a) {
    shared += Math.min(count, b.get(pair) ?? 0);
    total += count;
  }
  for (const count of b.values()) total += count;
  return total === 0 ? 0 : (2 * shared) / total;
}
