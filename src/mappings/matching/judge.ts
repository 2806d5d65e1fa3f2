import { addTo } from '../../common/group-by.js';
import { Findings, OtherEvidence } from './evidence.js';
import { FORM_FACTOR, NameComparer } from './name-score.js';
import { Evidence, ArrowParty, WaldurParty } from './match-types.js';
import { rounded } from './similarity.js';
import { IndexedName, Vocabulary } from './vocabulary.js';

/** How likely a customer and an organisation are one. */
export interface Verdict {
  arrowAt: number;
  waldurAt: number;
  confidence: number;
  /** The same, if the organisation were not mapped already. */
  unmappedConfidence: number;
  /** By an equal identifier. */
  identified: boolean;
  /** An identifier is equal, but the registration numbers are not. */
  conflict: boolean;
  nameConfidence: number;
  /** Which name of the organisation agreed best; a position among all names, or `-1` for its abbreviation. */
  nameAt: number;
}

/** An acronym that is equal is worth a look, no more. */
const ABBREVIATION_CONFIDENCE = 0.7;
/** So many organisations of one abbreviation are looked at. */
const MAX_ABBREVIATED = 4;

/** What one piece of evidence does to a confidence. */
interface Step {
  kind: 'email_domain' | 'country' | 'registration_number';
  apply: (confidence: number) => number;
}

const NO_STEPS: readonly Step[] = [];
/** Two of the same mail domain are probably one, whatever their names; equal names leave less doubt. */
const SAME_DOMAIN: Step = { kind: 'email_domain', apply: (confidence) => Math.max(0.75, 1 - (1 - confidence) * 0.4) };
const SAME_COUNTRY: Step = { kind: 'country', apply: (confidence) => 1 - (1 - confidence) * 0.9 };
const OTHER_COUNTRY: Step = { kind: 'country', apply: (confidence) => confidence * 0.75 };
const OTHER_REGISTRATION: Step = { kind: 'registration_number', apply: (confidence) => confidence * 0.5 };

const IDENTIFIED_BUT_OTHER_REGISTRATION = 0.8;
const ALREADY_MAPPED_FACTOR = 0.7;
/** Only an identifier makes certain. */
const MOST_WITHOUT_IDENTIFIER = 0.985;

/** Weighs names and all other evidence of customers and organisations against each other. */
export class PairJudge {
  readonly vocabulary = new Vocabulary();
  readonly arrowNames: IndexedName[] = [];
  /** Names and native names of all organisations; {@link partyOfName} says whose. */
  readonly waldurNames: IndexedName[] = [];
  private readonly ownerOfName: number[] = [];
  private readonly namesOfWaldur: number[][] = [];
  private readonly abbreviations: string[] = [];
  private readonly byAbbreviation = new Map<string, number[]>();
  private readonly comparer = new NameComparer(this.vocabulary);
  private readonly other: OtherEvidence;

  constructor(
    private readonly arrow: readonly ArrowParty[],
    private readonly waldur: readonly WaldurParty[],
  ) {
    this.other = new OtherEvidence(arrow, waldur);
  }

  /** Reads both lists; pauses now and then. */
  *prepare(): Generator<void, void> {
    yield* this.other.prepare();
    for (const [at, party] of this.arrow.entries()) {
      this.arrowNames.push(this.vocabulary.add(party.name));
      if (at % 32 === 31) yield;
    }
    for (const [at, party] of this.waldur.entries()) {
      const own = [this.addWaldurName(at, party.name)];
      if (party.nativeName && party.nativeName !== party.name) own.push(this.addWaldurName(at, party.nativeName));
      this.namesOfWaldur.push(own);
      const abbreviation = party.abbreviation ? party.abbreviation.replace(/[^\p{L}\p{N}]/gu, '').toLowerCase() : '';
      this.abbreviations.push(abbreviation);
      if (abbreviation.length > 1) addTo(this.byAbbreviation, abbreviation, at);
      if (at % 32 === 31) yield;
    }
    this.vocabulary.weigh();
  }

  partyOfName(nameAt: number): number {
    return this.ownerOfName[nameAt]!;
  }

  /** Organisations to judge whatever their names. */
  partnersBesidesNames(arrowAt: number): Set<number> {
    const partners = this.other.partnersOf(arrowAt);
    const abbreviated = this.byAbbreviation.get(this.arrowNames[arrowAt]!.joined) ?? [];
    for (const partner of abbreviated.slice(0, MAX_ABBREVIATED)) partners.add(partner);
    return partners;
  }

  judge(arrowAt: number, waldurAt: number): Verdict {
    const name = this.arrowNames[arrowAt]!;
    let nameConfidence = 0;
    let nameAt = this.namesOfWaldur[waldurAt]![0]!;
    for (const candidate of this.namesOfWaldur[waldurAt]!) {
      const confidence = this.comparer.compare(name, this.waldurNames[candidate]!);
      if (confidence > nameConfidence) [nameConfidence, nameAt] = [confidence, candidate];
    }
    const abbreviation = this.abbreviations[waldurAt]!;
    if (nameConfidence < ABBREVIATION_CONFIDENCE && abbreviation.length > 1 && abbreviation === name.joined) {
      [nameConfidence, nameAt] = [ABBREVIATION_CONFIDENCE, -1];
    }

    const found = this.other.between(arrowAt, waldurAt);
    const identified = found.identifiers.length > 0;
    let confidence = nameConfidence;
    for (const step of this.steps(found)) confidence = step.apply(confidence);
    confidence = Math.min(confidence, MOST_WITHOUT_IDENTIFIER);
    if (identified) confidence = found.registrationDiffers ? IDENTIFIED_BUT_OTHER_REGISTRATION : 1;
    const mapped = this.waldur[waldurAt]!.alreadyMapped === true;
    return {
      arrowAt,
      waldurAt,
      confidence: mapped ? confidence * ALREADY_MAPPED_FACTOR : confidence,
      unmappedConfidence: confidence,
      identified,
      conflict: identified && found.registrationDiffers,
      nameConfidence,
      nameAt,
    };
  }

  /** The reasons for a verdict, the weightiest first. */
  explain(verdict: Verdict): Evidence[] {
    const { arrowAt, waldurAt } = verdict;
    const found = this.other.between(arrowAt, waldurAt);
    const evidence = [...found.identifiers, ...this.explainName(verdict)];
    let confidence = verdict.nameConfidence;
    const [arrowCountry, waldurCountry] = this.other.countriesOf(arrowAt, waldurAt);
    const sides: Record<Step['kind'], [string, string]> = {
      email_domain: [found.domain, found.domain],
      country: [arrowCountry, waldurCountry],
      registration_number: [
        this.arrow[arrowAt]!.registrationNumber ?? '',
        this.waldur[waldurAt]!.registrationCode ?? '',
      ],
    };
    for (const { kind, apply } of this.steps(found)) {
      const next = apply(confidence);
      const [arrow, waldur] = sides[kind];
      evidence.push({ kind, arrow, waldur, weight: rounded(next - confidence) });
      confidence = next;
    }
    if (verdict.identified) {
      // It decides the matter alone; the rest is there to be seen.
      const settled = rounded(verdict.unmappedConfidence);
      for (const [at, one] of evidence.entries()) evidence[at] = { ...one, weight: at === 0 ? settled : 0 };
      confidence = settled;
    }
    const most = Math.min(confidence, verdict.identified ? 1 : MOST_WITHOUT_IDENTIFIER);
    if (most < confidence)
      evidence.push({ kind: 'no_identifier', arrow: '', waldur: '', weight: rounded(most - confidence) });
    if (verdict.confidence < most) {
      const { name } = this.waldur[waldurAt]!;
      evidence.push({ kind: 'already_mapped', arrow: '', waldur: name, weight: rounded(verdict.confidence - most) });
    }
    return evidence.sort((a, b) => Math.abs(b.weight) - Math.abs(a.weight));
  }

  /** What each piece of evidence found does to a confidence, in the order they apply. */
  private steps(found: Findings): readonly Step[] {
    if (!found.domain && found.country === 'unknown' && !found.registrationDiffers) return NO_STEPS;
    const steps: Step[] = [];
    if (found.domain) steps.push(SAME_DOMAIN);
    if (found.country === 'same') steps.push(SAME_COUNTRY);
    if (found.country === 'different') steps.push(OTHER_COUNTRY);
    if (found.registrationDiffers) steps.push(OTHER_REGISTRATION);
    return steps;
  }

  private explainName({ arrowAt, waldurAt, nameAt, nameConfidence }: Verdict): Evidence[] {
    if (nameConfidence === 0) return [];
    if (nameAt < 0) {
      const { abbreviation: waldur = '' } = this.waldur[waldurAt]!;
      return [{ kind: 'abbreviation', arrow: this.arrow[arrowAt]!.name, waldur, weight: rounded(nameConfidence) }];
    }
    const arrow = this.arrowNames[arrowAt]!;
    const waldur = this.waldurNames[nameAt]!;
    const { forms, first, second, ...words } = this.comparer.explain(arrow, waldur);
    // As if the legal forms agreed: what they cost is said by itself.
    const withoutForms = nameConfidence / FORM_FACTOR[forms];
    const evidence: Evidence[] = [
      {
        kind: nameAt === this.namesOfWaldur[waldurAt]![0] ? 'name' : 'native_name',
        arrow: this.text(first, words.agreedFirst),
        waldur: this.text(second, words.agreedSecond),
        weight: rounded(withoutForms),
      },
    ];
    if (words.onlyFirst.length + words.onlySecond.length > 0) {
      evidence.push({
        kind: 'name_difference',
        arrow: this.text(first, words.onlyFirst),
        waldur: this.text(second, words.onlySecond),
        weight: 0,
      });
    }
    if (FORM_FACTOR[forms] < 1) {
      const cost = rounded(withoutForms - nameConfidence);
      evidence.push({ kind: 'legal_form', arrow: formsOf(arrow), waldur: formsOf(waldur), weight: -cost });
    }
    return evidence;
  }

  private text(name: IndexedName, positions: readonly number[]): string {
    return [...new Set(positions)]
      .sort((a, b) => a - b)
      .map((at) => this.vocabulary.texts[name.words[at]!]!)
      .join(' ');
  }

  private addWaldurName(owner: number, name: string): number {
    this.waldurNames.push(this.vocabulary.add(name));
    this.ownerOfName.push(owner);
    return this.waldurNames.length - 1;
  }
}

function formsOf(name: IndexedName): string {
  return name.forms.map((form) => form.id).join(' ');
}
