import { STAFF_TOKEN, startApp, type TestApp } from '../support/app.js';
import { describeOnce } from '../support/describe-once.js';
import { generateClient, compileClient } from './generate-client.js';
import { Wire } from './wire.js';
import { arrowData, PERIOD } from './world.js';

// The generated code stands in one place, so only one run may write it.
describeOnce('A client generated from our document', () => {
  let app: TestApp;

  beforeAll(async () => {
    app = await startApp({}, { data: arrowData(3) });
    const wire = new Wire(app.url);
    await generateClient(JSON.parse((await wire.send('GET', '/docs/openapi.json')).text) as object);
    wire.close();
  });

  afterAll(async () => {
    await app?.stop();
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
      baseUrl: app.url,
      token: STAFF_TOKEN,
      arrow: { apiUrl: app.arrow.url, apiKey: app.arrow.apiKey },
      year,
      month,
    });
    expect(report).toMatchObject({ suggested: expect.arrayContaining(['Põhjala Tehnika OÜ']) as unknown, total: 1 });
    expect(report.licences).toEqual(expect.arrayContaining([report.imported, report.linked]));
    expect(report.imported).not.toBe(report.linked);
    // Two of the three licences are linked to resources; a line of 94.25 stands in the export for each of them.
    expect(report.billed).toBe('188.50');
  });
});
