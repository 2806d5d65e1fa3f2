import { FormRelation, relateForms } from './legal-forms.js';
import { SAME_WORD } from './similarity.js';
import { IndexedName, Vocabulary } from './vocabulary.js';

/** Why two names score as they do. Words are positions in `first` and `second`, the names or aliases that agreed best. */
export interface NameReasons {
  forms: FormRelation;
  first: IndexedName;
  second: IndexedName;
  agreedFirst: readonly number[];
  agreedSecond: readonly number[];
  onlyFirst: readonly number[];
  onlySecond: readonly number[];
}

/** What the legal forms leave of a confidence. */
export const FORM_FACTOR: Readonly<Record<FormRelation, number>> = {
  same: 1,
  missing: 0.975,
  translated: 0.96,
  vague: 0.95,
  different: 0.88,
  opposed: 0.72,
};

/** Straight lines between points: share of the names that agrees → how often such a pair is one organisation. */
const CALIBRATION: readonly (readonly [number, number])[] = [
  [0, 0],
  [0.5, 0.15],
  [0.7, 0.42],
  [0.8, 0.63],
  [0.9, 0.86],
  [0.95, 0.93],
  [1, 0.98],
];

const JOINED_AGREEMENT = 0.98;
const ACRONYM_SIMILARITY = 0.75;
const CUT_WORD_SIMILARITY = 0.85;
const STATED_ALIAS_FACTOR = 0.94;
const BRACKETS_FACTOR = 0.9;
const OPPOSED_NUMBERS = 0.55;
const OPPOSED_COUNTRIES = 0.65;
const OTHER_ORDER = 0.98;
/** How much worse it is when both names have words of their own than when only one has. */
const BOTH_DIFFER = 0.6;
const MAX_WORDS = 16;

/** What share of agreement is worth as confidence. */
function confidenceOf(agreement: number): number {
  for (let at = 1; at < CALIBRATION.length; at += 1) {
    const [x1, y1] = CALIBRATION[at]!;
    if (agreement > x1 && at < CALIBRATION.length - 1) continue;
    const [x0, y0] = CALIBRATION[at - 1]!;
    return y0 + ((Math.min(agreement, x1) - x0) / (x1 - x0)) * (y1 - y0);
  }
  return 0;
}

/** One of two names that are compared, and how its words pair off with those of the other. */
class Side {
  name: IndexedName;
  /** By position, a word of the other name; -1: none. */
  readonly partners = new Int8Array(MAX_WORDS);
  /** By position, how much of the word agrees. */
  readonly shares = new Float64Array(MAX_WORDS);

  begin(name: IndexedName): void {
    this.name = name;
    this.partners.fill(-1);
    this.shares.fill(0);
  }

  isFree(at: number): boolean {
    return this.partners[at]! < 0;
  }

  pair(at: number, partner: number, share: number): void {
    this.partners[at] = partner;
    this.shares[at] = share;
  }

  /** Whether words of both names that pair off stand in the same order. */
  isInOrder(): boolean {
    const partners = this.partners.subarray(0, this.name.words.length).filter((partner) => partner >= 0);
    return partners.every((partner, at) => at === 0 || partner >= partners[at - 1]!);
  }
}

/** Compares names of one vocabulary. Holds scratch space: one instance for many comparisons, not for two at once. */
export class NameComparer {
  private readonly a = new Side();
  private readonly b = new Side();

  constructor(private readonly vocabulary: Vocabulary) {}

  /** Symmetric: the same for (a, b) as for (b, a). */
  compare(a: IndexedName, b: IndexedName): number {
    return Math.max(this.compareWhole(a, b), this.compareAliases(a, b));
  }

  /** The reasons of {@link compare}, for the few pairs somebody will look at. */
  explain(a: IndexedName, b: IndexedName): NameReasons {
    let [first, second] = [a, b];
    let best = this.compareWhole(a, b);
    for (const [one, other, factor] of aliasPairs(a, b)) {
      const confidence = this.compareWhole(one, other) * factor;
      if (confidence > best) [best, first, second] = [confidence, one, other];
    }
    this.compareWhole(first, second);
    const alike = first.joined === second.joined;
    const positions = (side: Side, agreed: boolean): number[] =>
      [...side.name.words.keys()].filter((at) => (alike || !side.isFree(at)) === agreed);
    return {
      forms: relateForms(a.forms, b.forms),
      first,
      second,
      agreedFirst: positions(this.a, true),
      agreedSecond: positions(this.b, true),
      onlyFirst: positions(this.a, false),
      onlySecond: positions(this.b, false),
    };
  }

  private compareAliases(a: IndexedName, b: IndexedName): number {
    if (a.aliases.length === 0 && b.aliases.length === 0) return 0;
    return Math.max(...aliasPairs(a, b).map(([one, other, factor]) => this.compareWhole(one, other) * factor));
  }

  private compareWhole(a: IndexedName, b: IndexedName): number {
    this.a.begin(a);
    this.b.begin(b);
    if (a.words.length === 0 || b.words.length === 0) return 0;
    // Alignment takes turns from the first name on; a fixed order of the two keeps the answer symmetric.
    const agreement = a.joined <= b.joined ? this.agreement(this.a, this.b) : this.agreement(this.b, this.a);
    return confidenceOf(agreement) * FORM_FACTOR[relateForms(a.forms, b.forms)];
  }

  private agreement(one: Side, other: Side): number {
    this.align(one, other);
    const ours = this.sumsOf(one);
    const theirs = this.sumsOf(other);
    let agreement = Math.sqrt((ours.agreed / ours.weight) * (theirs.agreed / theirs.weight));
    agreement *= 1 - (BOTH_DIFFER * Math.min(ours.alone, theirs.alone)) / Math.max(ours.weight, theirs.weight);
    if (ours.hasNumber && theirs.hasNumber) agreement *= OPPOSED_NUMBERS;
    if (ours.hasCountry && theirs.hasCountry) agreement *= OPPOSED_COUNTRIES;
    if (agreement > 0.9 && !one.isInOrder()) agreement *= OTHER_ORDER;
    return one.name.joined === other.name.joined ? Math.max(agreement, JOINED_AGREEMENT) : agreement;
  }

  /** What the words of a name weigh, what of that agrees, and what those that stand alone are. */
  private sumsOf({ name, shares }: Side) {
    const { vocabulary } = this;
    const sums = { weight: 0, agreed: 0, alone: 0, hasNumber: false, hasCountry: false };
    for (let at = 0; at < name.words.length; at += 1) {
      const word = name.words[at]!;
      const weight = vocabulary.weight(word);
      sums.weight += weight;
      sums.agreed += weight * shares[at]!;
      if (shares[at]! > 0) continue;
      sums.alone += weight;
      sums.hasNumber ||= vocabulary.isNumber(word);
      sums.hasCountry ||= vocabulary.isCountry(word);
    }
    return sums;
  }

  private align(one: Side, other: Side): void {
    const { vocabulary } = this;
    const [words, others] = [one.name.words, other.name.words];
    let open = words.length;
    for (let i = 0; i < words.length; i += 1) {
      for (let j = 0; j < others.length; j += 1) {
        if (words[i] !== others[j] || !other.isFree(j)) continue;
        one.pair(i, j, 1);
        other.pair(j, i, 1);
        open -= 1;
        break;
      }
    }
    if (open === 0 && words.length === others.length) return;
    for (let i = 0; i < words.length; i += 1) {
      if (!one.isFree(i)) continue;
      let best = -1;
      let bestSimilarity = 0;
      for (let j = 0; j < others.length; j += 1) {
        if (!other.isFree(j)) continue;
        const cut = this.cutSimilarity(one.name, i, other.name, j);
        const similarity = Math.max(vocabulary.similarity(words[i]!, others[j]!), cut);
        if (similarity > bestSimilarity) [best, bestSimilarity] = [j, similarity];
      }
      if (bestSimilarity < SAME_WORD) continue;
      one.pair(i, best, bestSimilarity);
      other.pair(best, i, bestSimilarity);
    }
    this.pairJoined(one, other);
    this.pairJoined(other, one);
    this.pairAcronym(one, other);
    this.pairAcronym(other, one);
  }

  private cutSimilarity(a: IndexedName, i: number, b: IndexedName, j: number): number {
    if (a.cut.size === 0 && b.cut.size === 0) return 0;
    const textA = this.vocabulary.texts[a.words[i]!]!;
    const textB = this.vocabulary.texts[b.words[j]!]!;
    if (a.cut.has(textA) && textB.startsWith(textA)) return CUT_WORD_SIMILARITY;
    return b.cut.has(textB) && textA.startsWith(textB) ? CUT_WORD_SIMILARITY : 0;
  }

  /** Two neighbouring words of one name that the other writes as one. */
  private pairJoined(one: Side, other: Side): void {
    const { texts } = this.vocabulary;
    const { words } = one.name;
    for (let j = 0; j < other.name.words.length; j += 1) {
      if (!other.isFree(j)) continue;
      const whole = texts[other.name.words[j]!]!;
      for (let i = 0; i + 1 < words.length; i += 1) {
        if (!one.isFree(i) || !one.isFree(i + 1) || texts[words[i]!]! + texts[words[i + 1]!]! !== whole) continue;
        one.pair(i, j, JOINED_AGREEMENT);
        one.pair(i + 1, j, JOINED_AGREEMENT);
        other.pair(j, i, JOINED_AGREEMENT);
      }
    }
  }

  /** A word of one name that is the first letters of three or more words of the other. */
  private pairAcronym(one: Side, other: Side): void {
    const { initials, words } = other.name;
    if (initials.length < 3) return;
    for (let i = 0; i < one.name.words.length; i += 1) {
      if (!one.isFree(i) || this.vocabulary.texts[one.name.words[i]!] !== initials) continue;
      if (words.some((_, j) => !other.isFree(j))) continue;
      one.pair(i, 0, ACRONYM_SIMILARITY);
      for (let j = 0; j < words.length; j += 1) other.pair(j, i, ACRONYM_SIMILARITY);
    }
  }
}

function aliasPairs(a: IndexedName, b: IndexedName): [IndexedName, IndexedName, number][] {
  const factor = (stated: boolean): number => (stated ? STATED_ALIAS_FACTOR : BRACKETS_FACTOR);
  return [
    ...a.aliases.map(({ name, stated }): [IndexedName, IndexedName, number] => [name, b, factor(stated)]),
    ...b.aliases.map(({ name, stated }): [IndexedName, IndexedName, number] => [a, name, factor(stated)]),
  ];
}

/**
 * How likely two names are one organisation's, 0…1, without any list to judge the words by. For comparing many names
 * with each other use {@link nameComparer}, which weighs words by how rare they are among them.
 */
export function nameSimilarity(a: string, b: string): number {
  const compare = nameComparer([a, b]);
  return compare(a, b);
}

/**
 * A function that scores pairs of names, weighing words by how rare they are among `names`. Names it has not been given
 * here score as if they were not there: 0.
 */
export function nameComparer(names: Iterable<string>): (a: string, b: string) => number {
  const vocabulary = new Vocabulary();
  const indexed = new Map<string, IndexedName>();
  for (const name of names) if (!indexed.has(name)) indexed.set(name, vocabulary.add(name));
  vocabulary.weigh();
  const comparer = new NameComparer(vocabulary);
  return (a, b) => {
    const first = indexed.get(a);
    const second = indexed.get(b);
    return first && second ? comparer.compare(first, second) : 0;
  };
}
