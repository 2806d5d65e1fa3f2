import { givenName } from '../arrow-gateway/given-name.js';
import { type AssignmentPair, assignInSteps } from '../common/assignment.js';
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
 * most confident first. Depends on what is given, not on its order. A generator that pauses after every resource, for
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
  const candidates = licenses.map((license) => ({
    license,
    names: namesOf(license).map((name) => ({ ...name, words: wordsOf(name.text) })),
  }));
  const pairs: Pair[] = [];
  for (const resource of resources) {
    const named = identifiers.namedIn(resource.name);
    const own = wordsOf(resource.name);
    const offering = wordsOf(resource.offeringName);
    for (const { license, names } of candidates) {
      const identifier = named.get(license.licenseReference);
      const judged = identifier
        ? { confidence: 1, evidence: [{ ...identifier, waldur: resource.name, weight: 1 }] }
        : judgeNames(resource, { own, offering }, license, names, words);
      if (judged.confidence < WORTH_A_LOOK) continue;
      pairs.push({
        left: resource.uuid,
        right: license.licenseReference,
        // Powers keep one sure pair from being given up for two doubtful ones.
        score: judged.confidence ** 3 + (identifier ? IDENTIFIED_BONUS : 0),
        identified: identifier !== undefined,
        ...judged,
      });
    }
    yield;
  }
  const chosen = yield* assignInSteps(pairs);
  return withRivals(chosen, pairs);
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
  names: readonly (LicenseName & { readonly words: readonly string[] })[],
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
  }

  /** 0…1, of a word of any side and one of the second. */
  alike(word: string, other: string): number {
    return this.likesOf(word).get(other) ?? 0;
  }

  private likesOf(word: string): Map<string, number> {
    const known = this.known.get(word);
    if (known) return known;
    const [letters, sound] = [lettersOf(word), soundOf(word)];
    const likes = new Map<string, number>();
    for (const other of this.others) {
      if (other.sound !== sound && !mayBeSimilar(word.length, letters, other.text.length, other.letters)) continue;
      const similarity = word === other.text ? 1 : wordSimilarity(word, other.text);
      if (similarity > 0) likes.set(other.text, similarity);
    }
    this.known.set(word, likes);
    return likes;
  }

  private weight(word: string): number {
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
    const total = (words: readonly string[]) => words.reduce((sum, word) => sum + this.weight(word), 0);
    const [all, allOther] = [total(a), total(b)];
    return all === 0 || allOther === 0 ? 0 : Math.sqrt((agreed / all) * (agreedOther / allOther));
  }
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
    if (key.length >= 6) known.set(key, [...(known.get(key) ?? []), { reference, kind, arrow: identifier! }]);
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

function groupBy(pairs: readonly Pair[], keyOf: (pair: Pair) => string): Map<string, Pair[]> {
  const groups = new Map<string, Pair[]>();
  for (const pair of pairs) {
    const group = groups.get(keyOf(pair));
    if (group) group.push(pair);
    else groups.set(keyOf(pair), [pair]);
  }
  return groups;
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
