import { ContractChecker } from './checker.js';
import { readContract, type Contract } from './contract.js';

const checker = new ContractChecker(readContract());

const mapping = {
  uuid: '3b8ae078-7f37-4a9c-aa2d-c9ec79ff0976',
  url: 'https://w.example/api/admin/arrow/customer-mappings/3b8ae078-7f37-4a9c-aa2d-c9ec79ff0976/',
  settings: 'https://w.example/api/admin/arrow/settings/baf0a3c6-7239-4825-baad-8105a7c670f3/',
  settings_uuid: 'baf0a3c6-7239-4825-baad-8105a7c670f3',
  arrow_reference: 'XSP661245',
  arrow_company_name: '',
  waldur_customer: 'https://w.example/api/customers/bc72d3d8-5f0f-45b7-b52d-62eb29a10d38/',
  waldur_customer_uuid: 'bc72d3d8-5f0f-45b7-b52d-62eb29a10d38',
  waldur_customer_name: 'Acme',
  is_active: true,
  created: '2026-08-01T12:30:15.123456+00:00',
  modified: '2026-08-01T12:30:15+00:00',
};

const faults = (changes: object) =>
  checker.faultsOfAnswer('admin_arrow_customer_mappings_retrieve', 200, { ...mapping, ...changes });

describe('The contract checker', () => {
  it('has nothing to say about a right answer, or about keys the contract does not know', () => {
    expect(faults({})).toEqual([]);
    expect(faults({ verified: false })).toEqual([]);
  });

  it.each([
    [
      'a required key that is missing',
      { waldur_customer_name: undefined },
      "must have required property 'waldur_customer_name'",
    ],
    ['a null nobody documented', { arrow_company_name: null }, '/arrow_company_name must be string, is null'],
    ['a wrong type', { is_active: 'true' }, '/is_active must be boolean, is "true"'],
    ['a number for text', { arrow_reference: 661245 }, '/arrow_reference must be string'],
    ['a UUID without its dashes', { uuid: '3b8ae0787f374a9caa2dc9ec79ff0976' }, '/uuid must match format "uuid"'],
    ['a UUID where a link belongs', { settings: mapping.settings_uuid }, '/settings must match format "uri"'],
    ['a relative link', { url: '/api/admin/arrow/customer-mappings/1/' }, '/url must match format "uri"'],
    ['a moment without its offset', { created: '2026-08-01T12:30:15' }, '/created must match format "date-time"'],
    [
      'text beyond its length',
      { arrow_reference: 'x'.repeat(256) },
      '/arrow_reference must NOT have more than 255 characters',
    ],
  ])('finds %s', (_, changes, fault) => {
    expect(faults(changes).join('\n')).toContain(fault);
  });

  it('finds a fault deep inside a list', () => {
    const answer = { settings_uuid: mapping.settings_uuid, arrow_customers: [], waldur_customers: [], suggestions: [] };
    const suggestion = {
      arrow_customer: { reference: 'XSP1', companyName: 'Acme' },
      confidence: 0.9,
      existing_mapping: false,
    };
    const operation = 'admin_arrow_customer_mappings_available_customers_retrieve';
    expect(checker.faultsOfAnswer(operation, 200, { ...answer, suggestions: [suggestion] })).toEqual([]);
    expect(
      checker.faultsOfAnswer(operation, 200, {
        ...answer,
        suggestions: [{ ...suggestion, suggested_waldur_customer: null }],
      }),
    ).toEqual(['/suggestions/0/suggested_waldur_customer must be object, is null']);
  });

  it('knows the keys that may be absent, and no null in their place', () => {
    const item = {
      uuid: mapping.uuid,
      arrow_line_reference: 'L1',
      original_price: '12.5000000000',
      vendor_name: 'Microsoft',
      subscription_reference: '',
      classification: 'IAAS',
      description: '',
      quantity: '-1.0000000000',
      created: mapping.created,
    };
    expect(checker.faultsOf('ArrowBillingSyncItem', item)).toEqual([]);
    expect(checker.faultsOf('ArrowBillingSyncItem', { ...item, invoice_item_uuid: null })).toHaveLength(1);
    expect(checker.faultsOf('ArrowBillingSyncItem', { ...item, original_price: '12.50000000001' })).toHaveLength(1);
    expect(checker.faultsOf('ArrowBillingSyncItem', { ...item, original_price: 12.5 })).toHaveLength(1);
  });

  it('finds a value outside its choices', () => {
    expect(checker.faultsOf('ResourceState', 'Unknown')).toEqual([
      'the body must be equal to one of the allowed values (Creating, OK, Erred, Updating, Terminating, Terminated), is "Unknown"',
    ]);
    expect(checker.faultsOf('ArrowBillingSyncStateEnum', '1')).not.toEqual([]);
  });

  it('never lets a secret out', () => {
    const settings = {
      uuid: mapping.uuid,
      url: mapping.url,
      api_url: 'https://xsp.arrow.example/index.php/api',
      partner_name: '',
      partner_reference: '',
      created: mapping.created,
      modified: mapping.modified,
    };
    expect(checker.faultsOf('ArrowSettings', settings)).toEqual([]);
    expect(checker.faultsOf('ArrowSettings', { ...settings, api_key: '' })).not.toEqual([]);
  });

  it('finds a status, a body and an operation the contract does not have', () => {
    expect(checker.faultsOfAnswer('admin_arrow_customer_mappings_retrieve', 201, mapping).join()).toContain(
      'status 201 is not one of',
    );
    expect(checker.faultsOfAnswer('admin_arrow_customer_mappings_destroy', 204, {}).join()).toContain(
      'a body, where the contract has none',
    );
    expect(checker.faultsOfAnswer('admin_arrow_customer_mappings_destroy', 204, undefined)).toEqual([]);
    expect(checker.faultsOfAnswer('admin_arrow_nothing', 200, {}).join()).toContain('not in the contract');
  });

  it('judges the bodies we add by the form we gave them', () => {
    expect(checker.faultsOfAnswer('admin_arrow_customer_mappings_sync_from_arrow', 200, { updated: 3 })).toEqual([]);
    expect(checker.faultsOfAnswer('admin_arrow_customer_mappings_sync_from_arrow', 200, { updated: '3' })).not.toEqual(
      [],
    );
    expect(checker.faultsOfAnswer('admin_arrow_customer_mappings_sync_from_arrow', 200, undefined)).not.toEqual([]);
  });

  it('refuses a deviation from something the contract does not ask for', () => {
    const { ArrowBillingSync, ...objects } = readContract().objects;
    const { invoice_uuid: _, ...fields } = ArrowBillingSync!;
    const lax: Contract = {
      ...readContract(),
      objects: { ...objects, ArrowBillingSync: { ...fields, 'invoice_uuid?': 'uuid' } },
    };
    expect(() => new ContractChecker(lax)).toThrow('needs no deviation');
  });
});
