/**
 * Letters that Unicode decomposition leaves alone, and the two alphabets our customers' customers write besides Latin.
 * Cyrillic follows what registries print in passports and certificates, with the vowels folded (й, ы → y; ё → e),
 * because spellings differ most there.
 */
const TABLE = [
  // Latin letters that are no base letter with a mark.
  'ß=ss æ=ae œ=oe ø=o đ=d ð=d þ=th ł=l ħ=h ı=i ŋ=n ŧ=t ĸ=k ə=e',
  // Cyrillic: Russian, Ukrainian, Belarusian, Bulgarian, Serbian, Macedonian, Kazakh.
  'а=a б=b в=v г=g д=d е=e ё=e ж=zh з=z и=i й=y к=k л=l м=m н=n о=o п=p р=r с=s т=t у=u ф=f х=kh ц=ts ч=ch',
  'ш=sh щ=shch ъ= ы=y ь= э=e ю=yu я=ya і=i ї=i є=ie ґ=g ў=u ј=j љ=lj њ=nj ћ=c ђ=dj џ=dz ѓ=gj ќ=kj ѕ=dz ә=a',
  'ғ=g қ=k ң=n ө=o ұ=u ү=u һ=h',
  // Greek, marks already taken off.
  'α=a β=v γ=g δ=d ε=e ζ=z η=i θ=th ι=i κ=k λ=l μ=m ν=n ξ=x ο=o π=p ρ=r σ=s ς=s τ=t υ=y φ=f χ=ch ψ=ps ω=o',
];
const LETTERS = new Map(
  TABLE.flatMap((row) => row.split(' ')).map((pair) => pair.split('=') as [letter: string, latin: string]),
);

/** Greek pairs that sound, and are therefore written in Latin, as one. */
const GREEK_PAIRS: readonly (readonly [RegExp, string])[] = [
  [/ου/g, 'u'],
  [/(?<=^|[^\p{L}])μπ/gu, 'b'],
  [/γγ/g, 'ng'],
  [/([αεη])υ(?=[θκξπστφχψ]|[^\p{L}]|$)/gu, '$1f'],
  [/([αεη])υ/g, '$1v'],
];

const MARKS = /\p{M}+/gu;
const GREEK = /\p{Script=Greek}/u;
const OTHER_LETTERS = /[^\p{ASCII}]/gu;

/**
 * Lower-case text in Latin letters without marks, as far as that can be told letter by letter: `"Põhjala"` is
 * `"pohjala"`, `"Берёза"` is `"bereza"`. Letters of other alphabets, and everything that is no letter, stay.
 */
export function toPlainLatin(text: string): string {
  if (/^\p{ASCII}*$/u.test(text)) return text.toLowerCase();
  // й and ё are letters of their own: they must be read before decomposition takes their marks.
  let plain = text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[йёў]/g, (letter) => LETTERS.get(letter)!);
  plain = plain.normalize('NFKD').replace(MARKS, '');
  if (GREEK.test(plain)) for (const [pair, latin] of GREEK_PAIRS) plain = plain.replace(pair, latin);
  return plain.replace(OTHER_LETTERS, (letter) => LETTERS.get(letter) ?? letter);
}
