/**
 * What kind of body a legal form makes. Two forms of one kind are as near as forms of two countries get; `any` is for
 * words that say "a business" in English and little more.
 */
export type LegalFormKind =
  'private' | 'public' | 'partnership' | 'sole' | 'nonprofit' | 'cooperative' | 'state' | 'any';

export interface LegalForm {
  /** Stable name of the form, the same for all its spellings. */
  id: string;
  kinds: readonly LegalFormKind[];
  /** An English word that is used to translate forms of other countries: LLC for ООО, JSC for a Latvian AS. */
  translation: boolean;
}

/**
 * `id | kinds | spellings`, a spelling as it looks after folding: lower-case plain Latin, no dots, words apart.
 * `*` before the id marks a form used for translating. A spelling with `!` before it is also an ordinary word or
 * syllable, and counts only at an end of the name, or inside it when written in capitals. `^` marks what is a form only
 * in a name written in Cyrillic.
 */
const TABLE = `
*ltd | private | ltd, limited, ltda, limitada, pte ltd, pvt ltd, private limited, limited company, co ltd, company limited, co limited, corporation limited, corp ltd, kabushiki kaisha, !kk, 株式会社, 有限公司, 有限责任公司, 주식회사
pty | private | pty ltd, pty limited, proprietary limited, pty
*llc | private | llc, limited liability company, ooo, obshchestvo s ogranichennoy otvetstvennostyu, tov, tovarystvo z obmezhenoyu vidpovidalnistyu, tovarystvo z obmezhenoiu vidpovidalnistiu, ^too
*plc | public | plc, public limited company
*inc | any | inc, incorporated
*corp | any | corp, corporation
*co | any | !co, company, !cie, compagnie
*jsc | public | jsc, joint stock company, ao, aktsionernoe obshchestvo, aktsionerne tovarystvo, ^at
*ojsc | public | ojsc, open joint stock company, oao, otkrytoe aktsionernoe obshchestvo, pjsc, public joint stock company, pao, publichnoe aktsionernoe obshchestvo, ^pat
*cjsc | public | cjsc, closed joint stock company, zao, zakrytoe aktsionernoe obshchestvo, ^prat
*llp | partnership | llp, limited liability partnership
*lp | partnership | !lp, limited partnership
ou | private | ou, osauhing
as | public private | !as, aktsiaselts, aksjeselskap, aktieselskab, akciju sabiedriba, akciova spolecnost, akciova spolocnost, anonim sirketi, anonim sirket, !asa, allmennaksjeselskap
mtu | nonprofit | mtu, mittetulunduhing, mittetulundusuhing
ee-sa | nonprofit | sihtasutus
uhistu | cooperative | tulundusuhistu, korteriuhistu
fie | sole | !fie, fuusilisest isikust ettevotja
sia | private | sia, sabiedriba ar ierobezotu atbildibu
uab | private | uab, uzdaroji akcine bendrove
ab | public private | !ab, aktiebolag, aktiebolaget, akcine bendrove, publ ab, ab publ
mb | private | !mb, mazoji bendrija
vsi | nonprofit | vsi, viesoji istaiga
oy | private | !oy, osakeyhtio, oy ab
oyj | public | oyj, julkinen osakeyhtio, abp
ky | partnership | !ky, kommandiittiyhtio, kommanditbolag, !kb
hb | partnership | !hb, handelsbolag, avoin yhtio, !ay
aps | private | aps, anpartsselskab
is-hf | public | !hf, ehf, hlutafelag, einkahlutafelag
enk | sole | !enk, enkeltpersonforetak, enskild firma, toiminimi, !tmi
gmbh | private | gmbh, gesellschaft mit beschrankter haftung, gesellschaft mbh, ges mbh, gesmbh, mbh, ggmbh
ug | private | ug, ug haftungsbeschrankt, unternehmergesellschaft
ag | public | ag, aktiengesellschaft
kg | partnership | kg, kommanditgesellschaft
gmbhcokg | partnership | gmbh co kg, gmbh und co kg, gmbh and co kg, gmbh u co kg, co kg, und co kg, and co kg
ohg | partnership | ohg, offene handelsgesellschaft
gbr | partnership | gbr
partg | partnership | partg, partg mbb, partgmbb, partnerschaftsgesellschaft
ek | sole | !ek, eingetragener kaufmann
ev | nonprofit | !ev, eingetragener verein
kgaa | public | kgaa
bv | private | bv, besloten vennootschap, bvba
nv | public | !nv, naamloze vennootschap
vof | partnership | vof
sa | public nonprofit | !sa, societe anonyme, sociedad anonima, sociedade anonima, spolka akcyjna, !ae, anonymi etaireia, anonymi etairia
sas | public private | sas, societe par actions simplifiee, sasu
sarl | private | sarl, societe a responsabilite limitee, eurl
snc | partnership | snc
srl | private | srl, societa a responsabilita limitata, societate cu raspundere limitata, societatea cu raspundere limitata, srls, sociedad de responsabilidad limitada
spa | public | spa, societa per azioni
sl | private | !sl, sociedad limitada, slu
ro-sc | any | !sc
lda | private | lda
spzoo | private | sp z oo, sp zoo, spzoo, spolka z ograniczona odpowiedzialnoscia, spolka z oo, z oo
spj | partnership | spj, sp j, spolka jawna, sp k, spk, spolka komandytowa
sro | private | sro, spol s ro, spol sro, spolecnost s rucenim omezenym, spolocnost s rucenim obmedzenym
kft | private | kft, korlatolt felelossegu tarsasag
zrt | public | zrt, nyrt, zartkoruen mukodo reszvenytarsasag, reszvenytarsasag, !rt
bt | partnership | !bt, beteti tarsasag
doo | private | doo, drustvo s ogranicenom odgovornoscu, druzba z omejeno odgovornostjo
dd | public | !dd, dionicko drustvo, delniska druzba
ood | private | ood, eood, druzhestvo s ogranichena otgovornost
ad | public | !ad, !ead, aktsionerno druzhestvo
as-tr | public | !as sti
ltdsti | private | ltd sti, limited sirketi
epe | private | !epe, !ike
ip | sole | ^ip, individualnyy predprinimatel, ^fop
ano | nonprofit | ano
se | public | !se, societas europaea
`;

interface FormNode {
  next: Map<string, FormNode>;
  form?: LegalForm;
  ordinary?: boolean;
  cyrillicOnly?: boolean;
}

export interface FoundForm {
  form: LegalForm;
  /** How many words it took. */
  length: number;
  /** Also an ordinary word: see the table. */
  ordinary: boolean;
}

const root: FormNode = { next: new Map() };
const longWords = new Set<string>();
const formWords = new Set<string>();

for (const line of TABLE.trim().split('\n')) {
  const [id, kinds, spellings] = line.split('|').map((cell) => cell.trim()) as [string, string, string];
  const translation = id.startsWith('*');
  const form: LegalForm = { id: id.replace('*', ''), kinds: kinds.split(' ') as LegalFormKind[], translation };
  for (const spelling of spellings.split(',').map((text) => text.trim())) {
    const words = spelling.replace(/[!^]/, '').split(' ');
    let node = root;
    for (const word of words) {
      formWords.add(word);
      // A short word is a form's only beside the others of its form.
      if (word.length >= (words.length > 1 ? 5 : 7)) longWords.add(word);
      const next = node.next.get(word) ?? { next: new Map<string, FormNode>() };
      node.next.set(word, next);
      node = next;
    }
    node.form = form;
    node.ordinary = spelling.startsWith('!');
    node.cyrillicOnly = spelling.startsWith('^');
  }
}

/** Each long word of a form under itself with one letter left out: finds the word behind one typing error. */
const misspelt = new Map<string, string>();
/** One error leaves the first or the last three letters as they are: most words are told apart by that alone. */
const heads = new Set<number>();
const tails = new Set<number>();
for (const word of longWords) {
  for (const shorter of withoutOneLetter(word)) misspelt.set(shorter, word);
  heads.add(threeLetters(word, 0));
  tails.add(threeLetters(word, word.length - 3));
}

function threeLetters(word: string, at: number): number {
  return (word.charCodeAt(at) * 512 + word.charCodeAt(at + 1)) * 512 + word.charCodeAt(at + 2);
}

function withoutOneLetter(word: string): string[] {
  return Array.from(word, (_, at) => word.slice(0, at) + word.slice(at + 1));
}

/** What {@link spellLegalWord} has found: the same few words stand in many names. */
const spelt = new Map<string, string>();
const MAX_REMEMBERED = 10_000;

/** The word of a legal form that this one is, with at most one letter more, less, changed or swapped; else the word. */
export function spellLegalWord(word: string): string {
  if (word.length < 5 || word.length > 24 || formWords.has(word)) return word;
  if (!heads.has(threeLetters(word, 0)) && !tails.has(threeLetters(word, word.length - 3))) return word;
  const known = spelt.get(word);
  if (known !== undefined) return known;
  const found = correctSpelling(word);
  if (spelt.size >= MAX_REMEMBERED) spelt.clear();
  spelt.set(word, found);
  return found;
}

function correctSpelling(word: string): string {
  const added = misspelt.get(word);
  if (added !== undefined) return added;
  for (const shorter of withoutOneLetter(word)) {
    if (longWords.has(shorter)) return shorter;
    const changed = misspelt.get(shorter);
    if (changed !== undefined && changed[0] === word[0]) return changed;
  }
  return word;
}

/** The longest legal form whose words start at `start`; `undefined` if none does. */
export function findLegalForm(words: readonly string[], start: number, cyrillic = false): FoundForm | undefined {
  let node = root;
  let found: FoundForm | undefined;
  for (let at = start; at < words.length; at += 1) {
    const next = node.next.get(words[at]!);
    if (!next) break;
    node = next;
    if (node.form && (cyrillic || !node.cyrillicOnly))
      found = { form: node.form, length: at - start + 1, ordinary: node.ordinary === true };
  }
  return found;
}

/** True if this single word is a legal form that is nothing else: used to take `GmbH` off `SeeblickGmbH`. */
export function isPlainLegalForm(word: string): boolean {
  return root.next.get(word)?.form !== undefined;
}

/** How two names' legal forms bear on whether they are one body. */
export type FormRelation = 'same' | 'missing' | 'translated' | 'vague' | 'different' | 'opposed';

/**
 * - `same`: one form, however it is spelt, or neither has any
 * - `missing`: only one name has a form
 * - `translated`: one is the usual English rendering of the other's kind
 * - `vague`: at least one says no more than "a business" (Inc, Corp, Company)
 * - `different`: two forms of one kind, so mostly of two countries
 * - `opposed`: forms of different kinds, as a private and a public company
 */
export function relateForms(a: readonly LegalForm[], b: readonly LegalForm[]): FormRelation {
  if (a.length === 0 || b.length === 0) return a.length === b.length ? 'same' : 'missing';
  if (a[0] === b[0] || a.some((form) => b.some((other) => other.id === form.id))) return 'same';
  if ([...a, ...b].some((form) => form.kinds.includes('any'))) return 'vague';
  const kinds = a.flatMap((form) => form.kinds);
  const related = b.some((form) => form.kinds.some((kind) => kinds.includes(kind)));
  if (!related) return 'opposed';
  return a.some((form) => form.translation) || b.some((form) => form.translation) ? 'translated' : 'different';
}
