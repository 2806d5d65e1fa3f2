import { LegalForm } from './legal-forms.js';
import { isCountry, isJoining, usualShare } from './lexicon.js';
import { ParsedName, parseName } from './normalise.js';
import { lettersOf, mayBeSimilar, soundOf, wordSimilarity } from './similarity.js';

/** A parsed name with its words as numbers into a {@link Vocabulary}. */
export interface IndexedName {
  words: readonly number[];
  forms: readonly LegalForm[];
  joined: string;
  /** First letters of the words that are not joining words, if there are three or more. */
  initials: string;
  cut: ReadonlySet<string>;
  aliases: readonly { name: IndexedName; stated: boolean }[];
}

/** How many names' worth the usual shares count beside what the lists at hand show. */
const PRIOR_NAMES = 300;
/** A word in this many names is a word, not a typing error of another. */
const ATTESTED = 3;
const NO_CUT: ReadonlySet<string> = new Set();
const NO_ALIASES: IndexedName['aliases'] = [];

/**
 * The words of all names at hand and how much each of them tells. A word's weight is the surprise of meeting it, minus
 * the logarithm of its share of the names: what every second name has says little, what one has says much. With few
 * names the usual shares of words rule; with many, the lists themselves do.
 */
export class Vocabulary {
  readonly texts: string[] = [];
  private readonly ids = new Map<string, number>();
  private readonly counts: number[] = [];
  private weights = new Float64Array(0);
  private flags = new Uint8Array(0);
  private names = 0;
  private readonly sounds: string[] = [];
  private lengths = new Uint8Array(0);
  private letters = new Int32Array(0);
  private soundIds = new Int32Array(0);
  private readonly similarities = new Map<number, number>();

  /** Adds a name's words and counts them; call {@link weigh} after the last. */
  add(raw: string): IndexedName {
    const name = this.index(parseName(raw));
    this.names += 1;
    for (const [at, word] of name.words.entries()) if (name.words.indexOf(word) === at) this.counts[word]! += 1;
    return name;
  }

  weigh(): void {
    this.weights = Float64Array.from(this.texts, (text, word) => {
      const share = (this.counts[word]! + PRIOR_NAMES * usualShare(text)) / (this.names + PRIOR_NAMES);
      return Math.max(0.3, -Math.log(share));
    });
    const soundIds = new Map<string, number>();
    this.soundIds = Int32Array.from(this.sounds, (sound) => {
      if (!soundIds.has(sound)) soundIds.set(sound, soundIds.size);
      return soundIds.get(sound)!;
    });
    this.lengths = Uint8Array.from(this.texts, (text) => text.length);
    this.letters = Int32Array.from(this.texts, lettersOf);
    this.flags = Uint8Array.from(
      this.texts,
      (text) => (/^\d+$/.test(text) ? NUMBER : 0) | (isCountry(text) ? COUNTRY : 0),
    );
  }

  get size(): number {
    return this.texts.length;
  }

  find(text: string): number | undefined {
    return this.ids.get(text);
  }

  weight(word: number): number {
    return this.weights[word]!;
  }

  isNumber(word: number): boolean {
    return (this.flags[word]! & NUMBER) !== 0;
  }

  isCountry(word: number): boolean {
    return (this.flags[word]! & COUNTRY) !== 0;
  }

  sound(word: number): string {
    return this.sounds[word]!;
  }

  /** {@link wordSimilarity}, less when both are words that several names have, and remembered. */
  similarity(a: number, b: number): number {
    if (a === b) return 1;
    const { lengths, letters } = this;
    const soundAlike = this.soundIds[a] === this.soundIds[b];
    if (!soundAlike && !mayBeSimilar(lengths[a]!, letters[a]!, lengths[b]!, letters[b]!)) return 0;
    const [first, second] = a < b ? [a, b] : [b, a];
    const key = first * this.texts.length + second;
    const known = this.similarities.get(key);
    if (known !== undefined) return known;
    let similarity = wordSimilarity(this.texts[first]!, this.texts[second]!, soundAlike);
    if (this.counts[a]! >= ATTESTED && this.counts[b]! >= ATTESTED) similarity *= 0.85;
    if (this.similarities.size >= MAX_REMEMBERED) this.similarities.clear();
    this.similarities.set(key, similarity);
    return similarity;
  }

  private index({ words, joined, forms, cut, aliases }: ParsedName): IndexedName {
    return {
      words: words.map((word) => this.idOf(word)),
      forms,
      joined,
      initials: initialsOf(words),
      cut: cut.size > 0 ? cut : NO_CUT,
      aliases:
        aliases.length === 0
          ? NO_ALIASES
          : aliases.map(({ stated, ...alias }) => ({
              stated,
              name: this.index({ ...alias, forms, cut: NO_CUT, aliases: [] }),
            })),
    };
  }

  private idOf(text: string): number {
    const known = this.ids.get(text);
    if (known !== undefined) return known;
    const id = this.texts.length;
    this.ids.set(text, id);
    this.texts.push(text);
    this.counts.push(0);
    this.sounds.push(soundOf(text));
    return id;
  }
}

const NUMBER = 1;
const COUNTRY = 2;
/** About 15 MB. */
const MAX_REMEMBERED = 200_000;

function initialsOf(words: readonly string[]): string {
  let initials = '';
  if (words.length >= 3) for (const word of words) if (!isJoining(word)) initials += word[0]!;
  return initials.length >= 3 ? initials : '';
}
