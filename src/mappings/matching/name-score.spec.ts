import fc from 'fast-check';
import { nameComparer, nameSimilarity } from './name-score.js';

describe('nameSimilarity', () => {
  it.each([
    ['Aktsiaselts Põhjala', 'AS POHJALA'],
    ['Bäckström Bygg Aktiebolag', 'AB Backstrom Bygg'],
    ['ООО «Северный Ветер»', 'Severny Veter LLC'],
    ['Studio Twenty-One Oy', 'Studio 21 Oy'],
    ['Good Harvest Bakery', 'Goodharvest Bakery'],
  ])('is nearly sure that %s is %s', (a, b) => expect(nameSimilarity(a, b)).toBeGreaterThanOrEqual(0.9));

  it.each([
    ['Nordic Foods AS', 'Nordic Goods AS'],
    ['Grafton Mills Ltd', 'Grafton Hills Ltd'],
    ['Studio 21 Oy', 'Studio 22 Oy'],
    ['Aurelia Pharma Deutschland GmbH', 'Aurelia Pharma Austria GmbH'],
    ['Baltic Cloud Services OÜ', 'Baltic Cloud Solutions OÜ'],
    ['', ''],
    ['OÜ', 'AS'],
  ])('would not suggest that %s is %s', (a, b) => expect(nameSimilarity(a, b)).toBeLessThan(0.5));

  it('ranks another legal form below a missing one, and that below the same', () => {
    const same = nameSimilarity('Kivirand OÜ', 'Kivirand Osaühing');
    const missing = nameSimilarity('Kivirand OÜ', 'Kivirand');
    const otherCountry = nameSimilarity('Kivirand OÜ', 'Kivirand SIA');
    const otherKind = nameSimilarity('Kivirand OÜ', 'Kivirand AS (publ)');
    expect(same).toBeGreaterThan(missing);
    expect(missing).toBeGreaterThan(otherCountry);
    expect(otherKind).toBeLessThan(missing);
    expect(nameSimilarity('Kivirand GmbH', 'Kivirand AG')).toBeLessThan(nameSimilarity('Kivirand GmbH', 'Kivirand'));
    expect(nameSimilarity('Kivirand GmbH', 'Kivirand AG')).toBeGreaterThanOrEqual(0.5);
  });

  it('is the same in both directions, and between 0 and 1', () => {
    const word = fc.constantFrom(
      'Nordic',
      'Foods',
      'Fods',
      'AS',
      'OÜ',
      'Bella',
      'Vista',
      'Bellavista',
      'NFA',
      '21',
      '(Eesti)',
      '&',
      't/a',
    );
    const name = fc.array(word, { maxLength: 7 }).map((words) => words.join(' '));
    fc.assert(
      fc.property(name, name, (a, b) => {
        const similarity = nameSimilarity(a, b);
        expect(nameSimilarity(b, a)).toBeCloseTo(similarity, 12);
        expect(similarity).toBeGreaterThanOrEqual(0);
        expect(similarity).toBeLessThanOrEqual(1);
      }),
      { numRuns: 500 },
    );
  });
});

describe('nameComparer', () => {
  it('weighs words by how rare they are in the lists', () => {
    const crowd = Array.from({ length: 2000 }, (_, at) => `Pelarion Unit${at}x`);
    const alone = nameComparer(['Pelarion Marova', 'Pelarion Tisenko']);
    const crowded = nameComparer([...crowd, 'Pelarion Marova', 'Pelarion']);
    expect(crowded('Pelarion Marova', 'Pelarion')).toBeLessThan(nameSimilarity('Pelarion Marova', 'Pelarion'));
    expect(alone('Pelarion Marova', 'Pelarion Tisenko')).toBeLessThan(0.5);
  });

  it('gives 0 for a name it was not told of', () => {
    expect(nameComparer(['Pelarion'])('Pelarion', 'Marova')).toBe(0);
  });
});
