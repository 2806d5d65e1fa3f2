import fc from 'fast-check';
import {
  ArrowParty,
  Suggestion,
  suggestMatches,
  suggestMatchesInBackground,
  WaldurParty,
} from './match-organisations.js';
import { processorTime } from '../../../test/support/processor-time.js';

const arrow = (name: string, more: Partial<ArrowParty> = {}): ArrowParty => ({ key: `a:${name}`, name, ...more });
const waldur = (name: string, more: Partial<WaldurParty> = {}): WaldurParty => ({ key: `w:${name}`, name, ...more });
const pairs = (suggestions: Suggestion[]): string[] =>
  suggestions.map(({ arrowKey, waldurKey }) => `${arrowKey} ~ ${waldurKey}`).sort();
const kinds = (suggestion: Suggestion | undefined): string[] => suggestion!.evidence.map(({ kind }) => kind);

/** The only suggestion for one customer and these organisations. */
function only(party: ArrowParty, organisations: WaldurParty[]): Suggestion | undefined {
  const suggestions = suggestMatches([party], organisations);
  expect(suggestions.length).toBeLessThanOrEqual(1);
  return suggestions[0];
}

describe('suggestMatches by name', () => {
  it('finds the organisation behind another spelling, and not the look-alike', () => {
    const found = only(arrow('Aktsiaselts Põhjala'), [
      waldur('AS POHJALA'),
      waldur('Põhjatäht AS'),
      waldur('Pohja Maja OÜ'),
    ]);
    expect(found).toMatchObject({ waldurKey: 'w:AS POHJALA', ambiguous: false });
    expect(found!.confidence).toBeGreaterThanOrEqual(0.9);
    expect(found!.evidence).toContainEqual(
      expect.objectContaining({ kind: 'name', arrow: 'pohjala', waldur: 'pohjala' }),
    );
  });

  it('does not suggest a different company that differs by one letter', () => {
    expect(only(arrow('Nordic Foods AS'), [waldur('Nordic Goods AS')])).toBeUndefined();
  });

  it('proposes no organisation twice', () => {
    const suggestions = suggestMatches(
      ['Kivirand AS', 'Kivirand OÜ', 'Kivirand Holding', 'Kivirand Eesti', 'Kivirand'].map((name) => arrow(name)),
      [waldur('Kivirand AS'), waldur('Kivirand OÜ')],
    );
    expect(pairs(suggestions)).toEqual(['a:Kivirand AS ~ w:Kivirand AS', 'a:Kivirand OÜ ~ w:Kivirand OÜ']);
  });

  it('reads the native name of an organisation', () => {
    const found = only(arrow('ООО Северный Ветер'), [waldur('Northern Wind', { nativeName: 'Северный Ветер ООО' })]);
    expect(found!.confidence).toBeGreaterThanOrEqual(0.9);
    expect(kinds(found)).toContain('native_name');
  });

  it('takes an abbreviation for a hint', () => {
    const found = only(arrow('TKL'), [waldur('Tallinna Kommunaallabor', { abbreviation: 'TKL' })]);
    expect(found!.confidence).toBeLessThan(0.9);
    expect(kinds(found)).toContain('abbreviation');
  });

  it('tells which words differ and what the legal forms cost', () => {
    const found = only(arrow('Kivirand Metall GmbH'), [waldur('Kivirand Metall Eesti AG')]);
    expect(found!.evidence).toContainEqual({ kind: 'name_difference', arrow: '', waldur: 'estonia', weight: 0 });
    expect(found!.evidence.find(({ kind }) => kind === 'legal_form')).toMatchObject({ arrow: 'gmbh', waldur: 'ag' });
    expect(found!.evidence.find(({ kind }) => kind === 'legal_form')!.weight).toBeLessThan(0);
  });
});

describe('The weights of a suggestion', () => {
  it('add up to its confidence, whatever speaks for it and against it', () => {
    const some = <T>(...values: T[]) => fc.constantFrom(undefined, ...values);
    const name = fc.constantFrom(
      'Põhjala',
      'Pohjala AS',
      'Põhjala OÜ',
      'Põhjala Estonia OÜ',
      'Pohjalla',
      'PHJ',
      'Tartu Pilv GmbH',
    );
    const theirs = fc.record({
      name,
      email: some('a@pohjala.ee', 'b@gmail.com'),
      countryCode: some('EE', 'FI'),
      registrationNumber: some('10012345', '20054321'),
      internalReference: some('C-17', 'C-18'),
    });
    const ours = fc.record({
      name,
      email: some('info@pohjala.ee'),
      countryCode: some('EE', 'FI'),
      registrationCode: some('10012345'),
      backendId: some('C-17'),
      abbreviation: some('PHJ'),
      alreadyMapped: fc.boolean(),
    });
    let seen = 0;
    fc.assert(
      fc.property(theirs, ours, (one, other) => {
        for (const { confidence, evidence } of suggestMatches([{ key: 'a', ...one }], [{ key: 'w', ...other }], {
          minConfidence: 0.01,
        })) {
          seen += 1;
          // Each is rounded to a thousandth.
          expect(evidence.reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(confidence, 2);
        }
      }),
      { numRuns: 1000 },
    );
    expect(seen).toBeGreaterThan(100);
  });
});

describe('suggestMatches by other evidence', () => {
  const twins = [waldur('Kivirand AS'), waldur('Completely Different OÜ', { backendId: 'CRM-1044' })];

  it.each([
    ['internalReference', 'internal_reference'],
    ['ref', 'ref'],
    ['reference', 'reference'],
  ] as const)('is certain by an equal %s, whatever the names', (field, kind) => {
    const found = only(arrow('Kivirand AS', { [field]: 'crm 1044' }), twins);
    expect(found).toMatchObject({ waldurKey: 'w:Completely Different OÜ', confidence: 1, ambiguous: false });
    expect(kinds(found)[0]).toBe(kind);
  });

  it('is certain by an identifier equal to the abbreviation', () => {
    expect(
      only(arrow('Kivirand', { internalReference: 'KVR' }), [waldur('Something Else', { abbreviation: 'KVR' })]),
    ).toMatchObject({
      confidence: 1,
    });
  });

  it.each([
    [{ registrationNumber: '1044-2233' }, 'registration_number'],
    [{ taxNumber: 'EE10442233' }, 'tax_number'],
  ])('is certain by an equal number: %j', (numbers, kind) => {
    const found = only(arrow('Kivirand', numbers), [waldur('Holding X', { registrationCode: '10442233' })]);
    expect(found).toMatchObject({ confidence: 1 });
    expect(kinds(found)).toContain(kind);
  });

  it('gives an identified customer its organisation even where names want it otherwise', () => {
    const suggestions = suggestMatches(
      [arrow('Kivirand AS'), arrow('Kivi Rand', { ref: 'X-77' })],
      [waldur('Kivirand AS', { backendId: 'X-77' })],
    );
    expect(pairs(suggestions)).toEqual(['a:Kivi Rand ~ w:Kivirand AS']);
  });

  it('does not take placeholders, or what many share, for identifiers', () => {
    for (const reference of ['n/a', '-', '0000', 'none']) {
      expect(only(arrow('Kivirand', { ref: reference }), [waldur('Marova', { backendId: reference })])).toBeUndefined();
    }
    const shared = Array.from({ length: 9 }, (_, at) => waldur(`Marova ${at}`, { backendId: 'RESELLER' }));
    expect(only(arrow('Kivirand', { ref: 'RESELLER' }), shared)).toBeUndefined();
  });

  it('leaves two organisations with the identifier to a person', () => {
    const found = only(arrow('Kivirand', { ref: 'X-77' }), [
      waldur('A', { backendId: 'X-77' }),
      waldur('B', { backendId: 'x77' }),
    ]);
    expect(found).toMatchObject({ confidence: 1, ambiguous: true, runnerUp: { confidence: 1 } });
  });

  it('suggests by an equal mail domain, but not by a public one', () => {
    const found = only(arrow('KR Grupp', { email: 'info@kivirand.ee' }), [
      waldur('Kivirand', { email: 'arved@Kivirand.EE' }),
    ]);
    expect(found!.confidence).toBeGreaterThanOrEqual(0.7);
    expect(kinds(found)).toContain('email_domain');
    expect(
      only(arrow('KR Grupp', { email: 'kr@gmail.com' }), [waldur('Kivirand', { email: 'ki@gmail.com' })]),
    ).toBeUndefined();
  });

  it('lowers by another country, and raises by the same', () => {
    const none = only(arrow('Kivirand Metall'), [waldur('Kivirand Metal')])!.confidence;
    const same = only(arrow('Kivirand Metall', { countryCode: 'EE' }), [
      waldur('Kivirand Metal', { countryCode: 'ee' }),
    ]);
    const other = only(arrow('Kivirand Metall', { countryCode: 'EE' }), [
      waldur('Kivirand Metal', { countryCode: 'LV' }),
    ]);
    expect(same!.confidence).toBeGreaterThan(none);
    expect(other!.confidence).toBeLessThan(none);
    expect(other!.evidence.find(({ kind }) => kind === 'country')!.weight).toBeLessThan(0);
    expect(
      only(arrow('X Y Z', { countryCode: 'UK' }), [waldur('X Y Z', { countryCode: 'GB' })])!.confidence,
    ).toBeGreaterThan(0.9);
  });

  it('lowers by another registration number, and tells when it contradicts an identifier', () => {
    const numbers = [{ registrationNumber: '10442233' }, { registrationCode: '99887766' }] as const;
    expect(only(arrow('Kivirand', numbers[0]), [waldur('Kivirand', numbers[1])])?.confidence ?? 0).toBeLessThan(0.6);
    const both = only(arrow('Kivirand', { ...numbers[0], ref: 'Q-9' }), [
      waldur('Kivirand', { ...numbers[1], backendId: 'Q-9' }),
    ]);
    expect(both!.confidence).toBeLessThan(0.9);
    expect(both!.note).toContain('registration numbers differ');
  });

  it('suggests an organisation that is mapped already only with lower rank and a note', () => {
    const found = only(arrow('Kivirand AS'), [waldur('Kivirand AS', { alreadyMapped: true })]);
    expect(found!.confidence).toBeLessThan(0.9);
    expect(found!.note).toContain('already mapped');
    expect(
      only(arrow('Kivirand AS'), [waldur('Kivirand AS', { alreadyMapped: true }), waldur('Kivirand')]),
    ).toMatchObject({
      waldurKey: 'w:Kivirand',
      ambiguous: true,
    });
  });
});

describe('suggestMatches and ambiguity', () => {
  it('marks a tie and names the runner-up', () => {
    const found = only(arrow('Kivirand'), [waldur('Kivirand AS'), waldur('Kivirand OÜ')]);
    expect(found).toMatchObject({ ambiguous: true });
    expect(found!.runnerUp!.waldurKey).not.toBe(found!.waldurKey);
  });

  it('marks one organisation that two customers could be', () => {
    const [found] = suggestMatches([arrow('Kivirand AS'), arrow('AS Kivirand')], [waldur('Kivirand AS')]);
    expect(found).toMatchObject({ ambiguous: true, note: expect.stringContaining('Kivirand') as string });
  });

  it('does not mark a look-alike that clearly belongs to somebody else', () => {
    const suggestions = suggestMatches(
      [arrow('Kivirand Metall AS'), arrow('Kivirand Metal AS')],
      [waldur('Kivirand Metall AS'), waldur('Kivirand Metal AS')],
    );
    expect(suggestions.map(({ ambiguous }) => ambiguous)).toEqual([false, false]);
    expect(suggestions[0]!.runnerUp).toBeDefined();
  });

  it('is not in doubt when only one has the identifier', () => {
    expect(
      only(arrow('Kivirand', { ref: 'X-77' }), [waldur('Kivirand'), waldur('Kivirand AS', { backendId: 'X-77' })]),
    ).toMatchObject({
      waldurKey: 'w:Kivirand AS',
      ambiguous: false,
    });
  });
});

describe('suggestMatches with bad input', () => {
  const odd = [
    '',
    ' ',
    'A',
    'OÜ',
    'Ltd',
    '🚀🚀',
    'שלום עולם בע"מ',
    'شركة الخليج',
    'x\u0000y',
    '\ud800',
    'x'.repeat(500),
    'é'.repeat(500),
  ];

  it('answers', () => {
    const suggestions = suggestMatches(
      odd.map((name, at) => ({ key: `a${at}`, name })),
      odd.map((name, at) => ({ key: `w${at}`, name })),
    );
    const found = new Map(suggestions.map(({ arrowKey, waldurKey }) => [arrowKey, waldurKey]));
    expect(found.get('a5')).toBe('w5');
    expect(found.get('a6')).toBe('w6');
    expect(found.get('a7')).toBe('w7');
    expect(found.get('a10')).toBe('w10');
    expect(found.has('a0')).toBe(false);
    expect(found.has('a9')).toBe(false);
  });

  it('answers whatever the text, one-to-one and in any order the same', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 40 }),
      fc.constantFrom(...odd, 'Kivirand AS', 'Kivirand', 'AS Kivirand'),
    );
    fc.assert(
      fc.property(fc.array(text, { maxLength: 8 }), fc.array(text, { maxLength: 8 }), (lefts, rights) => {
        const ours = lefts.map((name, at) => ({ key: `a${at}`, name, email: name, ref: name, countryCode: name }));
        const theirs = rights.map((name, at) => ({
          key: `w${at}`,
          name,
          email: name,
          backendId: name,
          countryCode: name,
        }));
        const suggestions = suggestMatches(ours, theirs);
        expect(new Set(suggestions.map(({ arrowKey }) => arrowKey)).size).toBe(suggestions.length);
        expect(new Set(suggestions.map(({ waldurKey }) => waldurKey)).size).toBe(suggestions.length);
        expect(suggestions.every(({ confidence }) => confidence >= 0.5 && confidence <= 1)).toBe(true);
        expect(suggestMatches([...ours].reverse(), [...theirs].reverse())).toEqual(suggestions);
      }),
    );
  });

  it('pairs off two thousand equal names, all ambiguous', () => {
    const suggestions = suggestMatches(
      Array.from({ length: 2000 }, (_, at) => ({ key: `a${at}`, name: 'Kivirand AS' })),
      Array.from({ length: 2000 }, (_, at) => ({ key: `w${at}`, name: 'AS Kivirand' })),
    );
    expect(suggestions).toHaveLength(2000);
    expect(suggestions.every(({ ambiguous }) => ambiguous)).toBe(true);
  });

  it('takes a time that grows with the names when all are made of the same few words', async () => {
    const words = ['Nordic', 'Cloud', 'Group', 'Services', 'Digital', 'Baltic', 'Partners', 'Data'];
    const match = (length: number) => () => {
      const names = Array.from({ length }, (_, at) =>
        [at, at >> 3, at >> 6, at >> 9].map((n) => words[n % 8]).join(' '),
      );
      suggestMatches(
        names.map((name, at) => ({ key: `a${at}`, name })),
        names.map((name, at) => ({ key: `w${at}`, name })),
      );
    };
    expect(await processorTime(match(3000))).toBeLessThan(15 * (await processorTime(match(600))));
  });

  it('has nothing to say about nobody', () => {
    expect(suggestMatches([], [waldur('Kivirand')])).toEqual([]);
    expect(suggestMatches([arrow('Kivirand')], [])).toEqual([]);
  });
});

describe('suggestMatchesInBackground', () => {
  const crowd = Array.from({ length: 1500 }, (_, at) => `Kivi${at.toString(36)}rand Metall ${at % 7}`);
  const ours = crowd.map((name, at) => ({ key: `a${at}`, name }));
  const theirs = crowd.map((name, at) => ({ key: `w${at}`, name: `${name} OÜ` }));

  it('answers as suggestMatches does, and lets others work meanwhile', async () => {
    let turns = 0;
    const counting = setInterval(() => (turns += 1), 1);
    const matching = suggestMatchesInBackground(ours, theirs, { sliceMs: 2 });
    const suggestions = await matching.finally(() => clearInterval(counting));
    expect(turns).toBeGreaterThan(2);
    expect(suggestions).toEqual(suggestMatches(ours, theirs));
  });

  it('stops when told to', async () => {
    const controller = new AbortController();
    const matching = suggestMatchesInBackground(ours, theirs, { signal: controller.signal });
    setTimeout(() => controller.abort(new Error('the caller went away')), 1);
    await expect(matching).rejects.toThrow('the caller went away');
  });
});
