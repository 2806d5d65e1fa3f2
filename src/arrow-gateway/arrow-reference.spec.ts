import { isArrowReference } from './arrow-reference.js';

describe('A reference of ArrowSphere', () => {
  it.each(['XSP661245', 'xsp7', ' XSP1 ', 'XSP-NEW', 'XSP 1 õ'])('may be %j', (text) => {
    expect(isArrowReference(text)).toBe(true);
  });

  it.each([
    '',
    'vm-17',
    '6b1f4a30-1111-4222-8333-abcdefabcdef',
    '../whoami',
    'XSP1/../../whoami',
    'XSP\u0000',
    '661245',
  ])('is not %j', (text) => expect(isArrowReference(text)).toBe(false));
});
