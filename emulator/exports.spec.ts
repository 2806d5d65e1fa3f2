import { ArrowEmulator } from './arrow-emulator.js';
import { arrowCustomer, arrowLicense, exportLine, exportType, recordedExportType } from './data.js';
import type { EmulatorCustomer, EmulatorExportType, EmulatorLicense } from './model.js';
import { client } from './spec-client.js';

describe('billing exports', () => {
  let emulator: ArrowEmulator;
  let customers: EmulatorCustomer[];
  let licenses: EmulatorLicense[];
  let type: EmulatorExportType;

  beforeEach(async () => {
    customers = [arrowCustomer({ CompanyName: 'Weiß GmbH' }), arrowCustomer()];
    licenses = [
      arrowLicense({ customer: customers[0] }),
      arrowLicense({ customer: customers[1], category: 'SaaS', vendorName: 'Acronis' }),
    ];
    const labels = ['Sequence', 'ARS Subscription ID', 'Customer Total Price', 'Bill From', 'Friendly Name', 'Qty'];
    type = exportType({ labels });
    const exportLines = [
      exportLine({ license: licenses[0], period: '2026-04', sequence: 'A-1', sell: '13.68770' }),
      exportLine({ license: licenses[0], period: '2026-05', sequence: 'A-2' }),
      exportLine({ license: licenses[1], period: '2026-05', sequence: 'A-3', quantity: '7' }),
    ];
    emulator = await ArrowEmulator.start({ data: { customers, licenses, exportTypes: [type], exportLines } });
  });
  afterEach(() => emulator.stop());

  const sync = (body: object) =>
    client(emulator).post('billing/erp/exports/sync', { exportTypeReference: type.reference, ...body });

  const sequences = (body: { data: { values: string[][] } }) => body.data.values.map(([sequence]) => sequence);

  it('names export types in an object map, or in a list when told to', async () => {
    const map = await client(emulator).get('billing/erp/exports/types');
    expect(map.body).toMatchObject({ code: 200, data: { exportTypes: { [type.reference]: 'MSP (Extended)' } } });
    emulator.data.behaviour.exportTypesAs = 'list';
    emulator.data.behaviour.billingCode = 0;
    const list = await client(emulator).get('billing/erp/exports/types');
    expect(list.body).toMatchObject({
      code: 0,
      data: { exportTypes: [{ reference: type.reference, name: 'MSP (Extended)' }] },
    });
  });

  it('writes a map without entries as an empty list', async () => {
    emulator.data.exportTypes = [];
    const { body } = await client(emulator).get('billing/erp/exports/types');
    expect(body.data.exportTypes).toEqual([]);
  });

  it('gives the columns of one type and of all', async () => {
    const one = await client(emulator).get(`billing/erp/exports/types/${type.reference}`);
    expect(one.body.data).toEqual({ name: type.name, columns: type.columns });
    const all = await client(emulator).get('billing/erp/exports/columns');
    expect(all.body.data.columns).toMatchObject({ 'ars-subscription-id': 'ARS Subscription ID' });
    expect(Object.keys(recordedExportType().columns)).toHaveLength(70);
  });

  it('says 404 in the billing error shape for a type it does not have', async () => {
    const { status, body } = await client(emulator).get('billing/erp/exports/types/nothing');
    expect(status).toBe(404);
    expect(body).toEqual({
      code: 404,
      message: 'Export type nothing not found',
      errorCode: 'EXPORT_TYPE_NOT_FOUND',
      correlationId: expect.any(String),
    });
  });

  it('sends every cell as text or null under the labels of the type, totals in camelCase plural', async () => {
    const { body } = await sync({ page: 1, outputFormat: { date: 'DD-MM-YYYY' } });
    expect(body.data.headers).toEqual(Object.values(type.columns));
    expect(body.data.values[0]).toEqual(['A-1', licenses[0]!.licenseId, '13.68770', '01-04-2026', null, '1']);
    expect(body.pagination).toEqual({ perPage: 1000, currentPage: 1, total: 3, totalPages: 1 });
  });

  it.each([
    ['DD-MM-YYYY', '01-04-2026'],
    ['DD/MM/YYYY', '01/04/2026'],
    ['MM/DD/YYYY', '04/01/2026'],
  ])('writes dates as %s', async (date, text) => {
    const { body } = await sync({ outputFormat: { date } });
    expect(body.data.values[0][3]).toBe(text);
  });

  it('shows labels that the partner renamed', async () => {
    type.columns['customer-total-price'] = 'Kundenpreis';
    const { body } = await sync({});
    expect(body.data.headers[2]).toBe('Kundenpreis');
    expect(body.data.values[0][2]).toBe('13.68770');
  });

  it('reads the page from the body and ignores one in the query, or the other way round when told to', async () => {
    const inBody = await sync({ page: 2, perPage: 2 });
    expect(sequences(inBody.body)).toEqual(['A-3']);
    expect(inBody.body.pagination).toEqual({ perPage: 2, currentPage: 2, total: 3, totalPages: 2 });
    const asked = { exportTypeReference: type.reference, page: 1, perPage: 2 };
    const inQuery = await client(emulator).post('billing/erp/exports/sync?page=2&perPage=2', asked);
    expect(inQuery.body.pagination.currentPage).toBe(1);
    emulator.data.behaviour.exportPageFrom = 'query';
    const swapped = await client(emulator).post('billing/erp/exports/sync?page=2&perPage=2', asked);
    expect(swapped.body.pagination.currentPage).toBe(2);
  });

  it.each<[string, object, string[]]>([
    ['the period', { reportPeriod: { from: '2026-05', to: '2026-05' } }, ['A-2', 'A-3']],
    ['the customer', { customerXspRefs: ['FIRST'] }, ['A-1', 'A-2']],
    ['the classification, in any case', { classifications: ['saas'] }, ['A-3']],
    ['the vendor', { vendors: ['Acronis'] }, ['A-3']],
    ['the sequence', { sequences: ['A-1', 'A-3'] }, ['A-1', 'A-3']],
    ['the SKU', { arrowSku: 'nothing' }, []],
    ['two at once', { customerXspRefs: ['FIRST'], reportPeriod: { from: '2026-04', to: '2026-04' } }, ['A-1']],
    ['nothing, in PHP’s way', [], ['A-1', 'A-2', 'A-3']],
  ])('filters by %s', async (_, filters, found) => {
    const text = JSON.stringify(filters).replace('FIRST', customers[0]!.Reference);
    const { body } = await sync({ filters: JSON.parse(text) as object });
    expect(sequences(body)).toEqual(found);
  });

  it.each<[string, object]>([
    ['no export type', { exportTypeReference: undefined }],
    ['a page below 1', { page: 0 }],
    ['perPage over 1000', { perPage: 1001 }],
    ['another date format', { outputFormat: { date: 'YYYY-MM-DD' } }],
    ['an unknown filter', { filters: { customers: ['XSP1'] } }],
    ['a period that is no month', { filters: { reportPeriod: { from: '2026-5', to: '2026-5' } } }],
    ['a period that runs backwards', { filters: { reportPeriod: { from: '2026-06', to: '2026-05' } } }],
    ['a list that is none', { filters: { customerXspRefs: 'XSP1' } }],
    ['a SKU that is a list', { filters: { arrowSku: ['x'] } }],
  ])('refuses %s with 400', async (_, body) => {
    expect(await sync(body)).toMatchObject({ status: 400, body: { code: 400, message: expect.any(String) } });
  });

  it('refuses the classification filter for accounts that lack it', async () => {
    emulator.data.behaviour.classificationFilter = 'refused';
    expect(await sync({ filters: { classifications: ['IAAS'] } })).toMatchObject({ status: 400 });
  });

  it('gives no values for a month without an export, or an error when told to', async () => {
    const filters = { reportPeriod: { from: '2020-01', to: '2020-01' } };
    expect((await sync({ filters })).body).toMatchObject({
      data: { values: [] },
      pagination: { total: 0, totalPages: 1, currentPage: 1 },
    });
    emulator.data.behaviour.emptyExport = 'error';
    expect(await sync({ filters })).toMatchObject({ status: 404, body: { code: 404, errorCode: 'NO_DATA' } });
  });

  it('carries the customer’s short number and name but no XSP reference', async () => {
    const all = exportType();
    emulator.data.exportTypes.push(all);
    const { body } = await sync({ exportTypeReference: all.reference });
    const cells = body.data.values[0] as Array<string | null>;
    const at = (label: string) => cells[body.data.headers.indexOf(label)];
    expect(at('End User Company ID')).toBe(customers[0]!.Ref);
    expect(at('End User Company Name')).toBe('Weiß GmbH');
    expect(cells).not.toContain(customers[0]!.Reference);
    expect(at('Vendor Subscription ID')).toBe(licenses[0]!.vendorLicenseId);
    expect(at('Classification')).toBe('IAAS');
    expect(at('Report Period')).toBe('2026-04');
  });

  it('takes a value by label or by column reference, null and absent columns included', async () => {
    const values = { 'Friendly Name': 'prod', qty: null };
    emulator.data.exportLines = [exportLine({ license: licenses[0], sequence: null, values })];
    const { body } = await sync({});
    expect(body.data.values[0]).toMatchObject([null, licenses[0]!.licenseId, '94.25000', '01/05/2026', 'prod', null]);
  });
});
