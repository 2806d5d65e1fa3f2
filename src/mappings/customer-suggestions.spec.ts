import { suggestByName } from './customer-suggestions.js';

const organisations = ['AS Pohjala', 'Nordic Foods', 'Acme Corporation'].map((name) => ({ name }));

describe('suggestByName', () => {
  it('finds the organisation whose name differs by accents and case only, and is sure of it', () => {
    const [found] = suggestByName(['AS PÕHJALA'], organisations);
    expect(found).toEqual({ organisation: { name: 'AS Pohjala' }, confidence: 1 });
  });

  it('suggests nothing where no name is similar', () => {
    expect(suggestByName(['Zürich Wholesale'], organisations)).toEqual([undefined]);
  });

  it('stands empty names and names without letters', () => {
    expect(suggestByName(['', '🚀', '\ud800'], organisations)).toEqual([undefined, undefined, undefined]);
  });
});
