import { findLegalForm, isPlainLegalForm, LegalForm, spellLegalWord } from './legal-forms.js';
import { isCountry, isJoining, joinWithAnd, numbersAsDigits, standardWord } from './lexicon.js';
import { toPlainLatin } from './transliterate.js';

/** A name taken apart. Words are lower-case plain Latin, in their order, without the legal forms. */
export interface ParsedName {
  words: string[];
  forms: LegalForm[];
  /** The words written as one. */
  joined: string;
  /** Other names this one states: a trading or former name, what stands in brackets and what stands around them. */
  aliases: { words: string[]; joined: string; stated: boolean }[];
  /** Words that were cut short with a full stop. */
  cut: ReadonlySet<string>;
}

/** Longer names are cut: what comes after says nothing more, and time must stay bounded. */
const MAX_LENGTH = 300;
const MAX_WORDS = 16;
const MAX_WORD_LENGTH = 40;

const PRINTABLE_ASCII = /^[ -~]*$/;
const UNPAIRED_OR_CONTROL = /[\p{Cs}\p{Cc}\p{Cf}]+/gu;
const APOSTROPHES = /['’‘ʼ`´′]/g;
const INITIALS = /(?<![\p{L}\p{N}])(?:\p{L}\.){2,}(?:\p{L}(?![\p{L}\p{N}]))?/gu;
const SEPARATORS = /[^\p{L}\p{N}.]+/u;
const ASCII_SEPARATORS = /[^a-z0-9.]+/;
const CUT_WORD = /^(\p{L}{2,7})\.$/u;
const LETTER = /^\p{L}$/u;
const ASCII_CAPITAL_INSIDE = /[a-z][A-Z]/;
const CAPITAL_INSIDE = /\p{Ll}\p{Lu}/u;
const GLUED_FORM = /^(.*\p{Ll})(\p{Lu}\p{L}{1,4})$/u;
/** Forms of languages that write no spaces. */
const UNSPACED_FORM = /株式会社|有限公司|有限责任公司|주식회사/g;
const ALIAS =
  /[\s,(]+(?:t\/a|d\/b\/a|f\/k\/a|a\/k\/a|dba|fka|aka|trading as|doing business as|also known as|formerly(?: known as)?|ehemals|vorm\.|ent\.|tidl\.|tidigare|endine|previously)[\s:]+/i;
/** Looked for first, as hardly any name has one. */
const ALIAS_HINTS = [
  '/a ',
  'dba',
  'fka',
  'aka',
  'trading as',
  'doing bus',
  'also kn',
  'formerly',
  'ehemals',
  'vorm.',
  'ent.',
  'tidl.',
  'tidigare',
  'endine',
  'previously',
];
const BRACKETS = /^(.*?)\s*[([{«]([^)\]}»]+)[)\]}»]\s*(.*)$/su;

/** Takes a name apart for comparing. Never fails, whatever the text; an empty name has no words. */
export function parseName(raw: string): ParsedName {
  const start = raw.slice(0, MAX_LENGTH);
  const text = (PRINTABLE_ASCII.test(start) ? start : start.replace(UNPAIRED_OR_CONTROL, ' ')).trim();
  const whole = parsePart(text);
  // Pictures and punctuation only: equal to the same again, and to nothing else.
  if (whole.words.length === 0 && text) whole.words = [text.toLowerCase().slice(0, MAX_WORD_LENGTH)];
  return { ...whole, joined: whole.words.join(''), aliases: findAliases(text, whole.words) };
}

function findAliases(text: string, whole: readonly string[]): ParsedName['aliases'] {
  const lower = text.toLowerCase();
  const marker = ALIAS_HINTS.some((hint) => lower.includes(hint)) ? ALIAS.exec(text) : null;
  const brackets = marker ? null : /[([{]/.test(text) ? BRACKETS.exec(text) : null;
  const parts = marker
    ? [text.slice(0, marker.index), text.slice(marker.index + marker[0].length).replace(/\)\s*$/, '')]
    : brackets
      ? [`${brackets[1]} ${brackets[3]}`, brackets[2]!]
      : [];
  const aliases = parts
    .map((part) => parsePart(part).words)
    .filter((words) => words.some((word) => !isJoining(word) && !isCountry(word)) && words.length < whole.length);
  // Brackets around a country or a legal form only add to the name.
  if (brackets && aliases.length < 2) return [];
  return aliases.map((words) => ({ words, joined: words.join(''), stated: marker !== null }));
}

function parsePart(text: string): { words: string[]; forms: LegalForm[]; cut: Set<string> } {
  const ascii = PRINTABLE_ASCII.test(text);
  let rawWords = (ascii ? text : text.replace(UNSPACED_FORM, ' $& ').trim()).split(/\s+/);
  if ((ascii ? ASCII_CAPITAL_INSIDE : CAPITAL_INSIDE).test(text)) rawWords = rawWords.flatMap(splitGluedForm);
  const cut = new Set<string>();
  let plain = toPlainLatin(rawWords.join(' ')).replace(APOSTROPHES, '').replace(/&/g, ' and ').replace(/\+/g, ' plus ');
  if (plain.includes('.')) plain = plain.replace(INITIALS, (initials) => `${initials.replaceAll('.', '')} `);
  const pieces = plain.split(PRINTABLE_ASCII.test(plain) ? ASCII_SEPARATORS : SEPARATORS).flatMap((piece) => {
    if (!piece.includes('.')) return piece || [];
    const short = CUT_WORD.exec(piece)?.[1];
    if (short) cut.add(short);
    return piece.split('.').filter(Boolean);
  });
  const words = joinSingleLetters(pieces.slice(0, MAX_WORDS * 2).map((word) => word.slice(0, MAX_WORD_LENGTH)));
  const { core, forms } = takeForms(words, rawWords, !ascii && /\p{Script=Cyrillic}/u.test(text));
  return { words: joinWithAnd(numbersAsDigits(core)).map(standardWord).slice(0, MAX_WORDS), forms, cut };
}

/** `SeeblickGmbH` → `Seeblick`, `GmbH`. */
function splitGluedForm(word: string): string[] {
  const glued = GLUED_FORM.exec(word);
  return glued && isPlainLegalForm(toPlainLatin(glued[2]!)) ? [glued[1]!, glued[2]!] : [word];
}

/** The words in capitals of a name that is not all capitals. */
function shoutedWords(words: readonly string[]): Set<string> {
  if (!words.some((word) => /\p{Ll}/u.test(word))) return new Set();
  return new Set(words.filter((word) => /^\p{Lu}{2,}$/u.test(word)).map(toPlainLatin));
}

/** Initials written apart are one word: `a b c trading` → `abc trading`. */
function joinSingleLetters(words: readonly string[]): string[] {
  const result: string[] = [];
  let initials = '';
  for (const word of [...words, '']) {
    if (word.length === 1 && LETTER.test(word)) {
      initials += word;
      continue;
    }
    if (initials) result.push(initials);
    initials = '';
    if (word) result.push(word);
  }
  return result;
}

function takeForms(
  all: readonly string[],
  rawWords: readonly string[],
  cyrillic: boolean,
): { core: string[]; forms: LegalForm[] } {
  let words = [...all];
  // Misspelt words of legal forms are corrected for finding the form only: elsewhere they may be what they say.
  const spelt = words.map(spellLegalWord);
  const taken = new Array<LegalForm | undefined>(words.length);
  const take = (start: number, length: number, form: LegalForm): void => void taken.fill(form, start, start + length);
  const left = (): number => words.length - taken.filter(Boolean).length;
  const forms: LegalForm[] = [];

  const tryAt = (start: number, accept: (end: number, ordinary: boolean) => boolean): number => {
    const found = findLegalForm(spelt, start, cyrillic);
    if (!found || taken[start] || !accept(start + found.length, found.ordinary)) return 0;
    if (left() - found.length < 1) return 0;
    take(start, found.length, found.form);
    forms.push(found.form);
    return found.length;
  };

  let end = words.length;
  for (let again = true; again;) {
    again = false;
    for (let start = Math.max(0, end - 7); start < end && !again; start += 1) {
      const length = tryAt(start, (formEnd) => formEnd === end);
      if (length > 0) {
        end = start;
        again = true;
      }
    }
  }
  let begin = words[0] === 'the' ? 1 : 0;
  for (let length = tryAt(begin, () => true); length > 0; length = tryAt(begin, () => true)) begin += length;
  for (let at = begin; at < end; at += 1)
    tryAt(at, (_, ordinary) => !ordinary || shoutedWords(rawWords).has(words[at]!));

  words = words.filter((_, at) => !taken[at]);
  return { core: words, forms };
}
