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
export function confidenceOf(agreement: number): number {
  for (let at = 1; at < CALIBRATION.length; at += 1) {
    const [x1, y1] = CALIBRATION[at]!;
    if (agreement > x1 && at < CALIBRATION.length - 1) continue;
    const [x0, y0] = CALIBRATION[at - 1]!;
    return y0 + ((Math.min(agreement, x1) - x0) / (x1 - x0)) * (y1 - y0);
  }
  return 0;
}

/** Compares names of one vocabulary. Holds scratch space: one instance for many comparisons, not for two at once. */
export class NameComparer {
  private readonly partnerOfA = new Int8Array(MAX_WORDS);
  private readonly partnerOfB = new Int8Array(MAX_WORDS);
  private readonly shareA = new Float64Array(MAX_WORDS);
  private readonly shareB = new Float64Array(MAX_WORDS);

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
    const positions = (partners: Int8Array, length: number, agreed: boolean): number[] =>
      Array.from({ length }, (_, at) => at).filter((at) => (alike || partners[at]! >= 0) === agreed);
    return {
      forms: relateForms(a.forms, b.forms),
      first,
      second,
      agreedFirst: positions(this.partnerOfA, first.words.length, true),
      agreedSecond: positions(this.partnerOfB, second.words.length, true),
      onlyFirst: positions(this.partnerOfA, first.words.length, false),
      onlySecond: positions(this.partnerOfB, second.words.length, false),
    };
  }

  private compareAliases(a: IndexedName, b: IndexedName): number {
    if (a.aliases.length === 0 && b.aliases.length === 0) return 0;
    return Math.max(...aliasPairs(a, b).map(([one, other, factor]) => this.compareWhole(one, other) * factor));
  }

  private compareWhole(a: IndexedName, b: IndexedName): number {
    if (a.words.length === 0 || b.words.length === 0) return 0;
    // Alignment takes turns from the first name on; a fixed order of the two keeps the answer symmetric.
    const agreement = a.joined <= b.joined ? this.agreement(a, b) : this.agreement(b, a, true);
    return confidenceOf(agreement) * FORM_FACTOR[relateForms(a.forms, b.forms)];
  }

  private agreement(a: IndexedName, b: IndexedName, swapped = false): number {
    const { vocabulary, shareA, shareB } = this;
    this.align(a, b);
    let weightA = 0;
    let weightB = 0;
    let agreedA = 0;
    let agreedB = 0;
    let aloneA = 0;
    let aloneB = 0;
    let numbersA = 0;
    let numbersB = 0;
    let countriesA = 0;
    let countriesB = 0;
    for (let i = 0; i < a.words.length; i += 1) {
      const word = a.words[i]!;
      const weight = vocabulary.weight(word);
      weightA += weight;
      agreedA += weight * shareA[i]!;
      if (shareA[i] === 0) {
        aloneA += weight;
        if (vocabulary.isNumber(word)) numbersA += 1;
        if (vocabulary.isCountry(word)) countriesA += 1;
      }
    }
    for (let j = 0; j < b.words.length; j += 1) {
      const word = b.words[j]!;
      const weight = vocabulary.weight(word);
      weightB += weight;
      agreedB += weight * shareB[j]!;
      if (shareB[j] === 0) {
        aloneB += weight;
        if (vocabulary.isNumber(word)) numbersB += 1;
        if (vocabulary.isCountry(word)) countriesB += 1;
      }
    }
    let agreement = Math.sqrt((agreedA / weightA) * (agreedB / weightB));
    agreement *= 1 - (BOTH_DIFFER * Math.min(aloneA, aloneB)) / Math.max(weightA, weightB);
    if (numbersA > 0 && numbersB > 0) agreement *= OPPOSED_NUMBERS;
    if (countriesA > 0 && countriesB > 0) agreement *= OPPOSED_COUNTRIES;
    if (agreement > 0.9 && !this.inOrder(a.words.length)) agreement *= OTHER_ORDER;
    if (a.joined === b.joined) agreement = Math.max(agreement, JOINED_AGREEMENT);
    if (swapped) this.swapPartners();
    return agreement;
  }

  private align(a: IndexedName, b: IndexedName): void {
    const { partnerOfA, partnerOfB, shareA, shareB, vocabulary } = this;
    partnerOfA.fill(-1);
    partnerOfB.fill(-1);
    shareA.fill(0);
    shareB.fill(0);
    let open = a.words.length;
    for (let i = 0; i < a.words.length; i += 1) {
      for (let j = 0; j < b.words.length; j += 1) {
        if (a.words[i] !== b.words[j] || partnerOfB[j]! >= 0) continue;
        this.link(i, j, 1);
        open -= 1;
        break;
      }
    }
    if (open === 0 && a.words.length === b.words.length) return;
    for (let i = 0; i < a.words.length; i += 1) {
      if (partnerOfA[i]! >= 0) continue;
      let best = -1;
      let bestSimilarity = 0;
      for (let j = 0; j < b.words.length; j += 1) {
        if (partnerOfB[j]! >= 0) continue;
        const similarity = Math.max(vocabulary.similarity(a.words[i]!, b.words[j]!), this.cutSimilarity(a, i, b, j));
        if (similarity > bestSimilarity) [best, bestSimilarity] = [j, similarity];
      }
      if (bestSimilarity >= SAME_WORD) this.link(i, best, bestSimilarity);
    }
    this.linkJoined(a, partnerOfA, shareA, b, partnerOfB, shareB);
    this.linkJoined(b, partnerOfB, shareB, a, partnerOfA, shareA);
    this.linkAcronym(a, partnerOfA, shareA, b, partnerOfB, shareB);
    this.linkAcronym(b, partnerOfB, shareB, a, partnerOfA, shareA);
  }

  private link(i: number, j: number, similarity: number): void {
    this.partnerOfA[i] = j;
    this.partnerOfB[j] = i;
    this.shareA[i] = similarity;
    this.shareB[j] = similarity;
  }

  private cutSimilarity(a: IndexedName, i: number, b: IndexedName, j: number): number {
    if (a.cut.size === 0 && b.cut.size === 0) return 0;
    const textA = this.vocabulary.texts[a.words[i]!]!;
    const textB = this.vocabulary.texts[b.words[j]!]!;
    if (a.cut.has(textA) && textB.startsWith(textA)) return CUT_WORD_SIMILARITY;
    return b.cut.has(textB) && textA.startsWith(textB) ? CUT_WORD_SIMILARITY : 0;
  }

  /** Two neighbouring words of one name that the other writes as one. */
  private linkJoined(
    a: IndexedName,
    partnerOfA: Int8Array,
    shareA: Float64Array,
    b: IndexedName,
    partnerOfB: Int8Array,
    shareB: Float64Array,
  ): void {
    const { texts } = this.vocabulary;
    for (let j = 0; j < b.words.length; j += 1) {
      if (partnerOfB[j]! >= 0) continue;
      const whole = texts[b.words[j]!]!;
      for (let i = 0; i + 1 < a.words.length; i += 1) {
        if (partnerOfA[i]! >= 0 || partnerOfA[i + 1]! >= 0) continue;
        const first = texts[a.words[i]!]!;
        const second = texts[a.words[i + 1]!]!;
        if (first.length + second.length !== whole.length || !whole.startsWith(first) || !whole.endsWith(second))
          continue;
        partnerOfA[i] = j;
        partnerOfA[i + 1] = j;
        partnerOfB[j] = i;
        shareA[i] = JOINED_AGREEMENT;
        shareA[i + 1] = JOINED_AGREEMENT;
        shareB[j] = JOINED_AGREEMENT;
      }
    }
  }

  /** A word of one name that is the first letters of three or more words of the other. */
  private linkAcronym(
    a: IndexedName,
    partnerOfA: Int8Array,
    shareA: Float64Array,
    b: IndexedName,
    partnerOfB: Int8Array,
    shareB: Float64Array,
  ): void {
    if (b.initials.length < 3) return;
    const { texts } = this.vocabulary;
    for (let i = 0; i < a.words.length; i += 1) {
      const text = texts[a.words[i]!]!;
      if (partnerOfA[i]! >= 0 || text !== b.initials) continue;
      if (partnerOfB.subarray(0, b.words.length).some((partner) => partner >= 0)) continue;
      partnerOfA[i] = 0;
      shareA[i] = ACRONYM_SIMILARITY;
      for (let j = 0; j < b.words.length; j += 1) {
        partnerOfB[j] = i;
        shareB[j] = ACRONYM_SIMILARITY;
      }
    }
  }

  private inOrder(lengthOfA: number): boolean {
    let last = -1;
    for (let i = 0; i < lengthOfA; i += 1) {
      const partner = this.partnerOfA[i]!;
      if (partner < 0) continue;
      if (partner < last) return false;
      last = partner;
    }
    return true;
  }

  private swapPartners(): void {
    for (let i = 0; i < MAX_WORDS; i += 1) {
      const partner = this.partnerOfA[i]!;
      this.partnerOfA[i] = this.partnerOfB[i]!;
      this.partnerOfB[i] = partner;
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
