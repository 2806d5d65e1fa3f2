import { randomUUID } from 'node:crypto';
import { DEFAULT_PARTNER } from '../../emulator/data.js';
import { startApp, type TestApp } from '../support/app.js';
import { Builders } from '../support/builders.js';
import { BillingWorld } from './billing-world.js';

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

  it('are narrowed by part of their name and by account, and come in pages where pages are asked for', async () => {
    const [active] = (await app.api.get('/api/admin/arrow/settings/?is_active=true')).body;
    const other = (await app.api.get('/api/admin/arrow/settings/?is_active=false')).body[0];
    const ask = async (query: string, method: 'get' | 'head' = 'get') => {
      const { status, headers, body } = await app.api[method](`${path}?${query}`);
      const names = Array.isArray(body) ? body.map(({ value }) => value) : body;
      return { status, names, count: headers.get('x-result-count'), link: headers.get('link') ?? '' };
    };
    expect(await ask('arrow_vendor_name=öK')).toMatchObject({ names: ['Öko Cloud'], count: '1' });
    expect(await ask('arrow_vendor_name=nobody')).toMatchObject({ status: 200, names: [], count: '0' });
    app.arrow.resetCounters();
    expect((await ask(`settings=${encodeURIComponent(other.url)}`)).names).toHaveLength(3);
    expect(app.arrow.requests[0]?.partner).toBe('XSP100002');
    expect((await ask(`settings=${other.uuid}&settings_uuid=${active.uuid}`)).names).toEqual([]);
    expect((await ask('settings=https://waldur.example/nowhere/')).status).toBe(400);
    const first = await ask('page_size=2');
    expect([first.names, first.count]).toEqual([['Amazon', 'Microsoft'], '3']);
    expect(first.link).toContain('page=2');
    expect(await ask('page_size=2&page=2')).toMatchObject({ names: ['Öko Cloud'], count: '3' });
    expect((await ask('page=2')).status).toBe(404);
    expect(await ask('page_size=2&page=3', 'head')).toMatchObject({ status: 404 });
    expect(await ask('page_size=2&page=2', 'head')).toMatchObject({ status: 200, count: '3' });
  });

  it.each(['is_active', 'offering', 'offering_uuid'])('refuse %s, as they are no mappings', async (name) => {
    for (const value of ['true', 'false', randomUUID()]) {
      const { status, body } = await app.api.get(`${path}?${name}=${value}`);
      expect([status, Object.keys(body)]).toEqual([400, [name]]);
      expect((await app.api.head(`${path}?${name}=${value}`)).status).toBe(400);
    }
    expect((await app.api.get(`${path}?${name}=`)).status).toBe(200);
  });

  it('take in what lines of the account name, and are an error when the catalogue cannot be read', async () => {
    const world = await new BillingWorld(app).start();
    const vm = await world.linked();
    const sold = (vendor: string) => world.line(vm.license, '10.00', { values: { 'vendor-name': vendor } });
    const choices = async (query = `?settings_uuid=${world.settings}`) =>
      (await app.api.get(`${path}${query}`)).body.map(({ value, source }: Record<string, string>) => [value, source]);
    world.month = '2025-10';
    world.export([sold('Long gone')]);
    await world.sync();
    world.month = '2025-12';
    world.export([sold('Öko Cloud'), sold('Nutanix')]);
    await world.sync();
    world.month = '2026-01';
    world.export([sold('Amazon Web Services'), sold('Microsoft')]);
    expect(await world.sync()).toMatchObject({ state: 'succeeded' });
    expect(await choices()).toEqual([
      ['Amazon', 'catalogue'],
      ['Amazon Web Services', 'lines'],
      ['Microsoft', 'catalogue'],
      ['Nutanix', 'lines'],
      ['Öko Cloud', 'catalogue'],
    ]);
    const { headers } = await app.api.head(`${path}?settings_uuid=${world.settings}`);
    expect(headers.get('x-result-count')).toBe('5');
    const other = await make.settings({ api_key: 'other-reseller-key' });
    expect(await choices(`?settings_uuid=${other.uuid}`)).toHaveLength(3);
    app.arrow.faults.add({ action: { kind: 'status', status: 500 } });
    for (const uuid of [world.settings, other.uuid]) {
      expect(await app.api.get(`${path}?settings_uuid=${uuid}`)).toMatchObject({
        status: 400,
        body: { code: 'arrow_unavailable', error: expect.stringContaining('ArrowSphere failed to list the vendors') },
      });
      expect((await app.api.head(`${path}?settings_uuid=${uuid}`)).status).toBe(400);
    }
  });
});
