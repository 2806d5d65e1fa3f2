import { arrowCustomer } from '../../emulator/data.js';
import { startApp, type TestApp } from '../support/app.js';
import { Builders } from '../support/builders.js';

const path = '/api/admin/arrow/customer-mappings/';

interface Entry {
  arrow_reference: string;
  reason?: string;
}

const references = (entries: Entry[]) => entries.map(({ arrow_reference }) => arrow_reference).sort();
const reasons = (entries: Entry[]) =>
  Object.fromEntries(entries.map(({ arrow_reference, reason }) => [arrow_reference, reason]));

describe('Auto-mapping', () => {
  let app: TestApp;
  let make: Builders;
  let settings: { uuid: string };

  /** Customers at ArrowSphere and organisations here, in place of all that were. */
  async function world(customers: Parameters<typeof arrowCustomer>[0][], organisations: object[]) {
    await app.database.query('TRUNCATE customer_mapping, customer CASCADE');
    app.arrow.data.customers = customers.map((fields) =>
      arrowCustomer({ EmailContact: '', InternalReference: '', ...fields }),
    );
    const made = [];
    for (const organisation of organisations) made.push(await make.customer(organisation));
    return made;
  }
  const autoMap = (body: object = {}) => app.api.post(`${path}auto_map/`, body);
  const mapped = async () => Number((await app.api.head(path)).headers.get('x-result-count'));

  beforeAll(async () => {
    app = await startApp();
    make = new Builders(app);
    settings = await make.settings();
  });
  afterAll(() => app.stop());

  const SURE_AND_UNSURE = {
    customers: [
      { Reference: 'XSP1', CompanyName: 'Aktsiaselts Kivirand' },
      { Reference: 'XSP2', CompanyName: 'Zelta Priede SIA' },
      { Reference: 'XSP3', CompanyName: 'Kaarnasaha' },
      { Reference: 'XSP4', CompanyName: 'Nordic Foods AS' },
      { Reference: 'XSP5', CompanyName: 'Marova', InternalReference: 'CRM-7' },
    ],
    organisations: [
      { name: 'AS KIVIRAND' },
      { name: '"Zelta Priede"' },
      { name: 'Kaarnasaha Oy' },
      { name: 'Kaarnasaha Ab' },
      { name: 'Nordic Goods AS' },
      { name: 'Something Else', backend_id: 'crm-7' },
    ],
  };

  it('plans what is beyond doubt, says why the rest is left, and writes nothing unless told to', async () => {
    await world(SURE_AND_UNSURE.customers, SURE_AND_UNSURE.organisations);
    const { status, body } = await autoMap();
    expect(status).toBe(200);
    expect(body).toMatchObject({ settings_uuid: settings.uuid, dry_run: true, min_confidence: 0.9, created: [] });
    expect(references(body.planned)).toEqual(['XSP1', 'XSP2', 'XSP5']);
    expect(reasons(body.skipped)).toEqual({ XSP3: 'ambiguous', XSP4: 'no_match' });
    expect(body.skipped.find((entry: Entry) => entry.reason === 'ambiguous')).toMatchObject({
      detail: expect.any(String) as unknown,
      waldur_customer: { name: expect.stringContaining('Kaarnasaha') as unknown },
      runner_up: { name: expect.stringContaining('Kaarnasaha') as unknown },
    });
    expect(body.planned.find((entry: Entry) => entry.arrow_reference === 'XSP5')).toMatchObject({
      confidence: 1,
      waldur_customer: { name: 'Something Else' },
      evidence: expect.arrayContaining([expect.objectContaining({ kind: 'internal_reference' })]) as unknown,
    });
    expect(await mapped()).toBe(0);
  });

  it('applies exactly the plan it showed, and finds nothing to do the second time', async () => {
    await world(SURE_AND_UNSURE.customers, SURE_AND_UNSURE.organisations);
    const { body: plan } = await autoMap({ settings_uuid: settings.uuid });
    const { status, body } = await autoMap({ settings_uuid: settings.uuid, dry_run: false });
    expect(status).toBe(200);
    expect(body.planned).toEqual(plan.planned);
    expect(references(body.created)).toEqual(references(plan.planned));
    const { body: rows } = await app.api.get(`${path}?o=arrow_reference`);
    expect(rows.map((row: { uuid: string }) => row.uuid).sort()).toEqual(
      body.created.map((row: { uuid: string }) => row.uuid).sort(),
    );
    expect(rows[0]).toMatchObject({
      arrow_reference: 'XSP1',
      arrow_company_name: 'Aktsiaselts Kivirand',
      waldur_customer_name: 'AS KIVIRAND',
      is_active: true,
      settings_uuid: settings.uuid,
    });

    const { body: again } = await autoMap({ dry_run: false });
    expect(again).toMatchObject({ planned: [], created: [], already_mapped: 3 });
    expect(await mapped()).toBe(3);
  });

  it('takes less sure ones when asked to, but never an ambiguous one', async () => {
    await world(
      [
        { Reference: 'XSP1', CompanyName: 'Kivirand Metall GmbH' },
        { Reference: 'XSP2', CompanyName: 'Kaarnasaha' },
      ],
      [{ name: 'Kivirand Metal AG' }, { name: 'Kaarnasaha Oy' }, { name: 'Kaarnasaha Ab' }],
    );
    expect(reasons((await autoMap()).body.skipped)).toEqual({ XSP1: 'below_min_confidence', XSP2: 'ambiguous' });
    const { body } = await autoMap({ min_confidence: 0, dry_run: false });
    expect(references(body.created)).toEqual(['XSP1']);
    expect(reasons(body.skipped)).toEqual({ XSP2: 'ambiguous' });
    expect((await autoMap({ min_confidence: 1 })).body.planned).toEqual([]);
  });

  it('leaves customers with an inactive mapping, customers removed in ArrowSphere and organisations that are taken', async () => {
    const [kivirand, marova, tuul] = await world(
      [
        { Reference: 'XSP1', CompanyName: 'Kivirand' },
        { Reference: 'XSP2', CompanyName: 'Marova', DeletedAt: '2026-02-11T10:20:30.000Z' },
        { Reference: 'XSP3', CompanyName: 'Tuulekoda' },
        { Reference: 'XSP4', CompanyName: 'Tuulekoda OÜ' },
      ],
      [{ name: 'Kivirand' }, { name: 'Marova' }, { name: 'Tuulekoda OÜ' }],
    );
    expect(marova).toBeDefined();
    const common = { settings: settings.uuid };
    const inactive = { ...common, arrow_reference: 'XSP1', waldur_customer: kivirand.uuid, is_active: false };
    await make.mapping(inactive);
    await make.mapping({ ...common, arrow_reference: 'XSP3', waldur_customer: tuul.uuid });
    const { body } = await autoMap({ dry_run: false, min_confidence: 0.5 });
    expect(body.created).toEqual([]);
    expect(body.already_mapped).toBe(1);
    expect(reasons(body.skipped)).toEqual({
      XSP1: 'inactive_mapping',
      XSP4: 'organization_mapped',
    });
    expect(body.skipped.find((entry: Entry) => entry.arrow_reference === 'XSP4').note).toContain('already mapped');
  });

  it("goes by mappings that hold another text than ArrowSphere's reference, as they were made while it was away", async () => {
    const [kivirand, , tuul, free] = await world(
      [
        { Reference: 'XSP1', CompanyName: 'Kivirand', Ref: 'KIVI' },
        { Reference: 'XSP2', CompanyName: 'Marova', InternalReference: 'CRM-2' },
        { Reference: 'XSP3', CompanyName: 'Tuulekoda' },
      ],
      [{ name: 'Somebody else' }, { name: 'Kivirand' }, { name: 'Tuulekoda' }, { name: 'Marova' }],
    );
    app.arrow.faults.add({ path: /customers/, action: { kind: 'status', status: 500 } });
    const common = { settings: settings.uuid };
    const chosen = await make.mapping({ ...common, arrow_reference: 'kivi', waldur_customer: kivirand.uuid });
    const inactive = { arrow_reference: 'crm-2', waldur_customer: free.uuid, is_active: false };
    const off = await make.mapping({ ...common, ...inactive });
    app.arrow.faults.clear();
    expect([chosen, off].map(({ arrow_reference }) => arrow_reference)).toEqual(['kivi', 'crm-2']);
    const offered = (await app.api.get(`${path}available_customers/?refresh=true`)).body;
    expect(offered.suggestions).toMatchObject([
      { arrow_customer: { reference: 'XSP2' }, existing_mapping: true, mapping_uuid: off.uuid },
      { arrow_customer: { reference: 'XSP3' }, existing_mapping: false },
    ]);
    const { body } = await autoMap({ dry_run: false, min_confidence: 0.5 });
    expect(body).toMatchObject({
      already_mapped: 1,
      created: [{ arrow_reference: 'XSP3', waldur_customer_uuid: tuul.uuid }],
      skipped: [{ arrow_reference: 'XSP2', reason: 'inactive_mapping' }],
    });
    expect((await app.api.post(`${path}sync_from_arrow/`)).body.corrected).toEqual([
      { uuid: chosen.uuid, from: 'kivi', to: 'XSP1' },
    ]);
  });

  it('maps each customer once when run several times at once', async () => {
    await world(
      Array.from({ length: 40 }, (_, at) => ({ Reference: `XSP${at}`, CompanyName: `Kivi${at}rand Metall${at}` })),
      Array.from({ length: 40 }, (_, at) => ({ name: `Kivi${at}rand Metall${at} OÜ` })),
    );
    const answers = await Promise.all([1, 2, 3].map(() => autoMap({ dry_run: false })));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    const created = answers.flatMap(({ body }) => references(body.created));
    expect(created).toHaveLength(40);
    expect(new Set(created).size).toBe(40);
    for (const { body } of answers) {
      const missed = body.skipped.filter(({ reason }: Entry) => reason === 'mapped_meanwhile');
      expect(body.created.length + missed.length).toBe(body.planned.length);
    }
    expect(await mapped()).toBe(40);
  });

  it('writes nothing at all when an organisation of the plan is deleted meanwhile', async () => {
    const names = ['Kivirand', 'Marova', 'Tuulekoda'];
    const organisations = await world(
      names.map((CompanyName, at) => ({ Reference: `XSP${at}`, CompanyName })),
      names.map((name) => ({ name })),
    );
    await app.database.query(
      `CREATE FUNCTION delete_meanwhile() RETURNS trigger LANGUAGE plpgsql AS
       $$ BEGIN DELETE FROM customer WHERE uuid = '${organisations[2].uuid}'; RETURN NEW; END $$`,
    );
    await app.database.query(
      `CREATE TRIGGER delete_meanwhile BEFORE INSERT ON customer_mapping FOR EACH ROW EXECUTE FUNCTION delete_meanwhile()`,
    );
    const refused = await autoMap({ dry_run: false });
    await app.database.query('DROP FUNCTION delete_meanwhile CASCADE');
    expect(refused).toMatchObject({
      status: 409,
      body: { detail: expect.stringContaining('Nothing was mapped') as unknown },
    });
    expect(await mapped()).toBe(0);
    expect((await autoMap({ dry_run: false })).body.created).toHaveLength(3);
  });

  it('stands names of every kind', async () => {
    const names = ['', 'A', 'OÜ', '🚀🚀', 'שלום עולם', `${'x'.repeat(500)}`, 'a\u0000b', 'Lone \ud800 half', '   '];
    await world(
      names.map((CompanyName, at) => ({ Reference: `XSP${at}`, CompanyName })),
      [
        { name: 'A' },
        { name: 'OÜ' },
        { name: '🚀🚀' },
        { name: 'שלום עולם' },
        { name: 'x'.repeat(150) },
        { name: 'a b' },
      ],
    );
    const { status, body } = await autoMap({ dry_run: false });
    expect(status).toBe(200);
    expect(body.created.length).toBe(body.planned.length);
    expect(references(body.created)).toEqual(expect.arrayContaining(['XSP1', 'XSP3', 'XSP4']));
    expect((await app.api.get(`${path}available_customers/`)).status).toBe(200);
  });

  it.each([
    [{ min_confidence: 1.5 }, 'min_confidence'],
    [{ min_confidence: -1 }, 'min_confidence'],
    [{ min_confidence: 'high' }, 'min_confidence'],
    [{ min_confidence: null }, 'min_confidence'],
    [{ dry_run: 'perhaps' }, 'dry_run'],
    [{ dry_run: null }, 'dry_run'],
    [{ settings_uuid: 'nonsense' }, 'settings_uuid'],
  ])('refuses %j, and writes nothing', async (body, field) => {
    const before = await mapped();
    const answer = await autoMap(body);
    expect(answer.status).toBe(400);
    expect(Object.keys(answer.body)).toEqual([field]);
    expect(await mapped()).toBe(before);
  });

  it('refuses an account that is not there', async () => {
    const { status, body } = await autoMap({ settings_uuid: '00000000-0000-4000-8000-000000000000' });
    expect([status, body]).toEqual([
      400,
      { settings_uuid: ['Object with uuid=00000000-0000-4000-8000-000000000000 does not exist.'] },
    ]);
  });

  it('asks the database as often for forty customers as for one', async () => {
    await world([{ Reference: 'XSP1', CompanyName: 'Kivirand' }], [{ name: 'Kivirand' }]);
    const one = await app.statements(() => autoMap({ dry_run: false }));
    await world(
      Array.from({ length: 40 }, (_, at) => ({ Reference: `XSP${at}`, CompanyName: `Kivi${at}rand Metall${at}` })),
      Array.from({ length: 40 }, (_, at) => ({ name: `Kivi${at}rand Metall${at} OÜ` })),
    );
    const forty = await app.statements(() => autoMap({ dry_run: false }));
    expect(await mapped()).toBe(40);
    expect(forty.length).toBe(one.length);
  });
});
