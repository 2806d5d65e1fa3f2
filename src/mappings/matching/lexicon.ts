/** Words that join others, or stand before them, in the languages company names around us are written in. */
const AND = 'and und et y e i og och ja un ir en u oraz a';
const JOINING =
  'the of de la le les del della di da do das dos der die dem den des el los las il ' +
  'lo gli for van von zu zum zur in im am at an na ve su';

/** Words that say what trade, what size or roughly where: many companies share them. */
const COMMON =
  'group gruppe groupe grupo gruppo grupp grupa holding holdings holdinger invest investment investments capital partner partners ' +
  'international global world worldwide europe european euro baltic nordic scandinavian scandinavia asia pacific america ' +
  'service services teenused solution solutions system systems technology technologies tech digital data cloud it software soft ' +
  'consulting consult consultants advisory management trading trade traders industries industry industrial enterprise enterprises ' +
  'business company companies firm agency bureau studio studios media network networks online web net lab labs ' +
  'energy energia energi power engineering construction building bygg ehitus rakennus transport logistics logistika logistik ' +
  'security medical health dental care clinic klinik klinika hospital pharma food foods bank finance financial insurance ' +
  'university school institute association foundation fundacja stiftung trust fund society club center authority ' +
  'department government ministry municipality city national federal regional central general public ' +
  'property properties real estate eiendom fastighets kinnisvara plus pro new old first best open one ' +
  'shop store market retail wholesale hotel restaurant cafe auto motors print printing design research development ' +
  'production productions products manufacturing factory works sales marketing travel tours north south east west';

const BRANCH =
  'branch filial filiaal filiale filialas sivuliike niederlassung zweigniederlassung succursale sucursal oddzial fioktelep';

/** Short for one word only, whoever writes it. Spellings of one word are here too. */
const SHORT_FOR =
  'intl/int=international natl=national mfg=manufacturing mgmt/mgt=management univ=university dept=department ' +
  'assoc/assn=association bros=brothers gebr=gebruder st/sv=saint ste=sainte mt=mount ft=fort govt=government ' +
  'svcs/srvs=services svc=service inst=institute sys=systems grp=group hldg=holding hldgs=holdings eng=engineering ' +
  'tech/technology=technologies cons=consulting dist=distribution ins=insurance labs/lab=laboratories hosp=hospital ' +
  'ctr/centre=center theatre=theater colour=color harbour=harbor labour=labor jewellery=jewelry ' +
  'organisation=organization mfrs=manufacturers bldg=building constr=construction acad=academy soc=society ' +
  'cty=county corp=corporation info=information comm=communications telecom=telecommunications dev=development ' +
  'env=environmental';

/** Countries under the names they carry in company names at home and next door. */
const COUNTRIES = {
  estonia: 'eesti estija igaunija igaunijas viro estland estonian',
  latvia: 'lati latvija latvijas lettland latvian',
  lithuania: 'leedu lietuva lietuvos litauen lietuvas lithuanian',
  finland: 'suomi suomen soome somija finnland finnish',
  sweden: 'sverige rootsi ruotsi schweden zviedrija swedish',
  norway: 'norge norra norja norwegen norwegian',
  denmark: 'danmark taani tanska danemark danish',
  germany: 'deutschland saksamaa saksa tyskland vacija allemagne alemania niemcy german',
  austria: 'osterreich oesterreich itavalta autriche',
  switzerland: 'schweiz suisse svizzera swiss',
  poland: 'polska poola puola polen pologne polish',
  france: 'frankreich prantsusmaa ranska french',
  spain: 'espana hispaania spanien espagne iberia iberica spanish',
  italy: 'italia itaalia italien italie italian',
  netherlands: 'nederland holland niederlande',
  belgium: 'belgie belgique belgien',
  uk: 'britain britannia england',
  usa: 'us america',
  ireland: 'eire irish',
  czechia: 'czech cesko ceska',
  russia: 'rossiya rossiia venemaa russian',
  ukraine: 'ukraina ukrayina',
  portugal: '',
  hungary: 'magyarorszag ungarn',
  romania: '',
  bulgaria: '',
  greece: 'hellas',
  turkey: 'turkiye',
  croatia: 'hrvatska',
  slovenia: 'slovenija',
  slovakia: 'slovensko',
  india: '',
  china: '',
  japan: 'nippon',
  canada: '',
  australia: '',
  brazil: 'brasil',
  mexico: '',
};

const standard = new Map<string, string>();
for (const entry of SHORT_FOR.split(' ')) {
  const [spellings, word] = entry.split('=');
  for (const spelling of spellings!.split('/')) standard.set(spelling, word!);
}
for (const [country, names] of Object.entries(COUNTRIES))
  for (const name of names.split(' ')) standard.set(name, country);

const and = new Set(AND.split(' '));
const joining = new Set([...JOINING.split(' '), 'and']);
const common = new Set(COMMON.split(' ').map(standardWord));
const branch = new Set(BRANCH.split(' '));
const countries = new Set(Object.keys(COUNTRIES));

const UNITS =
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen'.split(
    ' ',
  );
const TENS = 'twenty thirty forty fifty sixty seventy eighty ninety'.split(' ');
const ORDINALS = 'first second third fourth fifth sixth seventh eighth ninth tenth'.split(' ');
/** Those of one letter are letters more often. */
const ROMAN = new Map(
  'i ii iii iv v vi vii viii ix x xi xii'
    .split(' ')
    .flatMap((numeral, at) => (numeral.length > 1 ? [[numeral, String(at + 1)] as const] : [])),
);

const SCALES = new Map([
  ['hundred', 100],
  ['thousand', 1000],
]);

const small = new Map<string, number>([...UNITS.entries()].map(([value, word]) => [word, value] as const));
for (const [at, word] of ORDINALS.entries()) small.set(word, at + 1);
const tens = new Map(TENS.map((word, at) => [word, 20 + at * 10] as const));
tens.set('fourty', 40);

/** Joins or introduces other words; says nothing by itself. */
export function isJoining(word: string): boolean {
  return joining.has(word);
}

/** The country a word names, by its English name. */
export function isCountry(word: string): boolean {
  return countries.has(word);
}

/** One spelling for words that are written in several ways: abbreviations, British and American, names of countries. */
export function standardWord(word: string): string {
  return standard.get(word) ?? word;
}

/** `and` in whatever language, when it stands between two words; at an end `e` or `a` is a name of its own. */
export function joinWithAnd(words: readonly string[]): string[] {
  return words.map((word, at) => (at > 0 && at < words.length - 1 && and.has(word) ? 'and' : word));
}

/** How likely a company name is to contain the word, before looking at any list of names. */
export function usualShare(word: string): number {
  if (joining.has(word)) return 0.7;
  if (branch.has(word)) return 0.1;
  if (common.has(word) || countries.has(word)) return 0.03;
  return word.length === 1 ? 0.05 : 0.001;
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

/** Numbers in words, ordinals and Roman numerals as digits: `["forty", "four"]` and `["44th"]` are both `["44"]`. */
export function numbersAsDigits(words: readonly string[]): string[] {
  const result: string[] = [];
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at]!;
    const ordinal = isDigit(word.charCodeAt(0)) && /^(\d+)(?:st|nd|rd|th)$/.exec(word);
    if (ordinal) {
      result.push(ordinal[1]!);
      continue;
    }
    let value = tens.get(word) ?? small.get(word);
    if (value === undefined) {
      result.push(at > 0 ? (ROMAN.get(word) ?? word) : word);
      continue;
    }
    const next = words[at + 1] ?? '';
    const unit = tens.has(word) ? (/^[1-9]$/.test(next) ? Number(next) : small.get(next)) : undefined;
    if (unit !== undefined && unit > 0 && unit < 10) {
      value += unit;
      at += 1;
    }
    const scale = SCALES.get(words[at + 1] ?? '');
    if (scale !== undefined) {
      value *= scale;
      at += 1;
    }
    result.push(String(value));
  }
  return result;
}
