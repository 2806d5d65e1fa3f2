import { type Row, stamps, type WaldurData, waldurOrder, waldurResource } from './waldur-data.js';

export interface WriteReply {
  readonly status: number;
  readonly body: unknown;
}

/** How this Waldur goes about orders. */
export interface OrderRules {
  /** State of an order that was just made; `done`: its resource is there at once. */
  firstState: string;
  /** Whether orders keep the slug that was sent; else they get one of Waldur's making. */
  keepsSlug: boolean;
  /**
   * Waldur's worker takes up an order when it begins to execute, and is through with it when the order is asked for so
   * many times. It completes orders of `Marketplace.Basic` and makes tickets of those of `Support.OfferingTemplate`.
   * `null`: there is no worker.
   */
  workerReads: number | null;
}

export const ORDER_RULES: OrderRules = { firstState: 'pending-provider', keepsSlug: true, workerReads: 2 };

/** Orders that the worker has taken up, and how often they are asked for until it is through with them. */
const atWork = new WeakMap<Row, number>();

/** Called for each order that is shown, before it is. */
export function work(data: WaldurData, order: Row): void {
  const left = atWork.get(order);
  if (left === undefined) return;
  if (left > 1) return void atWork.set(order, left - 1);
  atWork.delete(order);
  const resource = data.resources.find(({ uuid }) => uuid === order['marketplace_resource_uuid'])!;
  if (order['state'] !== 'executing') {
    change(order, { state: 'erred', error_message: "Can't switch from state 'done' using method 'complete'" });
    change(resource, { state: 'Erred' });
    return;
  }
  // It writes what it read when it began, whatever was changed since then.
  if (order['offering_type'] === 'Marketplace.Basic') {
    change(order, { state: 'done' });
    change(resource, { state: 'OK', backend_id: '' });
    return;
  }
  const key = `SUP-${data.orders.indexOf(order) + 1}`;
  change(order, { issue: { key, uuid: order.uuid } });
  change(resource, { backend_id: key });
}

/** Only what completes itself or makes a ticket; others execute for as long as the test likes. */
const WORKED_ON = ['Marketplace.Basic', 'Support.OfferingTemplate'];

function takeUp({ rules }: Write, order: Row): void {
  if (rules.workerReads === null || order['state'] !== 'executing') return;
  if (WORKED_ON.includes(order['offering_type'] as string)) atWork.set(order, rules.workerReads);
}

interface Write {
  readonly data: WaldurData;
  readonly rules: OrderRules;
  /** Below `/api/`, in its parts. */
  readonly parts: readonly string[];
  readonly body: Record<string, unknown>;
  /** Told of each change, once it has happened. */
  readonly applied: (what: string) => void;
}

const COMPLETED_BY_STAFF = ['Marketplace.Basic', 'Support.OfferingTemplate', 'Marketplace.Slurm'];
const IMPORTABLE = ['Azure.VirtualMachine', 'Marketplace.Rancher', 'OpenStack.Tenant', 'OpenStack.Instance'];

const invalid = (body: unknown): WriteReply => ({ status: 400, body });
const NOT_FOUND: WriteReply = { status: 404, body: { detail: 'Not found.' } };
const now = () => new Date().toISOString().replace('Z', '000+00:00');

/** The last UUID in a hyperlink of this list. */
function named(rows: readonly Row[], link: unknown, list: string): Row | undefined {
  const [, uuid] = new RegExp(`/api/${list}/([0-9a-f]{32})/$`).exec(String(link)) ?? [];
  return rows.find((row) => row.uuid === uuid);
}

function change(row: Row, fields: Partial<Row>): void {
  Object.assign(row, fields, { modified: now() });
}

/** What a POST changes; `undefined`: there is no such address. */
export function write(request: Write): WriteReply | undefined {
  const { data, parts } = request;
  const [list, uuid, action] = parts;
  if (list === 'marketplace-orders' && !uuid) return order(request);
  const one = (rows: readonly Row[]) => rows.find((row) => row.uuid === uuid!.replaceAll('-', ''));
  if (list === 'marketplace-orders') {
    const found = one(data.orders);
    return found ? move(request, found, action!) : NOT_FOUND;
  }
  if (list === 'marketplace-provider-resources' && action === 'set_backend_id') {
    const found = one(data.resources);
    return found ? setBackendId(request, found) : NOT_FOUND;
  }
  if (list === 'marketplace-provider-offerings' && action === 'import_resource') {
    const found = one(data.offerings);
    return found ? importResource(request, found) : NOT_FOUND;
  }
  return undefined;
}

function order(request: Write): WriteReply {
  const { data, rules, body, applied } = request;
  const offering = named(data.offerings, body['offering'], 'marketplace-public-offerings');
  const project = named(data.projects, body['project'], 'projects');
  if (!offering) return invalid({ offering: ['Invalid hyperlink - Object does not exist.'] });
  if (!project || project['is_removed']) return invalid({ project: ['Invalid hyperlink - Object does not exist.'] });
  if (offering['state'] !== 'Active') return invalid({ offering: ['Offering is not available.'] });
  const attributes = body['attributes'] as { name?: string };
  const slug = typeof body['slug'] === 'string' ? body['slug'] : '';
  if (!/^[-\w]{0,50}$/.test(slug)) return invalid({ slug: ['Enter a valid "slug".'] });
  const plans = offering['plans'] as readonly Row[];
  const plan = named(plans, body['plan'], `marketplace-public-offerings/${offering.uuid}/plans`);
  if (body['plan'] !== undefined && !plan) return invalid({ plan: ['Invalid hyperlink - Object does not exist.'] });
  const isDone = rules.firstState === 'done';
  const fields = { name: attributes.name ?? '', state: isDone ? 'OK' : 'Creating', ...planned(plan) };
  const resource = waldurResource(project, offering, fields);
  data.resources.push(resource);
  const given = { state: rules.firstState, ...(rules.keepsSlug && slug && { slug }), attributes, ...stamps(now()) };
  const made = waldurOrder(resource, offering, given);
  data.orders.push(made);
  takeUp(request, made);
  applied(`order ${made.uuid}`);
  return { status: 201, body: made };
}

const planned = (plan: Row | undefined) => ({
  plan_uuid: plan?.uuid ?? null,
  plan_name: plan?.name ?? null,
  ...stamps(now()),
});

/** What each step asks of an order, and what it leads to. */
const STEPS: Readonly<Record<string, { from: readonly string[]; to: string; status: number; said?: object }>> = {
  approve_by_consumer: {
    from: ['pending-consumer'],
    to: 'pending-provider',
    status: 200,
    said: { detail: 'Approved.' },
  },
  approve_by_provider: { from: ['pending-provider'], to: 'executing', status: 200, said: { detail: 'Approved.' } },
  set_state_done: { from: ['executing'], to: 'done', status: 200 },
  cancel: { from: ['pending-consumer', 'pending-provider', 'executing'], to: 'canceled', status: 202 },
};

function move(request: Write, row: Row, action: string): WriteReply {
  const { data, applied } = request;
  const step = STEPS[action];
  if (!step) return NOT_FOUND;
  const { from, to, status, said } = step;
  if (!from.includes(row['state'] as string))
    return { status: 409, body: { detail: `Valid states for operation: ${from.join(', ')}.` } };
  if (action === 'set_state_done' && !COMPLETED_BY_STAFF.includes(row['offering_type'] as string))
    return invalid(['Offering type is not valid.']);
  change(row, { state: to });
  takeUp(request, row);
  const resource = data.resources.find(({ uuid }) => uuid === row['marketplace_resource_uuid']);
  if (resource && to === 'done') change(resource, { state: 'OK' });
  if (resource && to === 'canceled') change(resource, { state: 'Terminated' });
  applied(`${action} ${row.uuid}`);
  return { status, body: said };
}

function setBackendId({ body, applied }: Write, resource: Row): WriteReply {
  const backendId = body['backend_id'];
  if (typeof backendId !== 'string' || backendId.length > 255)
    return invalid({ backend_id: ['Ensure this field has no more than 255 characters.'] });
  if (resource['backend_id'] === backendId)
    return { status: 200, body: { status: 'Resource backend_id is not changed.' } };
  change(resource, { backend_id: backendId });
  applied(`set_backend_id ${resource.uuid} ${backendId}`);
  return { status: 200, body: { status: 'Resource backend_id has been changed.' } };
}

function importResource({ data, body, applied }: Write, offering: Row): WriteReply {
  const project = data.projects.find(({ uuid }) => uuid === body['project']);
  if (!project) return invalid({ project: [`Object with uuid=${String(body['project'])} does not exist.`] });
  if (!IMPORTABLE.includes(offering['type'] as string))
    return invalid(['Current offering plugin does not support resource import']);
  const backendId = String(body['backend_id']);
  const isThere = data.resources.some(
    (row) => row['offering_uuid'] === offering.uuid && row['backend_id'] === backendId,
  );
  if (isThere) return invalid(['Resource has been imported already.']);
  const resource = waldurResource(project, offering, { name: backendId, backend_id: backendId, ...stamps(now()) });
  data.resources.push(resource);
  applied(`import_resource ${resource.uuid}`);
  return { status: 201, body: resource };
}

/** What lists can be narrowed by, besides when their rows were changed. */
const FILTERS = ['slug', 'backend_id', 'offering_uuid', 'project_uuid'];

export function narrowed(rows: readonly Row[], query: URLSearchParams): Row[] {
  const wanted = FILTERS.flatMap((name) => (query.has(name) ? [[name, query.get(name)!] as const] : []));
  return rows.filter((row) => wanted.every(([name, value]) => !(name in row) || row[name] === value));
}
