import { givenName } from './given-name.js';

describe('givenName', () => {
  it('does not read the names that ArrowSphere makes up', () => {
    expect(givenName('XSP123|MS-AZR-0145P|XSP456')).toBe('');
    expect(givenName('MS-AZR|XSP456|plan')).toBe('');
    expect(givenName(' Sales | XSP team ')).toBe('Sales | XSP team');
    expect(givenName(null)).toBe('');
  });
});
