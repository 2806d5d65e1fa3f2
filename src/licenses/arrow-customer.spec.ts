import { resolveArrowCustomer } from './arrow-customer.js';

const customer = (reference: string, ref = '', internalReference = '') => ({ reference, ref, internalReference });

describe('resolveArrowCustomer', () => {
  it('lets an equal reference decide it alone, wherever it stands in the list', () => {
    const customers = [customer('XSP9', 'XSP1', 'XSP1'), customer('XSP8', 'XSP1'), customer('XSP1')];
    expect(resolveArrowCustomer(customers, ' XSP1 ')).toBe('XSP1');
  });

  it('tries the short code, then the number, then the reseller’s own reference', () => {
    const customers = [customer('XSP3', 'c', '77'), customer('XSP77', 'b'), customer('XSP2', '77')];
    expect(resolveArrowCustomer(customers, '77')).toBe('XSP2');
    expect(resolveArrowCustomer(customers.slice(0, 2), '77')).toBe('XSP77');
    expect(resolveArrowCustomer(customers.slice(0, 1), '77')).toBe('XSP3');
    expect(resolveArrowCustomer([customer('XSP4', '', 'Ours-1')], 'OURS-1')).toBe('XSP4');
  });

  it('neither guesses between two nor finds nobody', () => {
    expect(() => resolveArrowCustomer([customer('XSP1', 'x'), customer('XSP2', 'x')], 'x')).toThrow(
      'More than one ArrowSphere customer answers to x: XSP1, XSP2. Put the full reference into the mapping.',
    );
    expect(() => resolveArrowCustomer([customer('XSP1')], 'xsp2')).toThrow(
      'ArrowSphere does not have the customer xsp2.',
    );
    expect(() => resolveArrowCustomer([customer('XSP1', '', '')], '')).toThrow('does not have');
  });
});
