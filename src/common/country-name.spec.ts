import { countryName } from './country-name.js';

describe('the name of a country', () => {
  test.each([
    ['EE', 'Estonia'],
    ['ee', 'Estonia'],
    ['', ''],
    ['QX', 'QX'],
    ['E1', 'E1'],
    ['X', 'X'],
    ['é€', 'é€'],
  ])('of %j is %j', (code, name) => {
    expect(countryName(code)).toBe(name);
  });
});
