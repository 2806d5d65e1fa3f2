import { findLegalForm, relateForms, spellLegalWord } from './legal-forms.js';

const formOf = (text: string) => findLegalForm(text.split(' '), 0)!.form;

describe('findLegalForm', () => {
  it.each([
    ['gmbh', 'gesellschaft mit beschrankter haftung'],
    ['sp z oo', 'spolka z ograniczona odpowiedzialnoscia'],
    ['ou', 'osauhing'],
    ['as', 'aktsiaselts'],
    ['sia', 'sabiedriba ar ierobezotu atbildibu'],
    ['uab', 'uzdaroji akcine bendrove'],
    ['ooo', 'obshchestvo s ogranichennoy otvetstvennostyu'],
    ['plc', 'public limited company'],
    ['kft', 'korlatolt felelossegu tarsasag'],
  ])('knows %s in its long spelling', (short, long) => expect(formOf(long).id).toBe(formOf(short).id));

  it('takes the longest form there is', () => {
    expect(findLegalForm(['co', 'ltd', 'riga'], 0)).toMatchObject({ form: { id: 'ltd' }, length: 2 });
  });

  it('reads some forms only in names written in Cyrillic', () => {
    expect(findLegalForm(['too', 'good'], 0)).toBeUndefined();
    expect(findLegalForm(['too', 'servis'], 0, true)).toMatchObject({ form: { id: 'llc' } });
  });
});

describe('spellLegalWord', () => {
  it.each([
    ['aktiengeselschaft', 'aktiengesellschaft'],
    ['limted', 'limited'],
    ['limmited', 'limited'],
    ['compani', 'company'],
    ['osakeytio', 'osakeyhtio'],
  ])('corrects %s to %s', (wrong, right) => expect(spellLegalWord(wrong)).toBe(right));

  it.each(['anonim', 'meridian', 'x', 'unlimitedly'])('leaves %s alone', (word) =>
    expect(spellLegalWord(word)).toBe(word),
  );
});

describe('relateForms', () => {
  it.each([
    ['ou', 'osauhing', 'same'],
    ['gmbh', 'ag', 'opposed'],
    ['oy', 'ou', 'different'],
    ['ou', 'llc', 'translated'],
    ['oao', 'jsc', 'translated'],
    ['gmbh', 'company', 'vague'],
  ])('says of %s and %s: %s', (a, b, relation) => expect(relateForms([formOf(a)], [formOf(b)])).toBe(relation));

  it('says of a name without a form that it is missing', () => {
    expect(relateForms([formOf('ou')], [])).toBe('missing');
    expect(relateForms([], [])).toBe('same');
  });
});
