import { startApp, type TestApp } from '../support/app.js';
import { BillingWorld } from './billing-world.js';

const ACCOUNTS = '/api/admin/arrow/billing-accounts';

/** What an account is billed by: from which month a change holds, and who made it. */
describe('billing rules', () => {
  let app: TestApp;
  beforeAll(async () => void (app = await startApp()));
  afterAll(() => app.stop());

  const world = (settings: object = {}) => new BillingWorld(app).start(settings);
  const view = async (w: BillingWorld) => (await app.api.get(`${ACCOUNTS}/${w.settings}/`)).body;
  const rulesOf = (w: BillingWorld): Promise<Record<string, string>[]> =>
    app.database.query(
      `SELECT to_char(valid_from, 'YYYY-MM') AS valid_from, price_source, classification_filter, tax_percent::text AS tax,
              charge_mode, default_currency, changed_by
       FROM billing_rule rule JOIN billing_account account ON account.uuid = rule.account_uuid
       WHERE account.partner_reference = $1 ORDER BY rule.valid_from`,
      [w.partner],
    );

  test('are the usual ones before anything is billed, and looking at them writes nothing', async () => {
    const w = await world({ invoice_price_source: 'buy' });
    expect(await view(w)).toMatchObject({
      settings_uuid: w.settings,
      charge_mode: 'provisional_then_final',
      default_currency: 'EUR',
      tax_percent: '0.00',
    });
    const tables = ['billing_account', 'billing_rule'];
    for (const table of tables)
      expect(await app.database.query(`SELECT count(*)::int AS rows FROM ${table}`)).toEqual([{ rows: 0 }]);
  });

  test('of a new account hold from the beginning, as its settings say; a change before the first close, too', async () => {
    const w = await world({ invoice_price_source: 'buy', classification_filter: 'SAAS' });
    await w.rules({ tax_percent: 22 });
    await w.rules({ charge_mode: 'final_only' });
    expect(await rulesOf(w)).toEqual([
      {
        valid_from: '2000-01',
        price_source: 'buy',
        classification_filter: 'SAAS',
        tax: '22.00',
        charge_mode: 'final_only',
        default_currency: 'EUR',
        changed_by: 'admin',
      },
    ]);
  });

  test('changed after a close hold from the next month on, and the closed month stays as it is', async () => {
    const w = await world({ invoice_price_source: 'sell' });
    const vm = await w.linked();
    const line = w.line(vm.license, '100.00', { buy: '80.00' });
    w.export([line]);
    await w.reconcile();
    await w.rules({ tax_percent: 24 });
    await app.api.patch(`/api/admin/arrow/settings/${w.settings}/`, { invoice_price_source: 'buy' });
    await w.sync();
    await w.reconcile();
    expect(await w.charged(vm.customer)).toBe('100.00');
    expect(await rulesOf(w)).toMatchObject([
      { valid_from: '2000-01', price_source: 'sell', tax: '0.00', changed_by: 'settings' },
      { valid_from: '2026-02', price_source: 'buy', tax: '24.00', changed_by: 'settings' },
    ]);
    w.month = '2026-02';
    w.export([w.line(vm.license, '10.00', { buy: '8.00' })]);
    await w.sync();
    expect(await w.charged(vm.customer)).toBe('108.00');
    expect(await view(w)).toMatchObject({ valid_from: '2026-02', tax_percent: '24.00' });
  });

  test('changed while an older month is open leave the later closed month alone', async () => {
    const w = await world();
    const vm = await w.linked();
    w.export([w.line(vm.license, '100.00', { buy: '80.00' })]);
    await w.reconcile();
    w.month = '2025-12';
    w.export([w.line(vm.license, '50.00', { buy: '40.00' })]);
    await w.sync();
    await app.api.patch(`/api/admin/arrow/settings/${w.settings}/`, { invoice_price_source: 'buy' });
    await w.sync();
    w.month = '2026-01';
    await w.sync();
    expect(await w.charged(vm.customer)).toBe('150.00');
    expect((await rulesOf(w)).map((rule) => rule.valid_from)).toEqual(['2000-01', '2026-02']);
  });

  test('changed while the next month is begun already hold for that month', async () => {
    const w = await world();
    const vm = await w.linked();
    w.export([w.line(vm.license, '100.00')]);
    await w.reconcile();
    w.month = '2026-02';
    w.export([w.line(vm.license, '10.00', { buy: '8.00' })]);
    await w.sync();
    app.clock.set('2026-04-10T00:00:00Z');
    await w.rules({ tax_percent: 9 });
    expect((await rulesOf(w)).map((rule) => [rule.valid_from, rule.tax])).toEqual([
      ['2000-01', '0.00'],
      ['2026-02', '9.00'],
    ]);
  });

  test('hold from the month that is named, and for every later rule', async () => {
    const w = await world();
    await w.rules({ tax_percent: 22 });
    await w.rules({ tax_percent: 24, valid_from: '2026-03' });
    await w.rules({ charge_mode: 'final_only', valid_from: '2026-02' });
    expect((await rulesOf(w)).map((rule) => [rule.valid_from, rule.tax, rule.charge_mode])).toEqual([
      ['2000-01', '22.00', 'provisional_then_final'],
      ['2026-02', '22.00', 'final_only'],
      ['2026-03', '24.00', 'final_only'],
    ]);
    expect(await view(w)).toMatchObject({ valid_from: '2026-02', tax_percent: '22.00', charge_mode: 'final_only' });
  });

  test('changed by many at once are all there, one row a month', async () => {
    const w = await world();
    const changes = [
      { tax_percent: 20, valid_from: '2026-05' },
      { charge_mode: 'final_only', valid_from: '2026-05' },
      { default_currency: 'usd', valid_from: '2026-05' },
      { number_locale: 'comma', valid_from: '2026-05' },
      { grace_days: 5 },
      { open_months: 6 },
    ];
    await Promise.all(changes.map((change) => w.rules(change)));
    expect((await rulesOf(w)).at(-1)).toMatchObject({
      valid_from: '2026-05',
      tax: '20.00',
      charge_mode: 'final_only',
      default_currency: 'USD',
    });
    expect(await rulesOf(w)).toHaveLength(2);
    expect(await view(w)).toMatchObject({ grace_days: 5, open_months: 6 });
  });

  test('are refused where they would be rounded to be kept, and change nothing then', async () => {
    const w = await world();
    await w.rules({ tax_percent: '22.50' });
    const wrong = { tax_percent: 9.975, shrinkage_share: '0.1234' };
    const { status, body } = await app.api.patch(`${ACCOUNTS}/${w.settings}/`, wrong);
    expect([status, body]).toEqual([
      400,
      {
        tax_percent: ['Ensure that there are no more than 2 decimal places.'],
        shrinkage_share: ['Ensure that there are no more than 3 decimal places.'],
      },
    ]);
    expect(await view(w)).toMatchObject({ tax_percent: '22.50', shrinkage_share: '0.200' });
  });

  test('say every field that is wrong at once, and change nothing then', async () => {
    const w = await world();
    const wrong = {
      time_zone: 'Mars/Olympus',
      default_currency: 'QQQ',
      tax_percent: 101,
      grace_days: -1,
      charge_mode: 'free',
      valid_from: '2026-13',
      shrinkage_share: 0.5,
    };
    const { status, body } = await app.api.patch(`${ACCOUNTS}/${w.settings}/`, wrong);
    expect(status).toBe(400);
    expect(Object.keys(body).sort()).toEqual([
      'charge_mode',
      'default_currency',
      'grace_days',
      'tax_percent',
      'time_zone',
      'valid_from',
    ]);
    expect(await view(w)).toMatchObject({ shrinkage_share: '0.200' });
  });
});
