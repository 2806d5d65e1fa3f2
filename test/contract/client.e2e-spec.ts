import { generateClient, compileClient } from './generate-client.js';
import { startServer, type Server } from './server.js';
import { Wire } from './wire.js';
import { arrowData, PERIOD } from './world.js';
import { ArrowEmulator } from '../../emulator/arrow-emulator.js';

// The generated code stands in one place, so only one database may write it.
const onOneDatabase =
  (globalThis as { TEST_DATABASE?: string }).TEST_DATABASE === 'postgres' ? describe.skip : describe;

onOneDatabase('A client generated from our document', () => {
  let server: Server;
  let arrow: ArrowEmulator;

  beforeAll(async () => {
    server = await startServer();
    arrow = await ArrowEmulator.start({ data: arrowData(3) });
    const wire = new Wire(server.baseUrl);
    await generateClient(JSON.parse((await wire.send('GET', '/docs/openapi.json')).text) as object);
    wire.close();
  });

  afterAll(async () => {
    await arrow?.stop();
    await server?.close();
  });

  it('compiles in strict mode, with the tour that uses it', async () => {
    expect(await compileClient()).toBe('');
  });

  it('drives the tour from credentials to billing', async () => {
    const [year, month] = PERIOD.split('-').map(Number) as [number, number];
    // The tour is compiled on its own, so its types are not known here.
    const path = './client/tour.js';
    const { tour } = (await import(path)) as { tour: (options: object) => Promise<Record<string, unknown>> };
    const report = await tour({
      baseUrl: server.baseUrl,
      token: server.staffToken,
      arrow: { apiUrl: arrow.url, apiKey: arrow.apiKey },
      year,
      month,
    });
    expect(report).toMatchObject({ suggested: expect.arrayContaining(['Põhjala Tehnika OÜ']) as unknown, total: 1 });
    expect(report.licences).toEqual(expect.arrayContaining([report.imported, report.linked]));
    expect(report.imported).not.toBe(report.linked);
  });
});
