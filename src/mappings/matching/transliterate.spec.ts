import { toPlainLatin } from './transliterate.js';

describe('toPlainLatin', () => {
  it.each([
    ['Põhjala Žalioji Łódź', 'pohjala zalioji lodz'],
    ['Straße Æble Œuvre Ørsted Þór', 'strasse aeble oeuvre orsted thor'],
    ['Ｆｕｌｌ　ﬁt', 'full fit'],
    ['Северный Берёза Щука', 'severnyy bereza shchuka'],
    ['Київ Їжак Ґанок', 'kiiv izhak ganok'],
    ['Ναυπηγεία Ουρανός', 'nafpigeia uranos'],
    ['Plain ASCII', 'plain ascii'],
  ])('writes %s as %s', (text, plain) => expect(toPlainLatin(text)).toBe(plain));

  it('leaves letters of other alphabets as they are', () => {
    expect(toPlainLatin('株式会社')).toBe('株式会社');
  });
});
