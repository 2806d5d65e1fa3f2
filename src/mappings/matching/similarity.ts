/** Below this, two words are different words and not one word written badly. */
export const SAME_WORD = 0.7;

const MIN_FUZZY_LENGTH = 4;
const MAX_FUZZY_LENGTH = 40;
/** What the cheapest error costs, see {@link gapCost}. */
const CHEAPEST_ERROR = 0.35;
const SOUND_ALIKE_COST = 0.45;
const UMLAUT_COST = 0.2;
const SWAP_COST = 0.8;
const LONGER_WORD = 0.75;
const MIN_STEM_LENGTH = 7;
const MAX_ENDING_LENGTH = 5;

const FOLDS: Readonly<Record<string, string>> = {
  ...{ shch: 's', sch: 's', sh: 's', ch: 's', cz: 's', sz: 's', zh: 's', z: 's' },
  ...{ ph: 'f', th: 't', ck: 'k', c: 'k', q: 'k', x: 'ks', w: 'v', y: 'i', j: 'i', h: '' },
  ...{ ae: 'a', aa: 'a', oe: 'o', ou: 'o', ue: 'u' },
};
const FOLDED = /shch|sch|sh|ch|cz|sz|zh|ph|th|ck|ae|aa|oe|ou|ue|[cqxyjwz]|(?<=.)h/g;
const REPEATED = /(.)\1+/g;

/** A word with the usual differences of spelling taken out: `"mueller"`, `"muller"` and `"muler"` share one. */
export function soundOf(word: string): string {
  if (/\d/.test(word)) return word;
  return word.replace(FOLDED, (letters) => FOLDS[letters]!).replace(REPEATED, '$1');
}

/** Which of the letters a…z a word has, one bit each; all others share the rest of the bits. */
export function lettersOf(word: string): number {
  let letters = 0;
  for (let at = 0; at < word.length; at += 1) letters |= 1 << ((word.charCodeAt(at) - A) % 32);
  return letters;
}

/** False only if {@link wordSimilarity} of words with these lengths, letters and unequal sounds is 0; quick to say. */
export function mayBeSimilar(lengthA: number, lettersA: number, lengthB: number, lettersB: number): boolean {
  if (lengthA < MIN_FUZZY_LENGTH || lengthB < MIN_FUZZY_LENGTH || Math.abs(lengthA - lengthB) > MAX_ENDING_LENGTH) {
    return false;
  }
  if (
    Math.min(lengthA, lengthB) >= MIN_STEM_LENGTH &&
    (lettersA & lettersB) === (lengthA < lengthB ? lettersA : lettersB)
  )
    return true;
  const errors = Math.floor(worstCost(Math.max(lengthA, lengthB)) / CHEAPEST_ERROR);
  // One error takes one letter away and brings one in.
  return bitsIn(lettersA ^ lettersB) <= 2 * errors;
}

/**
 * How likely two plain words are the same word with typing or spelling errors, 0…1; 0 below {@link SAME_WORD}.
 * Errors that hands and ears make (swapped, doubled and dropped letters, vowels, letters that sound alike, the ending)
 * cost little; other letters, and the first one, cost much; short words and numbers must be equal.
 *
 * @param soundAlike whether {@link soundOf} is the same for both, for callers that know.
 */
export function wordSimilarity(a: string, b: string, soundAlike = soundOf(a) === soundOf(b)): number {
  if (a === b) return 1;
  const length = Math.max(a.length, b.length);
  if (Math.min(a.length, b.length) < MIN_FUZZY_LENGTH || length > MAX_FUZZY_LENGTH) return 0;
  if (Math.abs(a.length - b.length) > MAX_ENDING_LENGTH || /\d/.test(a) || /\d/.test(b)) return 0;
  let cost = editCost(a, b, worstCost(length));
  if (cost > UMLAUT_COST && soundAlike && withoutUmlauts(a) === withoutUmlauts(b)) cost = UMLAUT_COST;
  else if (cost > SOUND_ALIKE_COST && (soundAlike || isPluralOf(a, b) || isPluralOf(b, a))) cost = SOUND_ALIKE_COST;
  const similarity = Math.max(1 - cost * costPerError(length), isLonger(a, b) || isLonger(b, a) ? LONGER_WORD : 0);
  return similarity >= SAME_WORD ? similarity : 0;
}

/** `transport` and `transportation`, `versicherung` and `versicherungen`. */
function isLonger(long: string, short: string): boolean {
  return short.length >= MIN_STEM_LENGTH && long.length - short.length <= MAX_ENDING_LENGTH && long.startsWith(short);
}

/** One error weighs less in a long word: fewer words are that near to it. */
function costPerError(length: number): number {
  return PER_ERROR[length]!;
}

function worstCost(length: number): number {
  return length > MAX_FUZZY_LENGTH ? 0 : (1 - SAME_WORD) / costPerError(length);
}

const PER_ERROR = Array.from({ length: MAX_FUZZY_LENGTH + 1 }, (_, length) => 4.2 / (length + 1) ** 1.3);

/** `ae`, `oe`, `ue` and `aa` are how ä, ö, ü and å are written where there are none. */
function withoutUmlauts(word: string): string {
  return word.replace(/([aou])e|aa/g, (pair) => pair[0]!);
}

function isPluralOf(plural: string, word: string): boolean {
  if (!plural.endsWith('s') || plural.length <= word.length) return false;
  return (
    plural === `${word}s` || plural === `${word}es` || (word.endsWith('y') && plural === `${word.slice(0, -1)}ies`)
  );
}

function bitsIn(value: number): number {
  let bits = value - ((value >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

const A = 97;
const S = 115;
const H = 104;
const VOWELS = new Uint8Array(128);
for (const letter of 'aeiouy') VOWELS[letter.charCodeAt(0)] = 1;
/** Letters that are heard, or transliterated, alike; `alike[a * 128 + b]`. */
const ALIKE = new Uint8Array(128 * 128);
for (const [a, b] of ['iy', 'sz', 'ck', 'kq', 'cq', 'vw', 'fv', 'ij', 'jy', 'dt', 'cs', 'uw', 'bp', 'gk']) {
  ALIKE[a!.charCodeAt(0) * 128 + b!.charCodeAt(0)] = 1;
  ALIKE[b!.charCodeAt(0) * 128 + a!.charCodeAt(0)] = 1;
}

const rows = [0, 1, 2].map(() => new Float64Array(MAX_FUZZY_LENGTH + 1)) as [Float64Array, Float64Array, Float64Array];

function editCost(a: string, b: string, worst: number): number {
  let [before, previous, current] = rows;
  previous[0] = 0;
  for (let j = 1; j <= b.length; j += 1) previous[j] = previous[j - 1]! + gapCost(b, j - 1);
  for (let i = 1; i <= a.length; i += 1) {
    const letter = a.charCodeAt(i - 1);
    const gap = gapCost(a, i - 1);
    current[0] = previous[0]! + gap;
    let least = current[0];
    for (let j = 1; j <= b.length; j += 1) {
      const other = b.charCodeAt(j - 1);
      let cost = previous[j - 1]! + (letter === other ? 0 : changeCost(letter, other, i === 1 && j === 1));
      const dropped = previous[j]! + gap;
      if (dropped < cost) cost = dropped;
      const added = current[j - 1]! + gapCost(b, j - 1);
      if (added < cost) cost = added;
      if (i > 1 && j > 1 && letter === b.charCodeAt(j - 2) && a.charCodeAt(i - 2) === other) {
        cost = Math.min(cost, before[j - 2]! + SWAP_COST);
      }
      current[j] = cost;
      if (cost < least) least = cost;
    }
    // A swap reaches two rows back, so only a row that is far over the limit ends it.
    if (least > worst + SWAP_COST) return Infinity;
    [before, previous, current] = [previous, current, before];
  }
  return previous[b.length]!;
}

function gapCost(word: string, at: number): number {
  const letter = word.charCodeAt(at);
  if (at > 0 && word.charCodeAt(at - 1) === letter) return CHEAPEST_ERROR;
  if (at === 0) return 1.6;
  if (at === word.length - 1 && letter === S) return CHEAPEST_ERROR;
  return VOWELS[letter] || letter === H ? 0.7 : 0.9;
}

function changeCost(from: number, to: number, first: boolean): number {
  if (from < 128 && to < 128) {
    if (ALIKE[from * 128 + to]) return first ? 0.7 : SOUND_ALIKE_COST;
    if (VOWELS[from] && VOWELS[to]) return first ? 1.2 : 0.7;
  }
  return first ? 1.8 : 1.2;
}

/** Confidences and weights are told to three decimals. */
export function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
