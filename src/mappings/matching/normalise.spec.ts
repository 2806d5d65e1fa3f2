import fc from 'fast-check';
import { parseName } from './normalise.js';

const words = (name: string): string => parseName(name).words.join(' ');
const forms = (name: string): string =>
  parseName(name)
    .forms.map(({ id }) => id)
    .join(' ');

describe('parseName', () => {
  it.each([
    ['AS Põhjala', 'pohjala', 'as'],
    ['Põhjala Aktsiaselts', 'pohjala', 'as'],
    ['Zielona Dolina Sp. z o.o.', 'zielona dolina', 'spzoo'],
    ['Zielona Dolina Sp. z o. o.', 'zielona dolina', 'spzoo'],
    ['Jihočeská Pila spol. s r.o.', 'jihoceska pila', 'sro'],
    ['ООО "Ромашка"', 'romashka', 'llc'],
    ['Meerblick GmbH & Co. KG', 'meerblick', 'gmbhcokg'],
    ['MeerblickGmbH', 'meerblick', 'gmbh'],
    ['Corvina Bank AS Läti filiaal', 'corvina bank latvia filiaal', 'as'],
    ['Fastighets AB Kungsgatan 5', 'fastighets kungsgatan 5', 'ab'],
    ['As Good As New', 'good as new', 'as'],
    ['株式会社桜機械', '桜機械', 'ltd'],
  ])('takes the legal form off %s', (name, core, form) => {
    expect(words(name)).toBe(core);
    expect(forms(name)).toBe(form);
  });

  it.each([
    ['Brigade Forty-Four', 'brigade 44'],
    ['Brigade Forty 4', 'brigade 44'],
    ['Seventh Street', '7 street'],
    ['7th Street', '7 street'],
    ['One Hundred Acres', '100 acres'],
    ['Fund III', 'fund 3'],
    ['A.B.C. Trading', 'abc trading'],
    ['A B C Trading', 'abc trading'],
    ["Int'l Reef", 'international reef'],
    ["O'Rourke", 'orourke'],
    ['Roth & Falk', 'roth and falk'],
    ['Roth und Falk', 'roth and falk'],
    ['AT-Consult', 'at consult'],
  ])('reads %s as %s', (name, core) => expect(words(name)).toBe(core));

  it('keeps a name that is nothing but a legal form', () => {
    expect(words('OÜ')).toBe('ou');
    expect(words('Company Limited')).not.toBe('');
  });

  it('finds the names that a name states besides', () => {
    expect(parseName('Okafor Industries trading as SunRay Power').aliases.map(({ joined }) => joined)).toEqual([
      'okaforindustries',
      'sunraypower',
    ]);
    expect(parseName('Rahandusamet (Treasury Board)').aliases.map(({ joined }) => joined)).toEqual([
      'rahandusamet',
      'treasuryboard',
    ]);
    expect(parseName('Corvina Bank (Schweiz) AG').aliases).toEqual([]);
  });

  it('has no words for an empty name, and keeps pictures as they are', () => {
    expect(words('')).toBe('');
    expect(words(' \u0000\ud800 ')).toBe('');
    expect(words('🚀🚀')).toBe('🚀🚀');
  });

  it('never fails and never has more than sixteen words of forty letters', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 600 }), (name) => {
        const parsed = parseName(name);
        expect(parsed.words.length).toBeLessThanOrEqual(16);
        expect(parsed.words.every((word) => word.length > 0 && word.length <= 40)).toBe(true);
      }),
    );
  });
});
