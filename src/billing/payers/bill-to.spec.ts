import { billTo, type BillToFacts, type ExistingCharge } from './bill-to.js';

const pair = { licenseReference: 'LIC', arrowCustomer: 'XSP1' };
const acme = { arrowCustomer: 'XSP1', mappingUuid: 'map-acme', customerUuid: 'acme' };
const beta = { arrowCustomer: 'XSP1', mappingUuid: 'map-beta', customerUuid: 'beta' };
const link = { licenseReference: 'LIC', resourceUuid: 'vm', projectUuid: 'prod', customerUuid: 'acme' };
const charge = (given: Partial<ExistingCharge> = {}): ExistingCharge => ({
  ...pair,
  customerUuid: 'acme',
  projectUuid: 'old',
  resourceUuid: 'vm',
  isFixed: false,
  isInUse: true,
  ...given,
});
const find = (facts: Partial<BillToFacts>) =>
  billTo([pair], { mappings: [], charges: [], links: [], owners: [], ...facts })[0];

describe('the bill-to party of a licence', () => {
  test('is the organisation that its Arrow customer is mapped to, with the project that it is linked to', () => {
    expect(find({ mappings: [acme], links: [link] })).toMatchObject({
      customerUuid: 'acme',
      projectUuid: 'prod',
      resourceUuid: 'vm',
      reason: '',
    });
    expect(find({ mappings: [acme] })).toMatchObject({ customerUuid: 'acme', projectUuid: null, reason: '' });
  });

  test('follows mapping and link while its charge is on a draft', () => {
    expect(find({ mappings: [beta], charges: [charge()] })).toMatchObject({ customerUuid: 'beta' });
    expect(find({ mappings: [acme], charges: [charge()], links: [link] })).toMatchObject({ projectUuid: 'prod' });
  });

  test('stands after issue or close, wherever mapping and link point', () => {
    const fixed = charge({ isFixed: true });
    expect(find({ mappings: [beta], charges: [fixed], links: [link] })).toMatchObject({
      customerUuid: 'acme',
      projectUuid: 'old',
    });
  });

  test('is whoever was charged where the mapping was switched off, or the licence unlinked', () => {
    expect(find({ charges: [charge()] })).toMatchObject({ customerUuid: 'acme', projectUuid: 'old' });
    expect(find({ mappings: [acme], charges: [charge()] })).toMatchObject({ projectUuid: 'old', reason: '' });
  });

  test('is not changed by a link to another organisation; where nothing was charged yet nobody is', () => {
    const elsewhere = { ...link, customerUuid: 'beta' };
    expect(find({ mappings: [acme], charges: [charge()], links: [elsewhere] })).toMatchObject({ customerUuid: 'acme' });
    expect(find({ mappings: [acme], links: [elsewhere] })).toMatchObject({ reason: 'resource_of_another_customer' });
  });

  test('of a licence that has moved is the new organisation, though the link is still to the former one', () => {
    const former = { arrowCustomer: 'XSP0', mappingUuid: 'map-former', customerUuid: 'former' };
    const late = { ...link, customerUuid: 'former' };
    const owners = [{ licenseReference: 'LIC', arrowCustomer: 'XSP0' }];
    expect(find({ mappings: [acme, former], links: [late], owners })).toMatchObject({
      customerUuid: 'acme',
      projectUuid: null,
      reason: '',
    });
    const before = charge({ arrowCustomer: 'XSP0', customerUuid: 'former' });
    expect(find({ mappings: [acme], links: [late], charges: [before] })).toMatchObject({ customerUuid: 'acme' });
  });

  test('is nobody where two organisations are possible, or none is mapped', () => {
    expect(find({ mappings: [acme, beta] })).toMatchObject({ customerUuid: null, reason: 'several_mappings' });
    expect(find({})).toMatchObject({ customerUuid: null, reason: 'customer_not_mapped' });
    const strangers = charge({ arrowCustomer: 'XSP2' });
    expect(find({ charges: [strangers] })).toMatchObject({ reason: 'customer_not_mapped' });
  });
});
