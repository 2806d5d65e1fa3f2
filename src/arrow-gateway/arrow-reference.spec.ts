import { normalizeArrowReference } from '../common/normalize-arrow-reference.js';
import {
  arrowCustomersBy,
  isCustomerReference,
  isOwnCustomerReference,
  mayBeLicenseReference,
  sameArrowReference,
} from './arrow-reference.js';

const HOSTILE = ['', '../whoami', 'XSP1/../../whoami', 'XSP\u0000', 'vm-17/disk'];

describe("ArrowSphere's reference of a customer", () => {
  it.each(['XSP661245', 'xsp7', ' XSP1 ', 'XSP-NEW', 'XSP 1 õ'])('may be %j', (text) => {
    expect(isCustomerReference(text)).toBe(true);
  });

  it.each([...HOSTILE, '6b1f4a30-1111-4222-8333-abcdefabcdef', '661245'])('is not %j', (text) =>
    expect(isCustomerReference(text)).toBe(false),
  );
});

describe("ArrowSphere's reference of a licence", () => {
  it.each(['XSP661245', ' XSP1 ', 'ARS-SUB-1', '661245', '6b1f4a30-1111-4222-8333-abcdefabcdef'])('may be %j', (text) =>
    expect(mayBeLicenseReference(text)).toBe(true),
  );

  it.each([...HOSTILE, 'a virtual machine', '..', '-'])('is not %j', (text) =>
    expect(mayBeLicenseReference(text)).toBe(false),
  );
});

describe('The identity of a reference', () => {
  it.each([
    'xsp700001',
    ' XSP700001\u200b',
    'XS\u00adP700001',
    '\ufeffxSp700001',
    'ＸＳＰ７００００１',
    'XSP700001\u2060 ',
  ])('is one for XSP700001 and %j', (text) => {
    expect(normalizeArrowReference(text)).toBe('XSP700001');
    expect(sameArrowReference(text, 'XSP700001')).toBe(true);
    expect(arrowCustomersBy([{ reference: 'XSP700001', ref: '', internalReference: '' }])(text)).toEqual(['XSP700001']);
  });

  it('leaves other texts as they are written, and their case makes no difference', () => {
    expect(normalizeArrowReference(' Ours-õ 1 ')).toBe('Ours-õ 1');
    expect(sameArrowReference('Ours-Õ 1', 'ours-õ 1')).toBe(true);
    expect(sameArrowReference('XSP1', 'XSP11')).toBe(false);
    expect(sameArrowReference('1', 'XSP1')).toBe(false);
  });

  it('is certain without asking for XSP and a number only', () => {
    expect(['XSP1', 'xsp1', 'XSP1A', '1', 'XSP'].map(isOwnCustomerReference)).toEqual([
      true,
      false,
      false,
      false,
      false,
    ]);
  });

  it('finds nobody by nothing', () => {
    const nameless = { reference: 'XSP1', ref: '', internalReference: '' };
    expect(arrowCustomersBy([nameless])(' \u200b ')).toEqual([]);
    expect(arrowCustomersBy([nameless])('2')).toEqual([]);
  });
});
