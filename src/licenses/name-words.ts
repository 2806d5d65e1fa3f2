import { addTo } from '../common/group-by.js';
import { lettersOf, mayBeSimilar, soundOf, wordSimilarity } from '../mappings/matching/similarity.js';

/** Words that say nothing of which licence is meant. */
const EMPTY_WORDS = new Set(
  'the and for of a an licence license licences licenses subscription subscriptions plan plans account service services'.split(
    ' ',
  ),
);
const EMPTY_WORD_WEIGHT = 0.15;

const MAX_WORDS = 24;

/** How much words tell, and which are the same but for their spelling. */
export class Words {
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
      for (const edge of edgesOf(text, sound)) addTo(this.byEdge, edge, at);
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

  /**
   * 0…1: the shares of both names that agree with the other one, as their geometric mean; `b` is of the second side.
   */
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

export function wordsOf(text: string): string[] {
  const plain = text.slice(0, 300).toWellFormed().normalize('NFKD').toLowerCase().replace(/\p{M}/gu, '');
  return (plain.match(/[\p{L}\p{N}]+/gu) ?? []).slice(0, MAX_WORDS);
}
