import { displayName } from './display-name.js';

describe('displayName', () => {
  it('does not read the names that ArrowSphere makes up', () => {
    expect(displayName('XSP123|MS-AZR-0145P|XSP456')).toBe('');
    expect(displayName('MS-AZR|XSP456|plan')).toBe('');
    expect(displayName(' Sales | XSP team ')).toBe('Sales | XSP team');
    expect(displayName(null)).toBe('');
  });
});
