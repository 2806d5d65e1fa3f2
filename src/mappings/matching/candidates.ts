import { addTo } from '../../common/group-by.js';
import { IndexedName, Vocabulary } from './vocabulary.js';

/** How many names are worth a full comparison, per name asked for. */
const MAX_CANDIDATES = 6;
/** How many entries of the word lists are read, per name asked for: what keeps the whole linear. */
const MAX_READS = 2500;
/** How many of the names that are equal to the one asked for are taken. */
const MAX_EQUALS = 4;
/** A fragment that so many words share says nothing about typing errors. */
const MAX_WORDS_PER_FRAGMENT = 40;
const MIN_FUZZY_LENGTH = 4;
const HEAD_LENGTH = 7;
const HEAD_SEED = 0x9747b28c;

/** Names that share less of their weight than this cannot be worth suggesting. */
const MIN_SHARE = 0.6;
/** Names that share no more than the common words making up this share of the weight are not found by them. */
const UNREAD_SHARE = 0.4;

/** What shares so much less than the best cannot come near it. */
const FAR_BEHIND = 0.75;

/** A word to look for, in all the ways it may be written. */
interface Query {
  word: number;
  /** What is lost by not looking; 0 for words that are only another way to find. */
  weight: number;
  reads: number;
  lists: { weight: number; names: readonly number[] }[];
}

/**
 * Finds, for a name, the few of many names worth comparing, by the words they share, rarest first: equal words, words
 * with a typing error between them, two words written as one, and initials. Time per name is bounded whatever the names.
 */
export class CandidateIndex {
  private readonly namesOf: number[][] = [];
  private readonly totalWeight: Float64Array;
  private readonly partly: Uint8Array;
  private readonly equals = new Map<string, number[]>();
  private readonly asked = new Map<string, number>();
  private readonly neighbours = new Map<number, { word: number; similarity: number }[]>();
  private readonly fragments: FragmentTable;
  private readonly score: Float64Array;

  /** @param names the names to be found; their positions are what {@link find} answers with. */
  constructor(
    private readonly vocabulary: Vocabulary,
    private readonly names: readonly IndexedName[],
  ) {
    this.fragments = new FragmentTable(vocabulary);
    this.score = new Float64Array(names.length);
    this.totalWeight = new Float64Array(names.length);
    this.partly = new Uint8Array(names.length);
  }

  /** Fills the index; pauses now and then. */
  *build(): Generator<void, void> {
    for (let at = 0; at < this.names.length; at += 1) {
      const name = this.names[at]!;
      let total = 0;
      for (const word of name.words) total += this.vocabulary.weight(word);
      this.totalWeight[at] = total;
      if (mayAgreePartly(name)) this.partly[at] = 1;
      for (const word of this.keysOf(name)) (this.namesOf[word] ??= []).push(at);
      for (const key of equalityKeys(name)) addTo(this.equals, key, at);
      if (at % 64 === 63) yield;
    }
    for (let word = 0; word < this.vocabulary.size; word += 1) {
      if (this.namesOf[word]) this.fragments.add(word);
      if (word % 64 === 63) yield;
    }
  }

  /** Positions of the names worth comparing with this one, in no particular order. */
  find(name: IndexedName): Set<number> {
    const found = this.findEqual(name);
    const touched: number[] = [];
    const queries = this.queriesOf(name);
    const partly = mayAgreePartly(name);
    let total = 0;
    for (const query of queries) total += query.weight;
    let unread = total;
    let reads = 0;
    for (const query of queries) {
      const known = !partly && query.weight > 0 && unread < UNREAD_SHARE * total;
      // A list that has to be cut is read only when nothing better has been found.
      if (reads + query.reads > MAX_READS && touched.length > 0) break;
      for (const { weight, names } of query.lists) {
        reads += known ? this.reread(names, weight) : this.read(names, weight, MAX_READS - reads, touched);
      }
      unread -= query.weight;
    }
    for (const candidate of this.best(touched, partly ? 0 : total, unread)) found.add(candidate);
    for (const candidate of touched) this.score[candidate] = 0;
    return found;
  }

  private read(names: readonly number[], weight: number, limit: number, touched: number[]): number {
    const length = Math.min(names.length, Math.max(limit, 0));
    for (let at = 0; at < length; at += 1) {
      const candidate = names[at]!;
      if (this.score[candidate] === 0) touched.push(candidate);
      this.score[candidate]! += weight;
    }
    return length;
  }

  /** Adds to what has been found, and finds nothing new. */
  private reread(names: readonly number[], weight: number): number {
    for (const candidate of names) if (this.score[candidate]! > 0) this.score[candidate]! += weight;
    return names.length;
  }

  /** Of many equal names each one asked for gets others, so that equal names can be paired off. */
  private findEqual(name: IndexedName): Set<number> {
    const found = new Set<number>();
    for (const key of equalityKeys(name)) {
      const equals = this.equals.get(key);
      if (!equals) continue;
      const turn = this.asked.get(key) ?? 0;
      this.asked.set(key, turn + 1);
      for (let step = 0; step < Math.min(MAX_EQUALS, equals.length); step += 1)
        found.add(equals[(turn + step) % equals.length]!);
    }
    return found;
  }

  /** @param total the weight asked for; 0 to take whatever there is. */
  private best(touched: readonly number[], total: number, unread: number): number[] {
    const top: { candidate: number; rank: number }[] = [];
    for (const candidate of touched) {
      const weight = this.totalWeight[candidate]!;
      const rank = this.score[candidate]! / Math.sqrt(weight);
      const possible = this.score[candidate]! + unread;
      if (possible * possible < MIN_SHARE * MIN_SHARE * total * weight && !this.partly[candidate]) continue;
      if (top.length === MAX_CANDIDATES && rank <= top[MAX_CANDIDATES - 1]!.rank) continue;
      const item = { candidate, rank };
      let at = top.length < MAX_CANDIDATES ? top.length : MAX_CANDIDATES - 1;
      while (at > 0 && top[at - 1]!.rank < rank) {
        top[at] = top[at - 1]!;
        at -= 1;
      }
      top[at] = item;
    }
    return top.filter(({ rank }) => rank >= FAR_BEHIND * top[0]!.rank).map(({ candidate }) => candidate);
  }

  private queriesOf(name: IndexedName): Query[] {
    const own = new Set(name.words);
    const queries: Query[] = [];
    for (const word of this.keysOf(name)) {
      const lists: Query['lists'] = [];
      let reads = 0;
      for (const { word: other, similarity } of this.neighboursOf(word)) {
        const names = this.namesOf[other];
        if (!names) continue;
        lists.push({ weight: this.vocabulary.weight(other) * similarity, names });
        reads += names.length;
      }
      queries.push({ word, weight: own.has(word) ? this.vocabulary.weight(word) : 0, reads, lists });
    }
    // What costs nothing not to look for has to be looked for first; then what is shortest to read.
    return queries.sort((a, b) => (a.weight === 0 ? -1 : a.reads) - (b.weight === 0 ? -1 : b.reads) || a.word - b.word);
  }

  /** The words a name is found under: its own, neighbours written as one, and initials; those of its aliases too. */
  private keysOf(name: IndexedName): Set<number> {
    const keys = new Set<number>();
    this.addKeys(name, keys);
    for (const alias of name.aliases) this.addKeys(alias.name, keys);
    return keys;
  }

  private addKeys({ words, initials }: IndexedName, keys: Set<number>): void {
    const { vocabulary } = this;
    for (let at = 0; at < words.length; at += 1) {
      keys.add(words[at]!);
      if (at + 1 === words.length) break;
      const joined = vocabulary.find(vocabulary.texts[words[at]!]! + vocabulary.texts[words[at + 1]!]!);
      if (joined !== undefined) keys.add(joined);
    }
    const acronym = initials ? vocabulary.find(initials) : undefined;
    if (acronym !== undefined) keys.add(acronym);
  }

  private neighboursOf(word: number): readonly { word: number; similarity: number }[] {
    const known = this.neighbours.get(word);
    if (known) return known;
    const found = [{ word, similarity: 1 }];
    for (const other of this.fragments.find(word)) {
      const similarity = other === word ? 0 : this.vocabulary.similarity(word, other);
      if (similarity > 0) found.push({ word: other, similarity });
    }
    this.neighbours.set(word, found);
    return found;
  }
}

/** An alias may be all that agrees, and words cut short are not found by their letters: such names are always compared. */
function mayAgreePartly(name: IndexedName): boolean {
  return name.aliases.length > 0 || name.cut.size > 0;
}

function equalityKeys(name: IndexedName): string[] {
  if (name.words.length === 0) return [];
  const sorted = [...name.words].sort((a, b) => a - b).join(' ');
  return [`=${name.joined}`, sorted];
}

/**
 * Words under their fragments: the sound of the word, that with each one letter left out, and its first letters. Two words
 * one letter apart share a fragment, so neighbours are found without comparing every word with every other. Fragments are kept as hashes
 * in flat arrays: a chance collision costs one needless comparison.
 */
class FragmentTable {
  private readonly heads: Int32Array;
  private readonly hashes: number[] = [];
  private readonly words: number[] = [];
  private readonly following: number[] = [];
  private readonly mask: number;

  constructor(private readonly vocabulary: Vocabulary) {
    const buckets = 2 ** Math.ceil(Math.log2(Math.max(16, vocabulary.size * 4)));
    this.mask = buckets - 1;
    this.heads = new Int32Array(buckets).fill(-1);
  }

  add(word: number): void {
    for (const hash of this.fragmentsOf(word)) {
      const bucket = hash & this.mask;
      this.following.push(this.heads[bucket]!);
      this.heads[bucket] = this.words.length;
      this.hashes.push(hash);
      this.words.push(word);
    }
  }

  find(word: number): Set<number> {
    const found = new Set<number>();
    for (const hash of this.fragmentsOf(word)) {
      let seen = 0;
      for (let at = this.heads[hash & this.mask]!; at >= 0 && seen < MAX_WORDS_PER_FRAGMENT; at = this.following[at]!) {
        if (this.hashes[at] !== hash) continue;
        found.add(this.words[at]!);
        seen += 1;
      }
    }
    return found;
  }

  private fragmentsOf(word: number): Set<number> {
    const fragments = new Set<number>();
    const text = this.vocabulary.texts[word]!;
    if (text.length < MIN_FUZZY_LENGTH || /\d/.test(text)) return fragments;
    const sound = this.vocabulary.sound(word);
    for (let without = -1; without < sound.length; without += 1) fragments.add(hashOf(sound, { without }));
    // The beginning, for words of another ending.
    if (sound.length >= HEAD_LENGTH) fragments.add(hashOf(sound, { seed: HEAD_SEED, length: HEAD_LENGTH }));
    return fragments;
  }
}

/** FNV-1a of the first letters of a text, `without` the one at that position. */
function hashOf(text: string, { seed = 0x811c9dc5, length = text.length, without = -1 }): number {
  let hash = seed;
  for (let at = 0; at < length; at += 1) if (at !== without) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash >>> 0;
}
