import type { ArrowEmulator } from '../../emulator/arrow-emulator.js';
import { BillingWorld, money } from '../billing/billing-world.js';
import type { ApiClient } from '../support/api-client.js';
import type { TestApp } from '../support/app.js';

export const PASSWORD = 'Nineteen quiet herons 7';
/** Lists that a newer version shows as it was shown before, by path. */
const LISTS = [
  '/api/customers/',
  '/api/projects/',
  '/api/marketplace-provider-offerings/',
  '/api/marketplace-plans/',
  '/api/marketplace-resources/',
  '/api/users/',
  '/api/admin/arrow/settings/',
  '/api/admin/arrow/customer-mappings/',
  '/api/admin/arrow/vendor-offering-mappings/',
  '/api/admin/arrow/consumption-records/',
  '/api/admin/arrow/billing-syncs/',
  '/api/admin/arrow/billing-sync-items/',
  '/api/invoices/',
];

/** What a version showed of its database, and what ArrowSphere had then. */
export interface Kept {
  readonly lists: Readonly<Record<string, readonly Record<string, unknown>[]>>;
  readonly settings: string;
  readonly months: readonly string[];
  readonly arrow: ArrowEmulator['data'];
  /** The token of a login, in clear; nothing but this database knows it. */
  readonly token: string;
}

/** Something of everything: accounts, users, mappings, licences, a closed month with an issued invoice, and an open one. */
export async function fill(app: TestApp): Promise<Kept> {
  const w = await new BillingWorld(app).start();
  const user = await app.api.post('/api/users/', { username: 'mari', email: 'mari@example.com', is_staff: true });
  await app.api.post(`/api/users/${user.body.uuid}/change_password/`, { new_password: PASSWORD });
  const { body: login } = await app.api
    .as(undefined)
    .post('/api-auth/password/', { username: 'mari', password: PASSWORD });
  const offering = await w.make.offering();
  await app.api.post('/api/admin/arrow/vendor-offering-mappings/', {
    settings: `/api/admin/arrow/settings/${w.settings}/`,
    arrow_vendor_name: 'Microsoft',
    offering: `/api/marketplace-provider-offerings/${offering.uuid}/`,
  });
  if (!login.token) throw new Error(JSON.stringify(login));
  await w.make.plan({ offering: offering.uuid });

  const linked = [await w.linked(), await w.linked(), await w.linked()];
  const loose = w.license(await w.mappedCustomer());
  const stranger = w.unmapped();
  const lost = w.license({ ...linked[0]!, arrow: stranger.arrow });
  w.export([
    ...linked.map(({ license }, i) => w.line(license, `${(i + 1) * 100}.25`)),
    w.line(loose, '7.00'),
    w.line(lost, '3.00'),
  ]);
  w.consumes(linked[0]!.license, [['60.10', '50.00']]);
  await w.syncConsumption();
  await succeeded(w.sync());
  await succeeded(w.reconcile());
  await w.issue(linked[0]!.customer);
  w.month = '2026-02';
  app.clock.set('2026-02-20T06:00:00Z');
  w.consumes(linked[0]!.license, [['61.40', '51.00']]);
  w.export(linked.map(({ license }, i) => w.line(license, `${(i + 1) * 101}.10`)));
  await w.syncConsumption();
  await succeeded(w.sync());
  return {
    lists: await read(app.api),
    settings: w.settings,
    months: ['2026-01', '2026-02'],
    arrow: app.arrow.data,
    token: login.token,
  };
}

async function succeeded(job: Promise<{ state: string }>): Promise<void> {
  const ended = await job;
  if (ended.state !== 'succeeded') throw new Error(JSON.stringify(ended));
}

/** The first version showed days where items of invoices have times. */
const TIMES = /"(start|end)":"([\d-]{10})T[^"]*"/g;

/** Everything that stays as it is when the version changes. */
export async function read(api: ApiClient): Promise<Record<string, Record<string, unknown>[]>> {
  const lists: Record<string, Record<string, unknown>[]> = {};
  for (const path of LISTS) {
    const { status, body } = await api.get(`${path}?page_size=100`);
    if (status !== 200) throw new Error(`${path} answered ${status}: ${JSON.stringify(body)}`);
    lists[path] = (body as Record<string, unknown>[])
      .map((row) => JSON.stringify(row).replaceAll(api.baseUrl, '').replace(TIMES, '"$1":"$2"'))
      .map((row) => JSON.parse(row) as Record<string, unknown>)
      .sort((a, b) => (String(a.uuid) < String(b.uuid) ? -1 : 1));
  }
  return lists;
}

/** What each invoice comes to, as `uuid state price`. */
export const bills = (lists: Kept['lists']): string[] =>
  lists['/api/invoices/']!.map(({ uuid, state, price }) => `${String(uuid)} ${String(state)} ${money(price)}`).sort();
