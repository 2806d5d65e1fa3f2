import { givenName } from '../arrow-gateway/given-name.js';
import { type AssignmentPair, assignInSteps } from '../common/assignment.js';
import { groupBy } from '../common/group-by.js';
import type { Evidence } from '../mappings/matching/match-types.js';
import { lettersOf, mayBeSimilar, soundOf, wordSimilarity } from '../mappings/matching/similarity.js';

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
/** Words that say nothing of which licence is meant. */
const EMPTY_WORDS = new Set(
  'the and for of a an licence license licences licenses subscription subscriptions plan plans account service services'.split(
    ' ',
  ),
);
const EMPTY_WORD_WEIGHT = 0.15;

interface Pair extends AssignmentPair {
  readonly confidence: number;
  readonly identified: boolean;
  readonly evidence: readonly Evidence[];
}

/**
 * Suggests which free licence each unlinked resource is: at most one each way, the best total over the whole answer,
 * most confident first. Depends on what is given, not on its order. Of many licences only those that share most with a
 * resource are compared with it, so that time and memory do not grow with the product of the two lists. A generator that pauses after every resource, for
 * `runInSlices`.
 */
export function* suggestLinks(
  resources: readonly UnlinkedResource[],
  licenses: readonly FreeLicense[],
): Generator<void, LinkSuggestion[]> {
  const words = new Words(
    [...resources.map(({ name }) => name), ...licenses.flatMap((license) => namesOf(license).map(({ text }) => text))],
    licenses.flatMap((license) => [...namesOf(license).map(({ text }) => text), license.vendorName ?? '']),
  );
  const identifiers = identifiersOf(licenses);
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
    const named = identifiers.namedIn(resource.name);
    for (const [right, identifier] of named) {
      const evidence = [{ ...identifier, waldur: resource.name, weight: 1 }];
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
  return compare(a.name, b.name) || compare(a.offeringName, b.offeringName) || compare(a.uuid, b.uuid);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
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
  const sorted = [...licenses].sort((a, b) => compare(a.licenseReference, b.licenseReference));
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
    for (const word of new Set(words)) {
      const known = this.byWord.get(word);
      if (known) known.push(name);
      else this.byWord.set(word, [name]);
    }
  }
}

/** The groups worth a look, best first. */
function judgeGroups(resource: UnlinkedResource, index: NameIndex, words: Words): Equals[] {
  const own = wordsOf(resource.name);
  const offering = wordsOf(resource.offeringName);
  const byConfidence = new Map<number, Equals['groups'][number][]>();
  for (const group of index.nearest(own)) {
    const { confidence, evidence } = judgeNames(resource, { own, offering }, group.license, group.names, words);
    if (confidence < WORTH_A_LOOK) continue;
    const equals = byConfidence.get(confidence);
    if (equals) equals.push({ group, evidence });
    else byConfidence.set(confidence, [{ group, evidence }]);
  }
  return [...byConfidence]
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
  const friendly = givenName(friendlyName);
  return [
    ...(friendly ? [{ kind: 'friendly_name' as const, text: friendly }] : []),
    ...(offerName ? [{ kind: 'offer_name' as const, text: offerName }] : []),
  ];
}

function judgeNames(
  resource: UnlinkedResource,
  { own, offering }: { own: readonly string[]; offering: readonly string[] },
  license: FreeLicense,
  names: readonly NameWithWords[],
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

/** How much words tell, and which are the same but for their spelling. */
class Words {
  private readonly counts = new Map<string, number>();
  private readonly names: number;
  private readonly others: readonly { text: string; letters: number; sound: string }[];
  private readonly byEdge = new Map<string, number[]>();
  private readonly known = new Map<string, Map<string, number>>();

  /** `names`: all of both sides; `others`: those of the second side, that words are looked for in. */
  constructor(names: readonly string[], others: readonly string[]) {
    this.names = names.length;
    for (const name of names) {
      for (const word of new Set(wordsOf(name))) this.counts.set(word, (this.counts.get(word) ?? 0) + 1);
    }
    this.others = [...new Set(others.flatMap(wordsOf))].map((text) => ({
      text,
      letters: lettersOf(text),
      sound: soundOf(text),
    }));
    for (const [at, { text, sound }] of this.others.entries()) {
      for (const edge of edgesOf(text, sound)) {
        const known = this.byEdge.get(edge);
        if (known) known.push(at);
        else this.byEdge.set(edge, [at]);
      }
    }
  }

  /** 0…1, of a word of any side and one of the second. */
  alike(word: string, other: string): number {
    return this.likesOf(word).get(other) ?? 0;
  }

  /** The words of the second side that are this one but for their spelling. */
  likesOf(word: string): Map<string, number> {
    const known = this.known.get(word);
    if (known) return known;
    const [letters, sound] = [lettersOf(word), soundOf(word)];
    const likes = new Map<string, number>();
    for (const at of new Set(edgesOf(word, sound).flatMap((edge) => this.byEdge.get(edge) ?? []))) {
      const other = this.others[at]!;
      if (other.sound !== sound && !mayBeSimilar(word.length, letters, other.text.length, other.letters)) continue;
      const similarity = word === other.text ? 1 : wordSimilarity(word, other.text);
      if (similarity > 0) likes.set(other.text, similarity);
    }
    this.known.set(word, likes);
    return likes;
  }

  total(words: readonly string[]): number {
    return words.reduce((sum, word) => sum + this.weight(word), 0);
  }

  weight(word: string): number {
    if (EMPTY_WORDS.has(word)) return EMPTY_WORD_WEIGHT;
    return 1 + Math.log((this.names + 1) / (this.counts.get(word) ?? 1));
  }

  /** 0…1: the shares of both names that agree with the other one, as their geometric mean; `b` is of the second side. */
  agreement(a: readonly string[], b: readonly string[]): number {
    const free = new Set(b.keys());
    let agreed = 0;
    let agreedOther = 0;
    for (const word of a) {
      let [at, similarity] = [-1, 0];
      for (const other of free) {
        const found = this.alike(word, b[other]!);
        if (found > similarity) [at, similarity] = [other, found];
      }
      if (at < 0) continue;
      free.delete(at);
      agreed += this.weight(word) * similarity;
      agreedOther += this.weight(b[at]!) * similarity;
    }
    const [all, allOther] = [this.total(a), this.total(b)];
    return all === 0 || allOther === 0 ? 0 : Math.sqrt((agreed / all) * (agreedOther / allOther));
  }
}

/** What words that are alike have in common: one typing error leaves the beginning or the end as it was. */
function edgesOf(word: string, sound: string): string[] {
  return [`${word.slice(0, 2)}…`, `…${word.slice(-2)}`, `~${sound}`];
}

const MAX_WORDS = 24;

function wordsOf(text: string): string[] {
  const plain = text.slice(0, 300).toWellFormed().normalize('NFKD').toLowerCase().replace(/\p{M}/gu, '');
  return (plain.match(/[\p{L}\p{N}]+/gu) ?? []).slice(0, MAX_WORDS);
}

/** Finds the licences whose own identifiers stand in a text. */
function identifiersOf(licenses: readonly FreeLicense[]): {
  namedIn(text: string): Map<string, Pick<Evidence, 'kind' | 'arrow'>>;
} {
  const known = new Map<string, { reference: string; kind: string; arrow: string }[]>();
  const learn = (kind: string, reference: string, identifier: string | null) => {
    const key = identifier?.trim().toLowerCase() ?? '';
    // Short ones may stand in any name.
    if (key.length < 6) return;
    const owners = known.get(key) ?? [];
    // Two are enough to know that it identifies neither.
    if (owners.length < 2) known.set(key, [...owners, { reference, kind, arrow: identifier! }]);
  };
  for (const { licenseReference, vendorSubscriptionId } of licenses) {
    learn('license_reference', licenseReference, licenseReference);
    learn('vendor_subscription_id', licenseReference, vendorSubscriptionId);
  }
  return {
    namedIn(text) {
      const pieces = text.toLowerCase().match(/[\p{L}\p{N}-]+/gu) ?? [];
      const found = pieces.flatMap((piece) => {
        const owners = known.get(piece) ?? [];
        // An identifier that two licences share identifies neither.
        return owners.length === 1 ? owners : [];
      });
      return new Map(found.map(({ reference, kind, arrow }) => [reference, { kind, arrow }]));
    },
  };
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
    .sort((a, b) => b.confidence - a.confidence || (a.resourceUuid < b.resourceUuid ? -1 : 1));
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
