import { assignInSteps, compareText } from '../../common/assignment.js';
import { groupBy } from '../../common/group-by.js';
import { runAtOnce, runInSlices, SliceOptions } from '../../common/time-slices.js';
import { CandidateIndex } from './candidates.js';
import { PairJudge, Verdict } from './judge.js';
import { ArrowParty, MatchOptions, Suggestion, WaldurParty } from './match-types.js';
import { rounded } from './similarity.js';

export type { ArrowParty, Evidence, MatchOptions, Suggestion, WaldurParty } from './match-types.js';

const DEFAULT_MIN_CONFIDENCE = 0.5;
/** Pairs this much below what is asked for are still looked at, because they can make a suggestion ambiguous. */
const NEAR = 0.05;
/** In the assignment an equal identifier is worth more than any two names it might have to give way to. */
const IDENTIFIED_BONUS = 4;

/**
 * Suggests which ArrowSphere customer is which Waldur organisation: at most one organisation for each customer and one
 * customer for each organisation, the best total over the whole answer, most confident first. The answer depends only on
 * what is given, not on its order, and no text in it makes it fail.
 *
 * Time grows with how many there are on both sides, not with their product: about a second for 10,000 with 10,000. Use
 * {@link suggestMatchesInBackground} in a server.
 */
export function suggestMatches(
  arrow: readonly ArrowParty[],
  waldur: readonly WaldurParty[],
  options: MatchOptions = {},
): Suggestion[] {
  return runAtOnce(matchInSteps(arrow, waldur, options));
}

/**
 * {@link suggestMatches} in slices of some milliseconds, between which requests, timers and sockets get their turn.
 * Rejects with the signal's reason when the signal aborts.
 */
export function suggestMatchesInBackground(
  arrow: readonly ArrowParty[],
  waldur: readonly WaldurParty[],
  options: MatchOptions & SliceOptions = {},
): Promise<Suggestion[]> {
  return runInSlices(matchInSteps(arrow, waldur, options), options);
}

interface Pair {
  left: string;
  right: string;
  score: number;
  verdict: Verdict;
}

function* matchInSteps(
  arrow: readonly ArrowParty[],
  waldur: readonly WaldurParty[],
  options: MatchOptions,
): Generator<void, Suggestion[]> {
  const minConfidence = options.minConfidence ?? DEFAULT_MIN_CONFIDENCE;
  const left = inOrderOfKey(arrow);
  const right = inOrderOfKey(waldur);

  const judge = new PairJudge(left, right);
  yield* judge.prepare();
  const index = new CandidateIndex(judge.vocabulary, judge.waldurNames);
  yield* index.build();

  const pairs: Pair[] = [];
  for (let at = 0; at < left.length; at += 1) {
    const candidates = judge.partnersBesidesNames(at);
    for (const name of index.find(judge.arrowNames[at]!)) candidates.add(judge.partyOfName(name));
    for (const candidate of candidates) {
      const verdict = judge.judge(at, candidate);
      if (verdict.confidence < minConfidence - NEAR && verdict.unmappedConfidence < minConfidence) continue;
      // Powers keep one sure pair from being given up for two doubtful ones.
      const score = verdict.confidence ** 3 + (verdict.identified ? IDENTIFIED_BONUS : 0);
      pairs.push({ left: left[at]!.key, right: right[candidate]!.key, score, verdict });
    }
    yield;
  }

  const eligible = pairs.filter((pair) => pair.verdict.confidence >= minConfidence);
  const chosen = yield* assignInSteps(eligible);
  return yield* explain(chosen, pairs, judge, left, right);
}

function inOrderOfKey<P extends { key: string }>(parties: readonly P[]): P[] {
  return [...parties].sort((a, b) => compareText(a.key, b.key));
}

function* explain(
  chosen: readonly Pair[],
  pairs: readonly Pair[],
  judge: PairJudge,
  left: readonly ArrowParty[],
  right: readonly WaldurParty[],
): Generator<void, Suggestion[]> {
  const byLeft = groupBy(pairs, (pair) => pair.left);
  const byRight = groupBy(pairs, (pair) => pair.right);
  const chosenForLeft = new Map(chosen.map((pair) => [pair.left, pair]));
  const chosenForRight = new Map(chosen.map((pair) => [pair.right, pair]));

  const suggestions: Suggestion[] = [];
  for (const pair of chosen) {
    const others = byLeft
      .get(pair.left)!
      .filter((other) => other !== pair)
      .sort(bySuitability);
    const runnerUp = others[0];
    const rivals = byRight
      .get(pair.right)!
      .filter(
        (other) => other !== pair && isNear(other, pair) && !isBetterServed(other, chosenForLeft.get(other.left)),
      );
    const alternative = others.some(
      (other) => isNear(other, pair) && !isBetterServed(other, chosenForRight.get(other.right)),
    );
    suggestions.push({
      arrowKey: pair.left,
      waldurKey: pair.right,
      confidence: rounded(pair.verdict.confidence),
      ambiguous: alternative || rivals.length > 0,
      ...(runnerUp && {
        runnerUp: { waldurKey: runnerUp.right, confidence: rounded(runnerUp.verdict.confidence) },
      }),
      evidence: judge.explain(pair.verdict),
      ...noteFor(pair, rivals, left, right),
    });
    yield;
  }
  return suggestions.sort((a, b) => b.confidence - a.confidence || compareText(a.arrowKey, b.arrowKey));
}

function noteFor(
  pair: Pair,
  rivals: readonly Pair[],
  left: readonly ArrowParty[],
  right: readonly WaldurParty[],
): { note?: string } {
  const notes: string[] = [];
  if (right[pair.verdict.waldurAt]!.alreadyMapped)
    notes.push('This organisation is already mapped under the same settings.');
  if (pair.verdict.conflict) notes.push('The registration numbers differ.');
  const [rival] = rivals;
  if (rival) {
    const others = rivals.length > 1 ? ` and ${rivals.length - 1} more` : '';
    notes.push(`It could be "${left[rival.verdict.arrowAt]!.name}"${others} as well.`);
  }
  return notes.length > 0 ? { note: notes.join(' ') } : {};
}

/** What an organisation mapped elsewhere would be worth counts too: it may be the right one all the same. */
function isNear(other: Pair, pair: Pair): boolean {
  if (other.verdict.identified !== pair.verdict.identified) return other.verdict.identified;
  return other.verdict.unmappedConfidence > pair.verdict.confidence - NEAR;
}

/** The other side of a rival pair has a clearly better partner, so it is no rival. */
function isBetterServed(rival: Pair, chosen: Pair | undefined): boolean {
  if (!chosen || chosen === rival) return false;
  if (chosen.verdict.identified !== rival.verdict.identified) return chosen.verdict.identified;
  return chosen.verdict.confidence >= rival.verdict.unmappedConfidence + NEAR;
}

function bySuitability(a: Pair, b: Pair): number {
  return b.score - a.score || compareText(a.right, b.right);
}
