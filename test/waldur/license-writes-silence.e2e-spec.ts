import { LicensesBeside } from './licenses-world.js';

/** Short, as each of these is waited for; whatever is late on a busy machine is asked for again. */
const IMPATIENT = { WALDUR_TIMEOUT_MS: '1000', WALDUR_MAX_RETRIES: '5' };

describe('A Waldur whose answer never comes while a licence is changed there', () => {
  let at: LicensesBeside;

  beforeAll(async () => {
    at = await LicensesBeside.start(IMPATIENT);
  });
  afterAll(() => at?.stop());
  afterEach(() => {
    at.beside.waldur.faults.clear();
    at.changes();
  });

  it('is asked what was done of a link', async () => {
    const resource = await at.resource();
    const license = at.license();
    at.beside.waldur.faults.add({ method: 'POST', path: '/set_backend_id/$', count: 1, action: { kind: 'hang' } });
    expect((await at.link(resource, license)).status).toBe(200);
    expect(at.changes()).toEqual([`set_backend_id ${license}`]);
    expect(await at.entry(license)).toMatchObject({ state: 'recorded' });
  });

  it('is asked what was done of each step of an import', async () => {
    const license = at.license();
    at.beside.waldur.faults.add({ method: 'POST', count: 4, action: { kind: 'hang' } });
    expect((await at.act('import_license', at.importing(license))).status).toBe(200);
    expect(at.changes()).toEqual(['order', 'approve_by_provider', `set_backend_id ${license}`]);
    expect(await at.entry(license)).toMatchObject({ state: 'recorded', problem: '' });
  });
});
