import { Organisations, LabelledPair } from './labelled.js';
import { nameComparer } from '../../src/mappings/matching/name-score.js';
import { suggestMatches } from '../../src/mappings/matching/match-organisations.js';
import { characterRatio } from './ratio.js';

/** One answer: what was claimed how strongly, and whether it is right. */
export interface Claim {
  score: number;
  right: boolean;
  left: string;
  claimed: string;
}

export interface Quality {
  averagePrecision: number;
  at: { threshold: number; precision: number; recall: number; claims: number }[];
}

export const THRESHOLDS = [0.5, 0.7, 0.9];

/**
 * Precision and recall of the claims at and above each threshold, and the average precision of their ranking; equal
 * scores count as one step.
 *
 * @param expected how many right claims there could be.
 */
export function qualityOf(claims: readonly Claim[], expected: number): Quality {
  const ranked = [...claims].sort((a, b) => b.score - a.score);
  let averagePrecision = 0;
  let right = 0;
  for (let at = 0; at < ranked.length;) {
    const before = right;
    const { score } = ranked[at]!;
    for (; at < ranked.length && ranked[at]!.score === score; at += 1) if (ranked[at]!.right) right += 1;
    averagePrecision += ((right - before) / expected) * (right / at);
  }
  return {
    averagePrecision: rounded(averagePrecision),
    at: THRESHOLDS.map((threshold) => {
      const above = ranked.filter((claim) => claim.score >= threshold);
      const hits = above.filter((claim) => claim.right).length;
      return {
        threshold,
        precision: rounded(above.length > 0 ? hits / above.length : 1),
        recall: rounded(hits / expected),
        claims: above.length,
      };
    }),
  };
}

/** Each labelled pair by itself: is it one organisation? */
export function pairByPair(pairs: readonly LabelledPair[], score: (a: string, b: string) => number): Quality {
  const claims = pairs.map(({ left, right, same }) => ({
    score: score(left, right),
    right: same,
    left,
    claimed: right,
  }));
  return qualityOf(claims, pairs.filter(({ same }) => same).length);
}

/** For each left name the best of all right names. */
export function bestOfAll(pairs: readonly LabelledPair[], score: (a: string, b: string) => number): Claim[] {
  const { lefts, rights, organisations } = sides(pairs);
  return lefts.map((left) => {
    let claimed = '';
    let best = -1;
    for (const right of rights) {
      const found = score(left, right);
      if (found > best) [best, claimed] = [found, right];
    }
    return { score: best, right: organisations.same(left, claimed), left, claimed };
  });
}

/** The same through the whole matcher: candidates, one-to-one, best total. Of each organisation one left name. */
export function oneToOne(pairs: readonly LabelledPair[]): Claim[] {
  const { rights, organisations, ...all } = sides(pairs);
  const lefts = all.lefts.filter(
    (left, at) => !all.lefts.slice(0, at).some((other) => organisations.same(left, other)),
  );
  const suggestions = suggestMatches(
    lefts.map((name) => ({ key: name, name })),
    rights.map((name) => ({ key: name, name })),
    { minConfidence: 0.05 },
  );
  return suggestions.map(({ arrowKey, waldurKey, confidence }) => ({
    score: confidence,
    right: organisations.same(arrowKey, waldurKey),
    left: arrowKey,
    claimed: waldurKey,
  }));
}

/** How many left names, or organisations on the left, have a partner among the right ones. */
export function expectedOf(pairs: readonly LabelledPair[], of: 'names' | 'organisations'): number {
  const { rights, organisations, ...all } = sides(pairs);
  const lefts = all.lefts.filter(
    (left, at) => of === 'names' || !all.lefts.slice(0, at).some((other) => organisations.same(left, other)),
  );
  return lefts.filter((left) => rights.some((right) => organisations.same(left, right))).length;
}

export function listComparer(pairs: readonly LabelledPair[]): (a: string, b: string) => number {
  return nameComparer(pairs.flatMap(({ left, right }) => [left, right]));
}

export const baseline = characterRatio;

function sides(pairs: readonly LabelledPair[]): { lefts: string[]; rights: string[]; organisations: Organisations } {
  return {
    lefts: [...new Set(pairs.map(({ left }) => left))],
    rights: [...new Set(pairs.map(({ right }) => right))],
    organisations: new Organisations(pairs),
  };
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
