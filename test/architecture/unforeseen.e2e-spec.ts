import { startApp, STAFF_TOKEN, type TestApp } from '../support/app.js';
import { describeOnce } from '../support/describe-once.js';

describeOnce('An error that nobody foresaw', () => {
  let app: TestApp;
  const log: string[] = [];
  const streams = [process.stdout, process.stderr].map((stream) => ({ stream, write: stream.write.bind(stream) }));

  beforeAll(async () => {
    app = await startApp({ LOG_LEVEL: 'verbose', LOG_FORMAT: 'json' });
    for (const { stream } of streams) {
      stream.write = (text: string | Uint8Array) => log.push(String(text)) > 0;
    }
  });
  afterAll(async () => {
    await app?.stop();
    for (const { stream, write } of streams) stream.write = write;
  });

  it('answers an id, and nothing else about us; the log has everything under that id', async () => {
    await app.database.query('DROP TABLE marketplace_order CASCADE');
    const { status, headers, body } = await app.api.get('/api/marketplace-orders/?state=done');
    const { uuid } = (await app.api.get('/api/users/me/')).body;
    const id = headers.get('x-request-id');
    expect([status, body]).toEqual([
      500,
      { detail: `Something went wrong on our side. Please report it with this id: ${id}`, error_id: id },
    ]);
    const lines = log
      .join('')
      .split('\n')
      .filter((line) => line.includes(id!) && line.includes('"error"'));
    expect(lines).toHaveLength(1);
    const entry = JSON.parse(lines[0]!) as { level: string; message: string; stack: string };
    expect(entry.message).toBe(`GET /api/marketplace-orders/ failed [${id}], asked by ${uuid}`);
    expect(entry.stack).toMatch(/QueryFailedError: .*"marketplace_order" does not exist/);
    expect(entry.stack).toMatch(/statement: SELECT .* FROM "marketplace_order"/);
  });

  it('has an id of its own each time, and no secret in its log', async () => {
    const [one, two] = await Promise.all([
      app.api.get('/api/marketplace-orders/'),
      app.api.get('/api/marketplace-orders/'),
    ]);
    expect(one.body.error_id).not.toBe(two.body.error_id);
    expect(log.join('')).not.toContain(STAFF_TOKEN);
  });

  it('does not keep the next request from being served, nor the service from being ready', async () => {
    expect((await app.api.get('/api/customers/')).status).toBe(200);
    expect((await app.api.get('/health/ready')).status).toBe(200);
  });
});
