import { setTimeout as sleep } from 'node:timers/promises';
import { ArrowEmulator } from '../../emulator/arrow-emulator.js';
import { arrowCustomer, arrowLicense } from '../../emulator/data.js';
import {
  type Row,
  waldurCustomer,
  waldurOffering,
  waldurProject,
  waldurResource,
} from '../../emulator/waldur/waldur-data.js';
import { type StandInRequest, WaldurStandIn } from '../../emulator/waldur/waldur-stand-in.js';
import type { ApiClient } from '../support/api-client.js';
import { STAFF_TOKEN } from '../support/app.js';
import { Builders } from '../support/builders.js';
import { administer, createDatabase, type TestDatabase } from '../support/databases.js';
import { type ServiceProcess, ServiceProcesses } from '../support/service-process.js';
import { LEDGER } from './licenses-world.js';
import { dashed } from './support.js';

declare const TEST_DATABASE: 'pglite' | 'postgres';

type Entry = Awaited<ReturnType<ApiClient['get']>>['body'];

describe('A process that is killed while Waldur changes a licence for it', () => {
  const processes = new ServiceProcesses();
  const organisation = waldurCustomer();
  const project = waldurProject(organisation);
  const offering = waldurOffering();
  const machines = waldurOffering({ type: 'Azure.VirtualMachine' });
  const customer = arrowCustomer();
  let database: TestDatabase;
  let arrow: ArrowEmulator;
  let waldur: WaldurStandIn;
  let service: ServiceProcess;
  let api: ApiClient;
  let mapping: string;

  beforeAll(async () => {
    [database, arrow, waldur] = await Promise.all([
      createDatabase(TEST_DATABASE),
      ArrowEmulator.start(),
      WaldurStandIn.start(),
    ]);
    arrow.data.customers.push(customer);
    waldur.data = {
      ...waldur.data,
      ...{ customers: [organisation], projects: [project], offerings: [offering, machines] },
    };
    await start();
    const make = new Builders({ api, arrow });
    // Brings the copies that it names.
    await api.get(`/api/projects/${project.uuid}/`);
    for (const { uuid } of [offering, machines]) await api.get(`/api/marketplace-provider-offerings/${uuid}/`);
    const { uuid: settings } = await make.settings();
    ({ uuid: mapping } = await make.mapping({
      settings,
      waldur_customer: dashed(organisation.uuid),
      arrow_reference: customer.Reference,
    }));
  }, 120_000);
  afterAll(async () => {
    await processes.end();
    await Promise.all([waldur?.stop(), arrow?.stop(), database?.drop()]);
  });

  async function start(): Promise<void> {
    service = processes.start({
      ...database.variables,
      ...{ STAFF_TOKEN, LOG_LEVEL: 'info', ARROW_ALLOW_PRIVATE_HOSTS: 'true' },
      ...{ WALDUR_URL: waldur.url, WALDUR_TOKEN: waldur.token, WALDUR_MAX_RETRIES: '0' },
    });
    api = await service.api(STAFF_TOKEN);
  }

  /** Kills the service at a call to Waldur: 0 before the first one is carried out, n when the nth has been. */
  function killAt(point: number): () => boolean {
    let calls = 0;
    let killed = false;
    const { child } = service;
    const kill = () => {
      killed = true;
      child.kill('SIGKILL');
    };
    const isOfUsers = ({ path }: StandInRequest) => path.startsWith('users/');
    waldur.meanwhile = (request) => {
      if (point === 0 && !killed && !isOfUsers(request)) kill();
    };
    waldur.afterwards = (request) => {
      if (!isOfUsers(request) && ++calls === point) kill();
    };
    return () => {
      waldur.meanwhile = waldur.afterwards = () => undefined;
      return killed;
    };
  }

  const newest = async (query: string): Promise<Entry> => (await api.get(`${LEDGER}?${query}`)).body[0];
  const act = (action: string, body: object) =>
    api.post(`/api/admin/arrow/customer-mappings/${mapping}/${action}/`, body);
  const license = () => {
    const made = arrowLicense({ customer });
    arrow.data.licenses.push(made);
    return made.licenseId;
  };

  /** Goes on with an entry until it has ended: who was killed may still have a claim on it. */
  async function ended(entry: Entry): Promise<Entry> {
    for (;;) {
      const { body } = await api.post(`${LEDGER}${entry.uuid}/resume/`);
      if (['recorded', 'failed'].includes(body.state)) return body;
      await sleep(50);
    }
  }

  /**
   * As if it had been killed long ago. On the embedded database nothing is in doubt where it is killed, and the next
   * process knows that nobody has a claim.
   */
  async function endDoubt(): Promise<void> {
    if (TEST_DATABASE === 'pglite') return;
    await administer(database.variables['DATABASE_URL']!, (client) =>
      client.query(
        `UPDATE waldur_write
         SET sent_at = sent_at - interval '1 hour', claim_expires_at = claim_expires_at - interval '1 hour'`,
      ),
    );
  }

  /** From the first call to the one behind the last; on the embedded database those at which something changes. */
  function everywhere(calls: number, changing: readonly number[]): readonly number[] {
    if (TEST_DATABASE === 'pglite') return [0, ...changing, calls];
    return Array.from({ length: calls + 1 }, (_, point) => point);
  }

  /** Does something once for each point, killed there; after each kill the next process finishes it. */
  async function killedAt(
    points: readonly number[],
    act: () => Promise<{ query: string; expected: string[]; check: (entry: Entry) => Promise<void> }>,
    send: (query: string) => Promise<unknown>,
  ): Promise<void> {
    for (const point of points) {
      const { query, expected, check } = await act();
      const before = (await api.get(`${LEDGER}?page_size=100&${query}`)).body.length as number;
      waldur.applied.length = 0;
      const end = killAt(point);
      await send(query).catch(() => undefined);
      expect([point, end()]).toEqual([point, true]);
      await service.exit();
      await endDoubt();
      await start();
      const entry = await ended(await newest(query));
      expect(entry).toMatchObject({ state: 'recorded', problem: '' });
      expect(waldur.applied.map((one) => one.replace(/ [0-9a-f]{32}/, ''))).toEqual(expected);
      expect((await api.get(`${LEDGER}?page_size=100&${query}`)).body).toHaveLength(before + 1);
      await check(entry);
    }
  }

  const backendIds = async (resource: Row) => [
    resource['backend_id'],
    (await api.get(`/api/marketplace-resources/${resource.uuid}/`)).body.backend_id,
  ];

  it('has changed it once there and recorded it once here: link, unlink, revert', async () => {
    const resource = waldurResource(project, offering);
    waldur.data.resources.push(resource);
    await api.get(`/api/marketplace-resources/${resource.uuid}/`);
    const query = `resource_uuid=${resource.uuid}`;
    let given = '';
    await killedAt(
      everywhere(4, [3]),
      () => {
        given = license();
        const check = async () => expect(await backendIds(resource)).toEqual([given, given]);
        return Promise.resolve({ query, expected: [`set_backend_id ${given}`], check });
      },
      () => act('link_resource', { resource_uuid: resource.uuid, license_reference: given }),
    );

    let linked: Entry;
    const link = async () => {
      given = license();
      await act('link_resource', { resource_uuid: resource.uuid, license_reference: given });
      linked = await ended(await newest(query));
      expect(await backendIds(resource)).toEqual([given, given]);
    };
    const isFree = async () => expect(await backendIds(resource)).toEqual(['', '']);
    await killedAt(
      [0, 2, 3],
      async () => {
        await link();
        return { query, expected: ['set_backend_id '], check: isFree };
      },
      () => act('unlink_resource', { resource_uuid: resource.uuid }),
    );

    let former: string;
    await killedAt(
      [0, 3, 4],
      async () => {
        await link();
        former = given;
        await link();
        const check = async () => expect(await backendIds(resource)).toEqual([former, former]);
        return { query, expected: [`set_backend_id ${former}`], check };
      },
      () => api.post(`${LEDGER}${linked.uuid}/revert/`),
    );
  }, 600_000);

  it.each([
    ['ordered', offering, ['order', 'approve_by_provider', 'set_backend_id'], everywhere(9, [2, 3, 8])],
    ['taken over', machines, ['import_resource'], [0, 2, 4]],
  ] as const)(
    'has imported it once there and recorded it once here, where it is %s',
    async (_, from, steps, points) => {
      let given = '';
      await killedAt(
        points,
        () => {
          given = license();
          const expected = steps.map((step) => (step === 'set_backend_id' ? `${step} ${given}` : step));
          const check = async (entry: Entry) => {
            const having = waldur.data.resources.filter((row) => row['backend_id'] === given);
            expect(having.map(({ uuid }) => dashed(uuid))).toEqual([entry.resource_uuid]);
            expect(await backendIds(having[0]!)).toEqual([given, given]);
            const orders = waldur.data.orders.filter(({ slug }) => slug === entry.uuid);
            expect(orders.map(({ state }) => state)).toEqual(from === offering ? ['done'] : []);
          };
          return Promise.resolve({ query: `license_reference=${given}`, expected, check });
        },
        () =>
          act('import_license', {
            ...{ license_reference: given, offering_uuid: from.uuid, project_uuid: project.uuid },
          }),
      );
    },
    600_000,
  );
});
