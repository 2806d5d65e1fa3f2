/** A Waldur of many rows in a process of its own, so that its memory and work are not measured: all answers at one pace. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const PAGE_MS = 50;
export const COUNTS = { customers: 20_000, projects: 50_000, offerings: 20, resources: 100_000 };
type Kind = keyof typeof COUNTS;
const LISTS: Readonly<Record<string, Kind>> = {
  customers: 'customers',
  projects: 'projects',
  'marketplace-provider-offerings': 'offerings',
  'marketplace-provider-resources': 'resources',
};

const uuid = (kind: Kind, row: number) =>
  `${Object.keys(COUNTS).indexOf(kind) + 1}${row.toString(16).padStart(31, '0')}`;
const created = '2026-01-01T00:00:00.000000+00:00';

const ROWS: Readonly<Record<Kind, (row: number, changed: string) => object>> = {
  customers: (row) => ({
    name: `Organisation number ${row} OÜ`,
    abbreviation: '',
    native_name: '',
    email: `it@organisation-${row}.example`,
    backend_id: `C-${row}`,
    registration_code: `${10_000_000 + row}`,
    country: 'EE',
  }),
  projects: (row, changed) => ({
    name: `Project ${row}${changed}`,
    backend_id: '',
    customer_uuid: uuid('customers', row % COUNTS.customers),
    is_removed: false,
  }),
  offerings: (row) => ({
    name: `Offering ${row}`,
    backend_id: `O-${row}`,
    type: 'Marketplace.Basic',
    state: 'Active',
    customer_uuid: null,
    plans: [{ uuid: `5${row.toString(16).padStart(31, '0')}`, name: 'Monthly', unit: 'month' }],
  }),
  resources: (row, changed) => ({
    name: `Subscription ${row}${changed}`,
    backend_id: `XSP${1_000_000 + row}`,
    state: 'OK',
    project_uuid: uuid('projects', row % COUNTS.projects),
    offering_uuid: uuid('offerings', row % COUNTS.offerings),
    plan_uuid: `5${(row % COUNTS.offerings).toString(16).padStart(31, '0')}`,
  }),
};

/** Whose token it is. */
const STAFF = {
  ...{ uuid: 'f'.repeat(32), username: 'admin', email: '', first_name: '', last_name: '' },
  ...{ is_staff: true, is_support: false, is_active: true, date_joined: created },
};

let requests = 0;
/** Rows that have changed since the first reading, of projects and of resources. */
let changes = 0;

const server = createServer({ keepAliveTimeout: 30_000 }, (request, response) => {
  const due = performance.now() + PAGE_MS;
  const url = new URL(request.url!, 'http://waldur');
  const name = url.pathname.split('/')[2]!;
  const kind = LISTS[name];
  const answer = (body: object, headers: Record<string, string> = {}) => {
    const text = JSON.stringify(body);
    // Making it is part of its time.
    const answered = () => response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(text);
    setTimeout(answered, due - performance.now());
  };
  if (!kind && name !== 'users') return void response.writeHead(404).end();
  requests += 1;
  if (!kind) return answer(STAFF);
  const isSince = url.searchParams.has('modified');
  const total = isSince ? (kind === 'offerings' ? 0 : changes / 2) : COUNTS[kind];
  const size = Number(url.searchParams.get('page_size'));
  const first = (Number(url.searchParams.get('page')) - 1) * size;
  const rows = Array.from({ length: Math.max(0, Math.min(size, total - first)) }, (_, at) => ({
    uuid: uuid(kind, first + at),
    created,
    ...ROWS[kind](first + at, isSince ? ' changed' : ''),
  }));
  answer(rows, { 'x-result-count': String(total) });
});

if (process.send) {
  process.on('message', (message: { changes?: number }) => {
    changes = message.changes ?? changes;
    process.send!({ requests });
    requests = 0;
  });
  process.on('disconnect', () => process.exit(0));
  server.listen(0, '127.0.0.1', () => process.send!({ port: (server.address() as AddressInfo).port }));
}
