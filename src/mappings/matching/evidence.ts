import { addTo } from '../../common/group-by.js';
import { ArrowParty, Evidence, WaldurParty } from './match-types.js';

/** Mail providers that anybody may have an address at. */
const PUBLIC_MAIL = new Set(
  (
    'gmail.com googlemail.com outlook.com hotmail.com hotmail.co.uk hotmail.fr hotmail.de live.com msn.com yahoo.com yahoo.co.uk ' +
    'yahoo.de yahoo.fr ymail.com icloud.com me.com mac.com aol.com proton.me protonmail.com pm.me tutanota.com tuta.io zoho.com ' +
    'fastmail.com hey.com gmx.de gmx.net gmx.at gmx.ch gmx.com web.de t-online.de freenet.de mail.ru bk.ru list.ru inbox.ru ' +
    'yandex.ru yandex.com ya.ru rambler.ru ukr.net i.ua mail.ee hot.ee online.ee inbox.lv inbox.lt inbox.eu mail.com email.com ' +
    'suomi24.fi luukku.com kolumbus.fi telia.com spray.se online.no wp.pl onet.pl o2.pl interia.pl seznam.cz centrum.cz email.cz ' +
    'azet.sk freemail.hu citromail.hu abv.bg libero.it virgilio.it tiscali.it alice.it orange.fr wanadoo.fr free.fr laposte.net ' +
    'sfr.fr bluewin.ch telenet.be skynet.be ziggo.nl kpnmail.nl planet.nl btinternet.com sky.com talktalk.net comcast.net att.net ' +
    'verizon.net qq.com 163.com 126.com naver.com rediffmail.com example.com example.org example.net'
  ).split(' '),
);

/** What people write where they have nothing to write. */
const PLACEHOLDERS = new Set('NA NONE NULL NIL TBD TBC UNKNOWN TEST DEFAULT EMPTY XX XXX XXXX'.split(' '));

/** What more of one side share is no identifier, or no organisation's own mail domain. */
const MAX_SHARING = 3;
const MAX_SHARING_DOMAIN = 8;

const COUNTRY_ALIASES = new Map(
  Object.entries({ UK: 'GB', EL: 'GR', EST: 'EE', LVA: 'LV', LTU: 'LT', FIN: 'FI', SWE: 'SE' }),
);

/** Letters and digits of an identifier in capitals; `""` if there is nothing to identify by. */
function identifierOf(value: string | undefined): string {
  if (!value) return '';
  const plain = value
    .normalize('NFKC')
    .toUpperCase()
    .replace(/[^\p{L}\p{N}]/gu, '');
  return plain.length < 2 || plain.length > 100 || PLACEHOLDERS.has(plain) || /^0+$/.test(plain) ? '' : plain;
}

/** A registration or tax number without the country before it and the register's letters: `EE10012345` is `10012345`. */
export function numberOf(value: string | undefined): string {
  const plain = identifierOf(value);
  const digits = plain.replace(/^[A-Z]{1,4}/, '');
  return /\d{5}/.test(digits) ? digits : plain;
}

/** The domain of an e-mail address, lower case; `""` for none and for public mail providers. */
function ownDomainOf(email: string | undefined): string {
  const at = (email ?? '').lastIndexOf('@');
  return at < 0 ? '' : ownDomain(email!.slice(at + 1));
}

/** The host of a domain, a mail address' right half or a web address; `""` for what is none, or public. */
function ownDomain(domain: string): string {
  const plain = domain
    .trim()
    .toLowerCase()
    .replace(/^https?:\/\/|[/?#].*$|[>.\s]+$/gs, '')
    .replace(/^www\./, '');
  return /^[^\s@/]+\.[^\s@/.]{2,}$/u.test(plain) && plain.length <= 253 && !PUBLIC_MAIL.has(plain) ? plain : '';
}

/** Two-letter country code, capitals; `""` if the value is none. */
function countryOf(value: string | undefined): string {
  const plain = (value ?? '').trim().toUpperCase();
  const code = COUNTRY_ALIASES.get(plain) ?? plain;
  return /^[A-Z]{2}$/.test(code) ? code : '';
}

interface ArrowMarks {
  identifiers: { kind: string; raw: string; value: string; againstNumber: boolean }[];
  registration: string;
  domains: string[];
  country: string;
  /** There is nothing but a name. */
  blank: boolean;
}

interface WaldurMarks {
  backendId: string;
  /** Some keep the registration number there. */
  backendNumber: string;
  abbreviation: string;
  registration: string;
  domain: string;
  country: string;
  blank: boolean;
}

/** What is known of a customer and an organisation besides their names, and what it says about their being one. */
export interface Findings {
  /** The identifiers that are equal. */
  identifiers: Evidence[];
  /** The mail domain both have; `''` for none. */
  domain: string;
  country: 'same' | 'different' | 'unknown';
  registrationDiffers: boolean;
}

const NOTHING: Findings = { identifiers: [], domain: '', country: 'unknown', registrationDiffers: false };

/** Looks up organisations by everything but the name. */
export class OtherEvidence {
  private readonly arrowMarks: ArrowMarks[] = [];
  private readonly waldurMarks: WaldurMarks[] = [];
  private readonly waldurBy = new Map<string, number[]>();
  private readonly arrowSharing = new Map<string, number>();

  constructor(
    private readonly arrow: readonly ArrowParty[],
    private readonly waldur: readonly WaldurParty[],
  ) {}

  /** Reads both lists; pauses now and then. */
  *prepare(): Generator<void, void> {
    for (const [at, party] of this.arrow.entries()) {
      const marks = marksOfArrow(party);
      this.arrowMarks.push(marks);
      for (const key of arrowKeys(marks)) this.arrowSharing.set(key, (this.arrowSharing.get(key) ?? 0) + 1);
      if (at % 32 === 31) yield;
    }
    for (const [at, party] of this.waldur.entries()) {
      const marks = marksOfWaldur(party);
      this.waldurMarks.push(marks);
      for (const key of waldurKeys(marks)) addTo(this.waldurBy, key, at);
      if (at % 32 === 31) yield;
    }
  }

  /** Positions of the organisations that share an identifier or a mail domain with this Arrow customer. */
  partnersOf(arrowAt: number): Set<number> {
    const partners = new Set<number>();
    for (const key of arrowKeys(this.arrowMarks[arrowAt]!)) {
      if (this.telling(key)) for (const at of this.waldurBy.get(key) ?? []) partners.add(at);
    }
    return partners;
  }

  between(arrowAt: number, waldurAt: number): Findings {
    const ours = this.arrowMarks[arrowAt]!;
    const theirs = this.waldurMarks[waldurAt]!;
    if (ours.blank || theirs.blank) return NOTHING;
    const org = this.waldur[waldurAt]!;
    const identifiers: Evidence[] = [];
    for (const { kind, raw, value, againstNumber } of ours.identifiers) {
      const waldur = againstNumber
        ? this.telling(`number:${value}`) &&
          ((value === theirs.registration && org.registrationCode) || (value === theirs.backendNumber && org.backendId))
        : (value === theirs.backendId && this.telling(`id:${value}`) && org.backendId) ||
          (value === theirs.abbreviation && this.telling(`id:${value}`) && org.abbreviation);
      if (waldur) identifiers.push({ kind, arrow: raw, waldur, weight: 1 });
    }
    const domain = ours.domains.find((candidate) => candidate === theirs.domain && this.telling(`domain:${candidate}`));
    const country =
      !ours.country || !theirs.country ? 'unknown' : ours.country === theirs.country ? 'same' : 'different';
    return {
      identifiers,
      domain: domain ?? '',
      country,
      registrationDiffers:
        ours.registration !== '' && theirs.registration !== '' && ours.registration !== theirs.registration,
    };
  }

  countriesOf(arrowAt: number, waldurAt: number): [string, string] {
    return [this.arrowMarks[arrowAt]!.country, this.waldurMarks[waldurAt]!.country];
  }

  private telling(key: string): boolean {
    const limit = key.startsWith('domain:') ? MAX_SHARING_DOMAIN : MAX_SHARING;
    return (this.waldurBy.get(key)?.length ?? 0) <= limit && (this.arrowSharing.get(key) ?? 0) <= limit;
  }
}

function marksOfArrow(party: ArrowParty): ArrowMarks {
  const identifiers: ArrowMarks['identifiers'] = [];
  const add = (kind: string, raw: string | undefined, againstNumber: boolean): void => {
    const value = againstNumber ? numberOf(raw) : identifierOf(raw);
    if (raw && value) identifiers.push({ kind, raw, value, againstNumber });
  };
  add('internal_reference', party.internalReference, false);
  add('ref', party.ref, false);
  add('reference', party.reference, false);
  add('registration_number', party.registrationNumber, true);
  add('tax_number', party.taxNumber, true);
  const domains = [...new Set([ownDomainOf(party.email), ...(party.domains ?? []).map(ownDomain)].filter(Boolean))];
  const country = countryOf(party.countryCode);
  const blank = identifiers.length === 0 && domains.length === 0 && country === '';
  return { identifiers, registration: numberOf(party.registrationNumber), domains, country, blank };
}

function marksOfWaldur(party: WaldurParty): WaldurMarks {
  const marks = {
    backendId: identifierOf(party.backendId),
    backendNumber: numberOf(party.backendId),
    abbreviation: identifierOf(party.abbreviation),
    registration: numberOf(party.registrationCode),
    domain: ownDomainOf(party.email),
    country: countryOf(party.countryCode),
  };
  return { ...marks, blank: Object.values(marks).every((mark) => mark === '') };
}

const NO_KEYS: ReadonlySet<string> = new Set();

function arrowKeys(marks: ArrowMarks): ReadonlySet<string> {
  if (marks.blank) return NO_KEYS;
  return new Set([
    ...marks.identifiers.map(({ value, againstNumber }) => (againstNumber ? `number:${value}` : `id:${value}`)),
    ...marks.domains.map((domain) => `domain:${domain}`),
  ]);
}

function waldurKeys(marks: WaldurMarks): ReadonlySet<string> {
  if (marks.blank) return NO_KEYS;
  const keys = new Set<string>();
  if (marks.backendId) keys.add(`id:${marks.backendId}`);
  if (marks.abbreviation) keys.add(`id:${marks.abbreviation}`);
  if (marks.backendNumber) keys.add(`number:${marks.backendNumber}`);
  if (marks.registration) keys.add(`number:${marks.registration}`);
  if (marks.domain) keys.add(`domain:${marks.domain}`);
  return keys;
}
