import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { startApp, STAFF_TOKEN, type TestApp } from '../support/app.js';
import { ServiceProcess } from '../support/service-process.js';
import { administer } from '../support/databases.js';
import { expireLeases } from '../support/expire-leases.js';
import { until } from '../support/until.js';
import { BillingWorld } from '../billing/billing-world.js';

declare const TEST_DATABASE: 'pglite' | 'postgres';

/** A cable between the service and its database server that can be pulled out. */
class Cable {
  private readonly sockets = new Set<Socket>();
  private pulled = false;

  private constructor(
    private readonly server: Server,
    readonly port: number,
  ) {}

  static async to(target: URL): Promise<Cable> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const cable = new Cable(server, (server.address() as { port: number }).port);
    server.on('connection', (here) => {
      if (cable.pulled) return here.destroy();
      const there = connect(Number(target.port || 5432), target.hostname);
      for (const [one, other] of [
        [here, there],
        [there, here],
      ] as const) {
        cable.sockets.add(one);
        one.on('error', () => other.destroy());
        one.on('close', () => other.destroy());
        one.pipe(other);
      }
    });
    return cable;
  }

  pull(): void {
    this.pulled = true;
    for (const socket of this.sockets) socket.destroy();
    this.sockets.clear();
  }

  plugIn(): void {
    this.pulled = false;
  }

  remove(): void {
    this.pull();
    this.server.close();
  }
}

// The embedded database cannot go away while the process stays.
const onServer = TEST_DATABASE === 'postgres' ? describe : describe.skip;

onServer('While the database server is away', () => {
  let app: TestApp;
  let cable: Cable;
  let service: ServiceProcess;

  beforeAll(async () => {
    app = await startApp();
    const url = new URL(app.variables.DATABASE_URL!);
    cable = await Cable.to(new URL(url));
    url.host = `127.0.0.1:${cable.port}`;
    service = ServiceProcess.start({ ...app.variables, DATABASE_URL: url.href, LOG_LEVEL: 'warn' });
  });
  afterAll(async () => {
    await service?.exit('SIGKILL');
    cable?.remove();
    await app?.stop();
  });

  it('requests are told so, the process lives on, and what it was doing is done once the server is back', async () => {
    const world = await new BillingWorld(app).start();
    const party = await world.linked();
    world.export([world.line(party.license, '12.34')]);
    const api = await service.api(STAFF_TOKEN);
    // The job is in the middle of a question to ArrowSphere when the database goes away.
    const release = app.arrow.hold(({ path }) => path.startsWith('billing'));
    await app.app.close();
    const started = await api.post('/api/admin/arrow/billing-syncs/trigger_sync/', {
      year: 2026,
      month: 1,
      settings_uuid: world.settings,
    });
    expect(started.status).toBe(202);
    const { job_url: job } = started.body as { job_url: string };
    await until(() => app.arrow.inFlight > 0);

    cable.pull();
    release();
    const refused = await api.get(job);
    expect([refused.status, refused.headers.get('retry-after'), refused.body]).toEqual([
      503,
      '5',
      expect.objectContaining({ detail: 'The database does not answer. Try again in a few seconds.' }),
    ]);
    expect((await api.get('/health/live')).status).toBe(200);
    expect((await api.get('/health/ready')).status).toBe(503);
    await service.says(/Jobs can neither be taken up nor ended for now/);

    await administer(app.variables.DATABASE_URL!, expireLeases);
    cable.plugIn();
    let state: string;
    do {
      const { status, body } = await api.get(job);
      expect(status).toBe(200);
      state = body.state as string;
    } while (['queued', 'running'].includes(state));
    expect(state).toBe('succeeded');
    expect((await api.get('/health/ready')).status).toBe(200);
    expect(await service.exit('SIGTERM')).toBe(0);
  }, 120_000);
});
