import { randomUUID } from 'node:crypto';
import { DEFAULT_PARTNER } from '../../emulator/data.js';
import { VendorChoicesService } from '../../src/mappings/vendor-choices.service.js';
import { startApp, type TestApp } from '../support/app.js';
import { Builders } from '../support/builders.js';

const path = '/api/admin/arrow/vendor-offering-mappings/vendor_choices/';
const program = (name: string, reference = name) => ({ reference, name, associatedSubscriptionProgram: reference });

describe('Vendor choices', () => {
  let app: TestApp;
  let make: Builders;

  beforeAll(async () => {
    const other = { apiKey: 'other-reseller-key', reference: 'XSP100002', companyName: 'Tartu Pilv AS' };
    app = await startApp({ ARROW_MAX_RETRIES: '0' }, { data: { partners: [{ ...DEFAULT_PARTNER }, other] } });
    make = new Builders(app);
    app.arrow.data.programs.IAAS = [program('Microsoft', 'MSCSP'), program('Öko Cloud'), program('Amazon', 'aws')];
  });
  afterEach(() => app.arrow.faults.clear());
  afterAll(() => app.stop());

  it('need an account', async () => {
    const refused = await app.api.get(path);
    expect(refused).toMatchObject({
      status: 400,
      body: { detail: 'No Arrow settings found', error: 'No Arrow settings found' },
    });
  });

  it("are the catalogue's vendors, each once, by name, and counted by HEAD", async () => {
    await make.settings();
    app.arrow.data.programs.IAAS!.push(program('Microsoft', 'MSCSP-2'));
    const { status, body } = await app.api.get(path);
    expect(status).toBe(200);
    expect(body).toEqual([
      { value: 'Amazon', label: 'Amazon', source: 'catalogue' },
      { value: 'Microsoft', label: 'Microsoft', source: 'catalogue' },
      { value: 'Öko Cloud', label: 'Öko Cloud', source: 'catalogue' },
    ]);
    const head = await app.api.head(path);
    expect([head.status, head.headers.get('x-result-count')]).toEqual([200, '3']);
  });

  it('come from all pages of the catalogue', async () => {
    const before = app.arrow.data.programs.IAAS!;
    app.arrow.data.programs.IAAS = Array.from({ length: 230 }, (_, i) => program(`Vendor ${i}`));
    const { headers, body } = await app.api.get(path);
    app.arrow.data.programs.IAAS = before;
    expect([headers.get('x-result-count'), body.length]).toEqual(['230', 230]);
  });

  it('are those of the account that is named', async () => {
    const inactive = await make.settings({ api_key: 'other-reseller-key', is_active: false });
    app.arrow.resetCounters();
    await app.api.get(`${path}?settings_uuid=${inactive.uuid}`);
    expect(app.arrow.requests[0]?.partner).toBe('XSP100002');
    expect((await app.api.get(`${path}?settings_uuid=${randomUUID()}`)).status).toBe(400);
    expect((await app.api.get(`${path}?settings_uuid=x`)).body).toEqual({ settings_uuid: ['Enter a valid UUID.'] });
  });

  it('take in what other modules found on export lines, also when the catalogue cannot be read', async () => {
    const service = app.app.get(VendorChoicesService);
    const onLines = ['Amazon Web Services', 'Microsoft'];
    const { body } = await service.find({}, onLines);
    expect(body.map(({ value, source }) => [value, source])).toEqual([
      ['Amazon', 'catalogue'],
      ['Amazon Web Services', 'lines'],
      ['Microsoft', 'catalogue'],
      ['Öko Cloud', 'catalogue'],
    ]);
    app.arrow.faults.add({ action: { kind: 'status', status: 500 } });
    expect((await service.find({}, onLines)).body.map(({ source }) => source)).toEqual(['lines', 'lines']);
    expect(await app.api.get(path)).toMatchObject({ status: 400, body: { code: 'arrow_unavailable' } });
  });
});
