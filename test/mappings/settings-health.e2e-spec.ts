import { randomUUID } from 'node:crypto';
import { arrowCustomer, DEFAULT_PARTNER, emptyData, exportType, recordedExportType } from '../../emulator/data.js';
import { startApp, type TestApp } from '../support/app.js';
import { Builders } from '../support/builders.js';

const other = { apiKey: 'other-reseller-key', reference: 'XSP100002', companyName: 'Tartu Pilv AS' };
const light = () => exportType({ reference: 'E1-2-log', name: 'Order log', labels: ['Order Id', 'Classification'] });

describe('The health of an account', () => {
  let app: TestApp;
  let make: Builders;

  beforeAll(async () => {
    app = await startApp({ ARROW_MAX_RETRIES: '0' });
    make = new Builders(app);
  });
  beforeEach(() => {
    Object.assign(app.arrow.data, emptyData(), {
      partners: [{ ...DEFAULT_PARTNER }, other],
      customers: [arrowCustomer({ Reference: 'XSP200001', CompanyName: 'Põhjala Tehnika OÜ' })],
      exportTypes: [exportType({ reference: 'E1-2-full' }), { ...recordedExportType(), reference: 'E1-2-recorded' }],
    });
  });
  afterEach(() => app.arrow.faults.clear());
  afterAll(() => app.stop());

  const health = async ({ url }: { url: string }) => {
    const { status, body } = await app.api.get(`${url}health/`);
    expect(status).toBe(200);
    return body;
  };
  const verdicts = (body: { checks: Record<string, { verdict: string }> }) =>
    Object.fromEntries(Object.entries(body.checks).map(([name, { verdict }]) => [name, verdict]));
  const allOk = {
    ...{ api_key: 'ok', partner: 'ok', export_type: 'ok', last_successful_call: 'ok' },
    ...{ unmapped_customers: 'ok', unknown_references: 'ok', renamed_customers: 'ok' },
  };
  const mapped = (settings: { uuid: string }, more: object = {}) =>
    make.mapping({
      ...{ settings: settings.uuid, arrow_reference: 'XSP200001', arrow_company_name: 'Põhjala Tehnika OÜ' },
      ...more,
    });

  it('is ok when everything was checked and fine', async () => {
    const settings = await make.settings({ export_type_reference: 'E1-2-full' });
    await mapped(settings);
    const body = await health(settings);
    expect(verdicts(body)).toEqual(allOk);
    expect(body).toMatchObject({ settings_uuid: settings.uuid, verdict: 'ok', checked_at: expect.any(String) });
    expect(body.checks).toMatchObject({
      partner: { expected_reference: 'XSP100001', reference: 'XSP100001', name: 'Põhjala Cloud OÜ' },
      export_type: { reference: 'E1-2-full', name: 'MSP (Extended)', missing_required_fields: [] },
      unmapped_customers: { count: 0, customers: [] },
    });
    expect(Date.parse(body.checks.last_successful_call.at)).toBeGreaterThanOrEqual(Date.parse(body.checked_at));
    expect(JSON.stringify(body)).not.toContain(app.arrow.apiKey);
  });

  it('names unmapped customers, references that are gone, and companies with another name', async () => {
    const settings = await make.settings({ export_type_reference: 'E1-2-full' });
    const renamed = await mapped(settings, { arrow_company_name: 'Pohjala AS' });
    const gone = await mapped(settings, { arrow_reference: 'XSP200404', arrow_company_name: 'Gone OÜ' });
    await mapped(settings, { arrow_reference: 'XSP200405', is_active: false });
    await mapped(settings, { arrow_reference: 'XSP200003', arrow_company_name: 'Was this', is_active: false });
    app.arrow.data.customers.push(
      arrowCustomer({ Reference: 'XSP200002', CompanyName: 'Zebra Trading' }),
      arrowCustomer({ Reference: 'XSP200003', CompanyName: 'Switched off' }),
    );
    const body = await health(settings);
    expect(body.verdict).toBe('warning');
    expect(body.checks).toMatchObject({
      unmapped_customers: {
        ...{ verdict: 'warning', count: 1, message: '1 customer has no mapping.' },
        customers: [{ arrow_reference: 'XSP200002', name: 'Zebra Trading' }],
      },
      unknown_references: {
        ...{ verdict: 'warning', count: 1 },
        mappings: [{ mapping_uuid: gone.uuid, arrow_reference: 'XSP200404', name: 'Gone OÜ' }],
      },
      renamed_customers: {
        ...{ verdict: 'warning', count: 1 },
        mappings: [{ mapping_uuid: renamed.uuid, from: 'Pohjala AS', to: 'Põhjala Tehnika OÜ' }],
      },
    });
  });

  it('knows a customer by the text of a mapping that was made while ArrowSphere did not', async () => {
    const settings = await make.settings({ export_type_reference: 'E1-2-full' });
    await mapped(settings, { arrow_reference: 'INT-1' });
    app.arrow.data.customers[0]!.InternalReference = 'INT-1';
    expect(verdicts(await health(settings))).toEqual(allOk);
  });

  it('shows the first hundred of many, and how many there are', async () => {
    const settings = await make.settings();
    app.arrow.data.customers = Array.from({ length: 250 }, () => arrowCustomer());
    const { unmapped_customers } = (await health(settings)).checks;
    expect([unmapped_customers.count, unmapped_customers.customers.length]).toEqual([250, 100]);
    expect(unmapped_customers.message).toBe('250 customers have no mapping.');
  });

  it.each([
    ['no export type is chosen', { export_type_reference: '' }, 'warning'],
    ['none is chosen though jobs run', { export_type_reference: '', sync_enabled: true }, 'failed'],
    ['it is gone', { export_type_reference: 'E1-2-nowhere' }, 'failed'],
    ['it lacks columns', { export_type_reference: 'E1-2-log' }, 'failed'],
    ['it has what was recorded', { export_type_reference: 'E1-2-recorded' }, 'ok'],
  ])('judges the export type when %s', async (_case, given, verdict) => {
    app.arrow.data.exportTypes.push(light());
    const { checks } = await health(await make.settings(given));
    expect([checks.export_type.verdict, checks.export_type.reference]).toEqual([verdict, given.export_type_reference]);
  });

  it('fails when ArrowSphere refuses the key, and claims nothing of what was not checked', async () => {
    const settings = await make.settings({ export_type_reference: 'E1-2-full' });
    app.arrow.data.partners = [other];
    const body = await health(settings);
    expect(body.verdict).toBe('failed');
    expect(verdicts(body)).toEqual({
      ...{ api_key: 'failed', partner: 'unknown', export_type: 'unknown', last_successful_call: 'warning' },
      ...{ unmapped_customers: 'unknown', unknown_references: 'unknown', renamed_customers: 'unknown' },
    });
    expect(body.checks.unmapped_customers).toMatchObject({ count: null, customers: [] });
  });

  it('is unknown, not ok, when ArrowSphere cannot be asked', async () => {
    const settings = await make.settings({ export_type_reference: 'E1-2-full' });
    await mapped(settings);
    const before = await health(settings);
    app.arrow.faults.add({ action: { kind: 'reset-before-headers' } });
    const body = await health(settings);
    expect(body.verdict).toBe('unknown');
    expect(verdicts(body)).toEqual({
      ...{ api_key: 'unknown', partner: 'unknown', export_type: 'unknown', last_successful_call: 'warning' },
      ...{ unmapped_customers: 'unknown', unknown_references: 'unknown', renamed_customers: 'unknown' },
    });
    expect(body.checks.last_successful_call.at).toBe(before.checks.last_successful_call.at);
    const never = await make.settings({ api_url: 'http://127.0.0.1:1/' });
    expect((await health(never)).checks.last_successful_call).toMatchObject({ verdict: 'unknown', at: null });
  });

  it('checks each thing on its own: customers that cannot be listed say nothing of the key', async () => {
    const settings = await make.settings({ export_type_reference: 'E1-2-full' });
    app.arrow.faults.add({ path: /^customers$/, action: { kind: 'status', status: 500 } });
    expect(verdicts(await health(settings))).toMatchObject({
      ...{
        api_key: 'ok',
        partner: 'ok',
        export_type: 'ok',
        unmapped_customers: 'unknown',
        renamed_customers: 'unknown',
      },
    });
  });

  it('fails when the key belongs to another partner by now', async () => {
    const settings = await make.settings();
    app.arrow.data.partners[0]!.reference = 'XSP100003';
    expect((await health(settings)).checks.partner).toMatchObject({
      ...{ verdict: 'failed', expected_reference: 'XSP100001', reference: 'XSP100003' },
    });
  });

  it('warns when the partner is not known yet, and fails when the stored key cannot be read', async () => {
    const settings = await make.settings();
    await app.database.query(`UPDATE arrow_settings SET partner_reference = '' WHERE uuid = $1`, [settings.uuid]);
    expect((await health(settings)).checks.partner.verdict).toBe('warning');
    await app.database.query(`UPDATE arrow_settings SET encrypted_api_key = 'v1.x.y.z' WHERE uuid = $1`, [
      settings.uuid,
    ]);
    const body = await health(settings);
    expect(body.checks.api_key).toMatchObject({ verdict: 'failed', message: expect.stringContaining('SECRET_KEY') });
    expect(body.checks.last_successful_call).toMatchObject({ verdict: 'unknown', at: null });
    const again = await app.api.patch(settings.url, { api_key: app.arrow.apiKey });
    expect(again.status).toBe(200);
    expect((await health(settings)).checks.api_key.verdict).toBe('ok');
  });

  it('is 404 for an account that is not there', async () => {
    expect((await app.api.get(`/api/admin/arrow/settings/${randomUUID()}/health/`)).status).toBe(404);
    expect((await app.api.get('/api/admin/arrow/settings/x/health/')).body).toEqual({
      detail: 'No ArrowSettings matches the given query.',
    });
  });
});
