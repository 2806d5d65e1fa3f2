import { displayName } from '../arrow-gateway/display-name.js';
import { type AssignmentPair, assignInSteps, compareText } from '../common/assignment.js';
import { addTo, groupBy } from '../common/group-by.js';
import type { Evidence } from '../mappings/matching/match-types.js';
import { rounded } from '../mappings/matching/similarity.js';
import { Words, wordsOf } from './name-words.js';

/** A resource without a licence, as far as it bears on which one it is. */
export interface UnlinkedResource {
  readonly uuid: string;
  readonly name: string;
  readonly offeringName: string;
}

/** A licence without a resource. Null where ArrowSphere says nothing. */
export interface FreeLicense {
  readonly licenseReference: string;
  readonly friendlyName: string | null;
  readonly offerName: string | null;
  readonly vendorName: string | null;
  readonly vendorSubscriptionId: string | null;
}

export interface LinkSuggestion {
  readonly resourceUuid: string;
  readonly licenseReference: string;
  /** 0…1: 1 by an identifier; names alone never reach it. */
  readonly confidence: number;
  /** Another licence fits as well or nearly, or another resource does: a person must choose. */
  readonly ambiguous: boolean;
  /**
   * `license_reference`, `vendor_subscription_id`: the resource's name holds that identifier. `friendly_name`,
   * `offer_name`: it agrees with the resource's name. `offering`: it agrees with the name of the resource's offering.
   */
  readonly evidence: readonly Evidence[];
}

/** Below this, a pair is not worth a look. */
const WORTH_A_LOOK = 0.4;
/** What agreeing names alone can reach: names only ever suggest. */
const BY_NAME_AT_MOST = 0.88;
/** Many licences share the name of their offer, few a friendly name. */
const OFFER_NAME_SHARE = 0.9;
const OFFERING_WEIGHT = 0.07;
/** So many kinds of licences are compared with one resource, those that share most with it, ... */
const GROUPS_JUDGED = 64;
/** ... and so many licences stand for the choice. More would cost the square of the number of licences. */
const PAIRS_PER_RESOURCE = 32;
/** Of what is shared, squared: far below what {@link WORTH_A_LOOK} asks for, as it is only an estimate. */
const HARDLY_ANYTHING = 0.05;
const NEAR = 0.05;
/** In the assignment an identifier is worth more than any two names it might have to give way to. */
const IDENTIFIED_BONUS = 4;
interface Pair extends AssignmentPair {
  readonly confidence: number;
  readonly identified: boolean;
  readonly evidence: readonly Evidence[];
}

/**
 * Suggests which free licence each unlinked resource is: at most one each way, the best total over the whole answer,
 * most confident first. Depends on what is given, not on its order. Of many licences only those that share most with a
 * resource are compared with it, so that time and memory do not grow with the product of the two lists. A
 * generator that pauses after every resource, for `runInSlices`.
 */
export function* suggestLinks(
  resources: readonly UnlinkedResource[],
  licenses: readonly FreeLicense[],
): Generator<void, LinkSuggestion[]> {
  const words = new Words(
    [...resources.map(({ name }) => name), ...licenses.flatMap((license) => namesOf(license).map(({ text }) => text))],
    licenses.flatMap((license) => [...namesOf(license).map(({ text }) => text), license.vendorName ?? '']),
  );
  const identifiersIn = identifierSearch(licenses);
  const groups = yield* alikeLicenses(licenses);
  const index = yield* NameIndex.over(groups, words);
  const pairs: Pair[] = [];
  let judged: Equals[] = [];
  let before: UnlinkedResource | undefined;
  for (const resource of [...resources].sort(byNames)) {
    if (resource.name !== before?.name || resource.offeringName !== before.offeringName) {
      judged = judgeGroups(resource, index, words);
    }
    before = resource;
    const named = new Map(identifiersIn(resource.name).map((identifier) => [identifier.reference, identifier]));
    for (const [right, { kind, text: arrow }] of named) {
      const evidence = [{ kind, arrow, waldur: resource.name, weight: 1 }];
      pairs.push({ left: resource.uuid, right, ...scored(1, true), evidence });
    }
    let room = PAIRS_PER_RESOURCE;
    for (const { groups, size, confidence } of judged) {
      // Each resource begins one further on, or the first few of many equals would be all that is suggested.
      const from = size > room ? groups[0]!.group.next++ : 0;
      for (let at = 0; at < size && room > 0; at += 1) {
        const { reference: right, evidence } = licenseAt(groups, (from + at) % size);
        if (named.has(right)) continue;
        pairs.push({ left: resource.uuid, right, ...scored(confidence, false), evidence });
        room -= 1;
      }
    }
    yield;
  }
  const chosen = yield* assignInSteps(pairs);
  return withRivals(chosen, pairs);
}

function scored(confidence: number, identified: boolean): Pick<Pair, 'confidence' | 'identified' | 'score'> {
  // Powers keep one sure pair from being given up for two doubtful ones.
  return { confidence, identified, score: confidence ** 3 + (identified ? IDENTIFIED_BONUS : 0) };
}

function byNames(a: UnlinkedResource, b: UnlinkedResource): number {
  return compareText(a.name, b.name) || compareText(a.offeringName, b.offeringName) || compareText(a.uuid, b.uuid);
}

type NameWithWords = LicenseName & { readonly words: readonly string[] };

/** Licences that no name tells apart: judged once for all of them. */
interface LicenseGroup {
  readonly license: FreeLicense;
  readonly names: readonly NameWithWords[];
  readonly references: string[];
  /** Where the next resource begins among {@link references}. */
  next: number;
}

/** Groups that are equally good for a resource. */
interface Equals {
  readonly confidence: number;
  readonly groups: readonly { readonly group: LicenseGroup; readonly evidence: readonly Evidence[] }[];
  /** Licences in all of them. */
  readonly size: number;
}

function* alikeLicenses(licenses: readonly FreeLicense[]): Generator<void, LicenseGroup[]> {
  const groups = new Map<string, LicenseGroup>();
  const sorted = [...licenses].sort((a, b) => compareText(a.licenseReference, b.licenseReference));
  for (const [at, license] of sorted.entries()) {
    const names = namesOf(license);
    const key = JSON.stringify([names.map(({ kind, text }) => [kind, text]), license.offerName, license.vendorName]);
    const known = groups.get(key);
    if (known) known.references.push(license.licenseReference);
    else {
      const withWords = names.map((name) => ({ ...name, words: wordsOf(name.text) }));
      groups.set(key, { license, names: withWords, references: [license.licenseReference], next: 0 });
    }
    if (at % 64 === 63) yield;
  }
  return [...groups.values()];
}

/** Finds the licences whose names share most with a resource's, without comparing it with each of them. */
class NameIndex {
  private readonly byWord = new Map<string, number[]>();
  private readonly totals: number[] = [];
  private readonly groupOf: number[] = [];
  private shared = new Float64Array(0);

  private constructor(
    private readonly groups: readonly LicenseGroup[],
    private readonly words: Words,
  ) {}

  /** Pauses now and then. */
  static *over(groups: readonly LicenseGroup[], words: Words): Generator<void, NameIndex> {
    const index = new NameIndex(groups, words);
    for (const [at, { names }] of groups.entries()) {
      for (const name of names) index.add(at, name.words);
      if (at % 64 === 63) yield;
    }
    index.shared = new Float64Array(index.groupOf.length);
    return index;
  }

  /** The most promising groups, in the order they were given in. */
  nearest(own: readonly string[]): LicenseGroup[] {
    if (this.groups.length <= GROUPS_JUDGED) return [...this.groups];
    const { shared } = this;
    shared.fill(0);
    for (const word of own) {
      const weight = this.words.weight(word);
      for (const [other, similarity] of this.words.likesOf(word)) {
        for (const name of this.byWord.get(other) ?? []) shared[name]! += weight * similarity;
      }
    }
    const all = this.words.total(own);
    const best: { group: number; score: number }[] = [];
    for (let name = 0; name < shared.length; name += 1) {
      if (shared[name] === 0) continue;
      const score = shared[name]! ** 2 / (all * this.totals[name]!);
      const last = best[GROUPS_JUDGED - 1];
      if (score < HARDLY_ANYTHING || (last && score <= last.score)) continue;
      const group = this.groupOf[name]!;
      if (last) best.pop();
      let at = best.length;
      while (at > 0 && best[at - 1]!.score < score) at -= 1;
      best.splice(at, 0, { group, score });
    }
    const found = [...new Set(best.map(({ group }) => group))].sort((a, b) => a - b);
    return found.map((group) => this.groups[group]!);
  }

  private add(group: number, words: readonly string[]): void {
    const name = this.groupOf.push(group) - 1;
    this.totals.push(this.words.total(words));
    for (const word of new Set(words)) addTo(this.byWord, word, name);
  }
}

/** The groups worth a look, best first. */
function judgeGroups(resource: UnlinkedResource, index: NameIndex, words: Words): Equals[] {
  const own = wordsOf(resource.name);
  const offering = wordsOf(resource.offeringName);
  const judged = index
    .nearest(own)
    .map((group) => ({ group, ...judgeNames(resource, { own, offering }, group, words) }));
  const worthALook = judged.filter(({ confidence }) => confidence >= WORTH_A_LOOK);
  return [...groupBy(worthALook, ({ confidence }) => confidence)]
    .map(([confidence, groups]) => ({
      confidence,
      groups,
      size: groups.reduce((sum, { group }) => sum + group.references.length, 0),
    }))
    .sort((a, b) => b.confidence - a.confidence);
}

function licenseAt(groups: Equals['groups'], position: number): { reference: string; evidence: readonly Evidence[] } {
  let at = position;
  for (const { group, evidence } of groups) {
    if (at < group.references.length) return { reference: group.references[at]!, evidence };
    at -= group.references.length;
  }
  throw new RangeError('there are fewer licences');
}

interface LicenseName {
  readonly kind: 'friendly_name' | 'offer_name';
  readonly text: string;
}

function namesOf({ friendlyName, offerName }: FreeLicense): LicenseName[] {
  const friendly = displayName(friendlyName);
  return [
    ...(friendly ? [{ kind: 'friendly_name' as const, text: friendly }] : []),
    ...(offerName ? [{ kind: 'offer_name' as const, text: offerName }] : []),
  ];
}

function judgeNames(
  resource: UnlinkedResource,
  { own, offering }: { own: readonly string[]; offering: readonly string[] },
  { license, names }: LicenseGroup,
  weights: Words,
): { confidence: number; evidence: Evidence[] } {
  let best = { confidence: 0, evidence: [] as Evidence[] };
  for (const { kind, text, words } of names) {
    const share = kind === 'offer_name' ? OFFER_NAME_SHARE : 1;
    const agreement = weights.agreement(own, words) * share;
    const vendor = license.vendorName ?? '';
    const told = [...words, ...wordsOf(vendor)];
    const shared = offering.filter((word) => told.some((other) => weights.alike(word, other) > 0));
    // What the offering says adds to names that agree; by itself it fits every licence of the vendor.
    const bonus = shared.length > 0 ? OFFERING_WEIGHT * Math.min(1, agreement / WORTH_A_LOOK) : 0;
    const confidence = rounded(agreement * BY_NAME_AT_MOST + bonus);
    if (confidence <= best.confidence) continue;
    const evidence: Evidence[] = [{ kind, arrow: text, waldur: resource.name, weight: rounded(confidence - bonus) }];
    if (bonus > 0) {
      const arrow = [license.offerName, vendor].filter(Boolean).join(', ');
      evidence.push({ kind: 'offering', arrow, waldur: resource.offeringName, weight: rounded(bonus) });
    }
    best = { confidence, evidence };
  }
  return best;
}

interface Identifier {
  readonly reference: string;
  readonly kind: 'license_reference' | 'vendor_subscription_id';
  readonly text: string;
}

/** Finds the identifiers of licences that stand in a text; one that two licences share identifies neither. */
function identifierSearch(licenses: readonly FreeLicense[]): (text: string) => Identifier[] {
  const known = groupBy(
    licenses.flatMap(({ licenseReference: reference, vendorSubscriptionId }): Identifier[] => [
      { reference, kind: 'license_reference', text: reference },
      { reference, kind: 'vendor_subscription_id', text: vendorSubscriptionId ?? '' },
    ]),
    ({ text }) => text.trim().toLowerCase(),
  );
  const find = (piece: string): Identifier[] => {
    const found = known.get(piece) ?? [];
    // Short ones may stand in any name.
    return piece.length < 6 || found.length > 1 ? [] : found;
  };
  return (text) => (text.toLowerCase().match(/[\p{L}\p{N}-]+/gu) ?? []).flatMap(find);
}

function withRivals(chosen: readonly Pair[], pairs: readonly Pair[]): LinkSuggestion[] {
  const byLeft = groupBy(pairs, ({ left }) => left);
  const byRight = groupBy(pairs, ({ right }) => right);
  const partnerOf = new Map(
    chosen.flatMap((pair) => [[`l ${pair.left}`, pair] as const, [`r ${pair.right}`, pair] as const]),
  );
  const hasRival = (pair: Pair): boolean =>
    [...byLeft.get(pair.left)!, ...byRight.get(pair.right)!].some((other) => {
      if (other === pair || other.confidence < pair.confidence - NEAR || pair.identified) return false;
      // Somebody clearly better served elsewhere is no rival.
      const better = partnerOf.get(other.left === pair.left ? `r ${other.right}` : `l ${other.left}`);
      return !better || better.confidence < other.confidence + NEAR;
    });
  return chosen
    .map((pair) => ({
      resourceUuid: pair.left,
      licenseReference: pair.right,
      confidence: pair.confidence,
      ambiguous: hasRival(pair),
      evidence: pair.evidence,
    }))
    .sort((a, b) => b.confidence - a.confidence || compareText(a.resourceUuid, b.resourceUuid));
}
