import { isCustomerReference, mayBeLicenseReference } from './arrow-reference.js';

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
