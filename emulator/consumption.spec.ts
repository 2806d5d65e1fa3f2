import { ArrowEmulator } from './arrow-emulator.js';
import { arrowLicense, consumptionLine } from './data.js';
import type { EmulatorLicense } from './model.js';
import { client } from './spec-client.js';

describe('consumption', () => {
  let emulator: ArrowEmulator;
  let license: EmulatorLicense;
  let seats: EmulatorLicense;

  beforeEach(async () => {
    license = arrowLicense();
    seats = arrowLicense({ category: 'SaaS', consumption: 'error' });
    const lines = ['2026-03', '2026-04', '2026-05'].map((period) => consumptionLine({ period }));
    lines.push(consumptionLine({ period: '2026-05', sell: 'null', buy: null, productName: 'Reserved' }));
    emulator = await ArrowEmulator.start({
      data: { licenses: [license, seats], consumption: { [license.licenseId]: lines } },
    });
  });
  afterEach(() => emulator.stop());

  const monthly = (from: string, to: string, reference = license.licenseId) =>
    client(emulator).get(`consumption/monthly/license/${reference}?reportPeriodStart=${from}&reportPeriodEnd=${to}`);

  const column = (data: { headers: string[]; lines: unknown[][] }, header: string) =>
    data.lines.map((line) => line[data.headers.indexOf(header)]);

  it('gives several months in one answer, money as numbers, null and the text "null"', async () => {
    const { body } = await monthly('2026-04', '2026-05');
    expect(body.status).toBe(200);
    expect(column(body.data, 'Report Period')).toEqual(['2026-04', '2026-05', '2026-05']);
    expect(column(body.data, 'Total sell price')).toEqual([94.25, 94.25, 'null']);
    expect(column(body.data, 'Total buy price')).toEqual([81.5, 81.5, null]);
    expect(column(body.data, 'Country currency code')).toEqual(['EUR', 'EUR', 'EUR']);
  });

  it('gives no lines for a month without use, and an error for a licence of seats', async () => {
    expect((await monthly('2025-01', '2025-01')).body.data).toMatchObject({ lines: [] });
    expect(await monthly('2026-05', '2026-05', seats.licenseId)).toMatchObject({
      status: 400,
      body: { status: 400, errorCode: 'CONSUMPTION_NOT_AVAILABLE', correlationId: expect.any(String) },
    });
  });

  it.each([
    ['', '2026-05'],
    ['2026-5', '2026-05'],
    ['2026-13', '2026-13'],
    ['2026-06', '2026-05'],
  ])('refuses the period %s to %s', async (from, to) => {
    expect((await monthly(from, to)).status).toBe(400);
  });

  it('says 404 for a licence it does not have', async () => {
    expect((await monthly('2026-05', '2026-05', 'XSP0')).status).toBe(404);
  });

  it('names the money columns in the older way when told to', async () => {
    emulator.data.behaviour.consumptionHeaders = 'older';
    const { body } = await monthly('2026-04', '2026-04');
    expect(column(body.data, 'Country customer total')).toEqual([94.25]);
    expect(body.data.headers).toEqual(expect.arrayContaining(['Usage Start date', 'Vendor Ressource SKU']));
  });

  it('gives days of a range, each with its share of the month', async () => {
    const path = `consumption/daily/license/${license.licenseId}?dayStart=2026-03-30&dayEnd=2026-04-01`;
    const { body } = await client(emulator).get(path);
    expect(column(body.data, 'Usage Start date')).toEqual(['2026-03-30', '2026-03-31', '2026-04-01']);
    expect(column(body.data, 'Total sell price')).toEqual([3.04032, 3.04032, 3.14167]);
    expect((await client(emulator).get(path.replace('2026-04-01', 'tomorrow'))).status).toBe(400);
  });

  it('gives a prediction where there is one, else 404', async () => {
    const path = `consumption/license/${license.licenseId}/prediction`;
    expect(await client(emulator).get(path)).toMatchObject({
      status: 404,
      body: { errorCode: 'PREDICTION_NOT_FOUND' },
    });
    emulator.data.predictions[license.licenseId] = {
      currency: 'EUR',
      reportPeriod: '2026-05',
      billingStartDate: '2026-05-01',
      values: [{ consumed: { buy: 31, sell: 62, list: 62 }, estimatedMin: '62.00000', estimatedMax: '93.00000' }],
    };
    const month = await client(emulator).get(`${path}?granularity=monthly`);
    expect(month.body.data.values).toEqual([
      { consumed: { buy: 31, sell: 62, list: 62 }, estimatedMin: '62.00000', estimatedMax: '93.00000' },
    ]);
    const days = await client(emulator).get(`${path}?granularity=daily`);
    expect(days.body.data.values).toHaveLength(31);
    expect(days.body.data.values[0].consumed).toEqual({ buy: 1, sell: 2, list: 2 });
    expect((await client(emulator).get(`${path}?granularity=hourly`)).status).toBe(400);
    const newer = await client(emulator).get(`licenses/${license.licenseId}/predictions/daily`);
    expect(newer.body.data.predictions[30]).toEqual({ date: '2026-05-31', amount: 3 });
  });

  it('says which vendor data can be trusted, narrowed by bracketed parameters', async () => {
    emulator.data.health = [
      { marketplace: 'EE', vendor: 'Microsoft', classification: 'IAAS', color: 'green', message: '' },
      { marketplace: 'EE', vendor: 'Amazon', classification: 'IAAS', color: 'red', message: 'late' },
    ];
    expect((await client(emulator).get('consumption/healthcheck')).body.data.details).toHaveLength(2);
    const { body } = await client(emulator).get('consumption/healthcheck?vendor[]=Amazon&classification[]=IAAS');
    expect(body.data.details).toEqual([emulator.data.health[1]]);
  });
});
