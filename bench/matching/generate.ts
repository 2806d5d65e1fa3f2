import { ArrowParty, WaldurParty } from '../../src/mappings/matching/match-organisations.js';

const STEM_STARTS =
  'al an bal ber bor cal car cor dan del dor el fal fin gar gol gran hal har hel is jor kal kar kol lam lin lor mal mar mer mol nar nor ol or pal par pel ral ron sal san sel sol tal tar tor ul val var ver vil wal zan'.split(
    ' ',
  );
const STEM_MIDDLES =
  'a ba da de di do ga ke la le li lo ma me mi na ne ni no ra re ri ro sa se ta te ti va ve vi'.split(' ');
const STEM_ENDS =
  'berg borg by dal feld gard holm ia ion is land lund mar mont nen nik nova ra ric ris sen son stad ta tek ton tra ux vik vo'.split(
    ' ',
  );
const COMMON_STEMS =
  'Nordic Baltic Northern Green Blue Global United First Smart Prime Alpha Delta Atlas Nova Arctic'.split(' ');
const TRADES =
  'Foods Goods Logistics Transport Software Systems Solutions Consulting Engineering Energy Media Design Security Health Dental Pharma Finance Insurance Timber Metal Textile Print Marine Aviation Travel Catering Bakery Brewery Robotics Analytics Telecom Cloud Data Hosting Studio Architects Legal Accounting Cleaning Gardens Farms Fisheries Mining Chemicals Plastics Furniture Interiors Motors Tyres Electric Plumbing Roofing Windows Glass Ceramics Optics Medical Veterinary Sports Fitness Education Training Recruitment Marketing'.split(
    ' ',
  );
const EXTRAS = [
  '',
  '',
  '',
  '',
  ' Group',
  ' Holding',
  ' International',
  ' Services',
  ' & Partners',
  ' Estonia',
  ' Latvia',
];
const FORMS: readonly (readonly string[])[] = [
  ['OÜ', 'Osaühing', 'OU'],
  ['AS', 'Aktsiaselts', 'A/S'],
  ['SIA', 'Sabiedrība ar ierobežotu atbildību'],
  ['UAB', 'Uždaroji akcinė bendrovė'],
  ['Oy', 'Osakeyhtiö', 'OY'],
  ['AB', 'Aktiebolag'],
  ['GmbH', 'Gesellschaft mit beschränkter Haftung'],
  ['Ltd', 'Limited', 'Ltd.'],
  ['Inc', 'Incorporated', 'Inc.'],
  ['B.V.', 'BV'],
  ['Sp. z o.o.', 'Spółka z ograniczoną odpowiedzialnością'],
  ['S.r.l.', 'Srl'],
];
const ACCENTS: Readonly<Record<string, string>> = { a: 'ä', o: 'ö', u: 'ü', e: 'é', s: 'š' };

/** A generator of repeatable pseudo-random numbers (mulberry32), 0 ≤ x < 1. */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/**
 * Two lists of `size` company names of which 70 % have their partner in the other list, written with another legal
 * form, without accents, with a typing error, in other order and the like; keys of partners are equal but for `a`/`w`.
 */
export function generateParties(size: number, seed = 7): { arrow: ArrowParty[]; waldur: WaldurParty[] } {
  const random = randomFrom(seed);
  const taken = new Set<string>();
  const company = (): Company => {
    for (;;) {
      const made = makeCompany(random);
      const plain = made.core.toLowerCase();
      if (taken.has(plain)) continue;
      taken.add(plain);
      return made;
    }
  };
  const arrow: ArrowParty[] = [];
  const waldur: WaldurParty[] = [];
  for (let at = 0; at < size; at += 1) {
    const ours = company();
    arrow.push({ key: `a${at}`, name: written(ours, random) });
    const matched = random() < 0.7;
    waldur.push(
      matched
        ? { key: `w${at}`, name: noisy(ours, random) }
        : { key: `stranger${at}`, name: written(company(), random) },
    );
  }
  for (let at = size - 1; at > 0; at -= 1) {
    const other = Math.floor(random() * (at + 1));
    [waldur[at], waldur[other]] = [waldur[other]!, waldur[at]!];
  }
  return { arrow, waldur };
}

interface Company {
  core: string;
  form: readonly string[];
}

function makeCompany(random: () => number): Company {
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)]!;
  const stem = (): string => {
    const middle = random() < 0.6 ? pick(STEM_MIDDLES) : '';
    const text = pick(STEM_STARTS) + middle + pick(STEM_ENDS);
    const accented = random() < 0.3 ? text.replace(/[aoues]/, (letter) => ACCENTS[letter]!) : text;
    return accented[0]!.toUpperCase() + accented.slice(1);
  };
  const shape = random();
  const head = shape < 0.25 ? `${pick(COMMON_STEMS)} ${stem()}` : shape < 0.35 ? `${stem()} & ${stem()}` : stem();
  return { core: `${head} ${pick(TRADES)}${pick(EXTRAS)}`, form: pick(FORMS) };
}

function written({ core, form }: Company, random: () => number): string {
  return random() < 0.15 ? `${form[0]} ${core}` : `${core} ${form[0]}`;
}

function noisy({ core, form }: Company, random: () => number): string {
  let name = core;
  if (random() < 0.3) name = name.normalize('NFD').replace(/\p{M}/gu, '');
  if (random() < 0.25) name = withTypingError(name, random);
  if (random() < 0.3) name = name.replace('&', 'and');
  if (random() < 0.1) name = name.replace('International', 'Intl').replace('Services', 'Svcs');
  if (random() < 0.05)
    name = name
      .split(' ')
      .reverse()
      .join(' ')
      .replace(/^and |^& /, '');
  const legal = random();
  const spelling = form[Math.floor(random() * form.length)]!;
  if (legal < 0.6) name = `${name} ${spelling}`;
  else if (legal < 0.8) name = `${spelling} ${name}`;
  return random() < 0.2 ? name.toUpperCase() : name;
}

function withTypingError(name: string, random: () => number): string {
  const words = name.split(' ');
  const which = Math.floor(random() * words.length);
  const word = words[which]!;
  if (word.length < 5) return name;
  const at = 1 + Math.floor(random() * (word.length - 2));
  const kind = random();
  words[which] =
    kind < 0.35
      ? word.slice(0, at) + word.slice(at + 1)
      : kind < 0.65
        ? word.slice(0, at) + word[at + 1]! + word[at]! + word.slice(at + 2)
        : word.slice(0, at) + word[at]! + word.slice(at);
  return words.join(' ');
}
