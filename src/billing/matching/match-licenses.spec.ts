import { type LicenseFacts, matchLicenses } from './match-licenses.js';

const acme = { mappingUuid: 'map-acme', arrowReference: 'XSP1', customerUuid: 'acme' };
const acmeToo = { mappingUuid: 'map-acme-2', arrowReference: 'XSP9', customerUuid: 'acme' };
const beta = { mappingUuid: 'map-beta', arrowReference: 'XSP2', customerUuid: 'beta' };
const resource = { licenseReference: 'LIC', resourceUuid: 'vm', projectUuid: 'prod', customerUuid: 'acme' };

const match = (facts: Partial<LicenseFacts>, mappings = [acme, beta], resources: (typeof resource)[] = []) =>
  matchLicenses([{ licenseReference: 'LIC', statedReferences: [], ...facts }], mappings, resources)[0];

describe('the party that pays for a licence', () => {
  test('is the organisation its ArrowSphere customer is mapped to, with the resource it is linked to', () => {
    expect(match({ customerReference: 'XSP1' }, [acme, beta], [resource])).toEqual({
      licenseReference: 'LIC',
      mappingUuid: 'map-acme',
      customerUuid: 'acme',
      projectUuid: 'prod',
      resourceUuid: 'vm',
      reason: null,
    });
  });

  test('D-18: is the organisation without a project where the licence hangs on no resource', () => {
    expect(match({ customerReference: 'XSP2' })).toMatchObject({
      customerUuid: 'beta',
      projectUuid: null,
      reason: null,
    });
  });

  test('is found by the reference in the export where ArrowSphere does not know the licence', () => {
    expect(match({ statedReferences: ['12345', 'XSP2'] })).toMatchObject({ customerUuid: 'beta', reason: null });
  });

  test('ArrowSphere outranks what the export says', () => {
    expect(match({ customerReference: 'XSP1', statedReferences: ['XSP2'] })).toMatchObject({ customerUuid: 'acme' });
  });

  test('is the owner of the linked resource where nothing else is known', () => {
    expect(match({}, [acme, beta], [resource])).toMatchObject({ mappingUuid: 'map-acme', resourceUuid: 'vm' });
  });

  test.each([
    ['V12, D-21: two mappings could be meant', {}, [acme, acmeToo], [resource], 'several_mappings'],
    ['nobody is known to own it', {}, [acme], [], 'customer_unknown'],
    [
      'the ArrowSphere customer is not mapped',
      { customerReference: 'XSP7' },
      [acme],
      [resource],
      'customer_not_mapped',
    ],
    [
      'D-28: the resource belongs to somebody else',
      { customerReference: 'XSP2' },
      [acme, beta],
      [resource],
      'resource_of_another_customer',
    ],
    ['D-33: the line names no licence', { licenseReference: '', customerReference: 'XSP1' }, [acme], [], 'no_license'],
  ])('is nobody when %s', (_title, facts, mappings, resources, reason) => {
    expect(match(facts, mappings, resources)).toMatchObject({
      customerUuid: null,
      mappingUuid: null,
      resourceUuid: null,
      reason,
    });
  });
});
