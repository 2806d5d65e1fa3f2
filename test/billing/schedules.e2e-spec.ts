import { YearMonth } from '../../src/common/year-month.js';
import { startApp, type TestApp } from '../support/app.js';
import { BillingWorld } from './billing-world.js';

/** Which months schedules read again beside the open ones. */
describe('schedules', () => {
  let app: TestApp;
  beforeAll(async () => void (app = await startApp({ ARROW_AUTO_RECONCILIATION: 'true' })));
  afterAll(() => app.stop());

  /** Everything is due, whenever it was last; answers how often the month was read for it. */
  const readings = async (w: BillingWorld): Promise<number> => {
    const before = await jobs(w);
    await app.database.query('DELETE FROM job_schedule');
    await w.schedules();
    return (await jobs(w)) - before;
  };
  const jobs = async (w: BillingWorld): Promise<number> => {
    const [row] = await app.database.query(
      `SELECT count(*)::integer AS count FROM job_run
       WHERE requested_by = 'schedule' AND kind LIKE 'billing-%' AND parameters @> $1::jsonb`,
      [JSON.stringify({ settings_uuid: w.settings, month: w.month })],
    );
    return row.count;
  };

  test('read a reconciled month daily for a month, weekly for a year, and then no more', async () => {
    const w = await new BillingWorld(app).start({ sync_enabled: true });
    // Later than anything that the database dates by its own clock.
    w.month = '2037-01';
    app.clock.set('2037-02-12T00:00:00Z');
    const vm = await w.linked();
    w.export([w.line(vm.license, '100.00')]);
    expect((await w.reconcile()).result).toMatchObject({ settled: true });
    const seen = [];
    for (const moment of [
      '2037-02-12T12:00:00Z',
      '2037-02-13T00:00:00Z',
      '2037-02-13T12:00:00Z',
      '2037-04-01T00:00:00Z',
      '2037-04-04T00:00:00Z',
      '2037-04-08T00:00:00Z',
      '2038-03-01T00:00:00Z',
    ]) {
      app.clock.set(moment);
      seen.push(await readings(w));
    }
    expect(seen).toEqual([0, 1, 0, 1, 0, 1, 0]);
  });

  describe('once a month is reconciled and before the open ones', () => {
    /** As it is now: mappings and links are dated by the database. */
    const settled = async () => {
      const w = await new BillingWorld(app).start({ sync_enabled: true });
      app.clock.set(undefined);
      w.month = YearMonth.at(new Date()).plus(-1).toString();
      await w.rules({ open_months: 1, grace_days: 0 });
      const vm = await w.linked();
      const unlinked = w.license(vm);
      const { arrow } = w.unmapped();
      const stranger = { ...w.license(vm), customerRef: arrow.Reference };
      app.arrow.data.licenses.splice(-1, 1, stranger);
      w.export([w.line(vm.license, '100.00'), w.line(unlinked, '5.00'), w.line(stranger, '60.00')]);
      expect((await w.reconcile({ force: false })).result).toMatchObject({ settled: true });
      expect(await readings(w)).toBe(0);
      return { w, vm, unlinked, arrow };
    };

    test('read it as soon as a customer on it is mapped, bill and close what is new, and leave it then', async () => {
      const { w, arrow } = await settled();
      const customer = (await w.make.customer()).uuid;
      const mapping = await w.make.mapping({
        settings: w.settings,
        waldur_customer: customer,
        arrow_reference: arrow.Reference,
      });
      expect(await readings(w)).toBe(1);
      expect(await w.charged(customer)).toBe('60.00');
      expect(await w.statement({ mapping: mapping.uuid } as never)).toMatchObject({ state: 4 });
      expect(await readings(w)).toBe(0);
    });

    test('do not read it for the mapping of a customer that is not on it', async () => {
      const { w } = await settled();
      await w.mappedCustomer();
      expect(await readings(w)).toBe(0);
    });

    test('read it when a licence on it is linked, and not for another licence', async () => {
      const { w, vm, unlinked } = await settled();
      await w.linked(vm);
      expect(await readings(w)).toBe(0);
      await w.make.resource({ project: vm.project, backend_id: unlinked.licenseId });
      expect(await readings(w)).toBe(1);
      expect(await readings(w)).toBe(0);
    });

    test('read it when its rule changes, and not for the rule of a later month', async () => {
      const { w } = await settled();
      await w.rules({ tax_percent: 22, valid_from: YearMonth.from(w.month).plus(1).toString() });
      expect(await readings(w)).toBe(0);
      await w.rules({ tax_percent: 24, valid_from: w.month });
      expect(await readings(w)).toBe(1);
      expect(await readings(w)).toBe(0);
    });

    test('leave it while the account is paused', async () => {
      const { w, arrow } = await settled();
      const fields = { waldur_customer: (await w.make.customer()).uuid, arrow_reference: arrow.Reference };
      await w.make.mapping({ settings: w.settings, ...fields });
      await app.api.post('/api/admin/arrow/billing-syncs/pause_sync/', { settings_uuid: w.settings });
      expect(await readings(w)).toBe(0);
      await app.api.post('/api/admin/arrow/billing-syncs/resume_sync/', { settings_uuid: w.settings });
      expect(await readings(w)).toBe(1);
    });
  });
});
