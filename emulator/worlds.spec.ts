import { ArrowEmulator } from './arrow-emulator.js';
import { exportType } from './data.js';
import { largeSell, manyCustomers, manyExportLines, manyLicenses } from './large-data.js';
import type { EmulatorData, ExportLine } from './model.js';
import { sampleData, SAMPLE_STORY } from './sample-data.js';
import { unitsToText } from './seeded.js';
import { client } from './spec-client.js';

const NOW = new Date('2026-11-23T12:00:00Z');

describe('the sample world', () => {
  const data = sampleData(NOW);
  const lines = data.exportLines as ExportLine[];
  const units = (text: string | null | undefined) => Math.round(Number(text) * 100_000);

  /** Export minus consumption of a pay-as-you-go licence and month, in hundred-thousandths. */
  const difference = (licenseId: string, period: string) => {
    const exported = lines.filter((line) => line.period === period && line.values['ars-subscription-id'] === licenseId);
    const used = (data.consumption[licenseId] ?? []).filter((line) => line.period === period);
    const sum = (list: number[]) => list.reduce((total, one) => total + one, 0);
    return {
      sell:
        sum(exported.map(({ values }) => units(values['customer-total-price']))) -
        sum(used.map(({ sell }) => units(String(sell)))),
      buy:
        sum(exported.map(({ values }) => units(values['total-wholesale-price']))) -
        sum(used.map(({ buy }) => units(String(buy)))),
    };
  };

  it('is the same on every run of a month, whatever was built before', () => {
    expect(sampleData(new Date('2026-11-30T23:00:00Z'))).toEqual(data);
  });

  it('has 27 customers with unique references and 60 licences with unique ids', () => {
    expect(new Set(data.customers.map(({ Reference }) => Reference)).size).toBe(27);
    expect(new Set(data.licenses.map(({ licenseId }) => licenseId)).size).toBe(60);
    expect(new Set(data.licenses.map(({ id }) => id)).size).toBe(60);
    expect(data.customers.filter(({ DeletedAt }) => DeletedAt).map(({ Reference }) => Reference)).toEqual([
      SAMPLE_STORY.removedCustomer,
    ]);
    const owners = new Set(data.customers.map(({ Reference }) => Reference));
    expect(data.licenses.filter(({ customerRef }) => !owners.has(customerRef))).toEqual([]);
  });

  it('has six months of use, the running one included, and exports of the five closed ones', () => {
    const used = new Set(Object.values(data.consumption).flatMap((list) => list.map(({ period }) => period)));
    expect([...used].sort()).toEqual(['2026-06', '2026-07', '2026-08', '2026-09', '2026-10', '2026-11']);
    expect([...new Set(lines.map(({ period }) => period))]).toEqual([
      '2026-06',
      '2026-07',
      '2026-08',
      '2026-09',
      '2026-10',
    ]);
  });

  it('ties export and consumption to the last place, but for one licence in one month', () => {
    const differing = [];
    for (const { licenseId } of data.licenses.filter(({ consumption }) => consumption === 'usage')) {
      for (const period of ['2026-06', '2026-07', '2026-08', '2026-09', '2026-10']) {
        const { sell, buy } = difference(licenseId, period);
        if (sell !== 0 || buy !== 0)
          differing.push({ licenseId, period, sell: unitsToText(sell), buy: unitsToText(buy) });
      }
    }
    expect(differing).toEqual([
      {
        licenseId: SAMPLE_STORY.differingLicense,
        period: '2026-10',
        sell: SAMPLE_STORY.differenceSell,
        buy: SAMPLE_STORY.differenceBuy,
      },
    ]);
  });

  it('gives every export line its own sequence', () => {
    expect(new Set(lines.map(({ values }) => values.sequence)).size).toBe(lines.length);
  });

  it('prices pay-as-you-go at zero and seats above it', () => {
    for (const { consumption, unitSell } of data.licenses) expect(unitSell > 0).toBe(consumption === 'error');
  });

  it('hides what its story says', () => {
    const running = (licenseId: string) => data.consumption[licenseId]!.filter(({ period }) => period === '2026-11');
    expect(running(SAMPLE_STORY.textNullLicense).at(-1)).toMatchObject({ sell: 'null', buy: 'null' });
    expect(running(SAMPLE_STORY.nullLicense).at(-1)).toMatchObject({ sell: null, buy: null });
    expect(data.consumption[SAMPLE_STORY.unusedLicense]).toEqual([]);
    expect(running(SAMPLE_STORY.cancelledLicense)).toEqual([]);
    expect(data.licenses.filter(({ customerRef }) => customerRef === SAMPLE_STORY.emptyCustomer)).toEqual([]);
    const { compatible, partial, unusable } = SAMPLE_STORY.exportTypes;
    const labels = (reference: string) =>
      Object.values(data.exportTypes.find((type) => type.reference === reference)!.columns);
    const needed = ['Classification', 'Vendor Subscription ID', 'End User Company Name', 'Customer Total Price'];
    needed.push('Total Wholesale Price');
    expect(labels(compatible)).toEqual(expect.arrayContaining(needed));
    expect(needed.filter((label) => labels(partial).includes(label))).toHaveLength(4);
    expect(needed.filter((label) => labels(unusable).includes(label))).toEqual([]);
  });

  it('spans more than one page of customers at the usual size', async () => {
    const emulator = await ArrowEmulator.start({ data });
    const { body } = await client(emulator).get('customers');
    expect(body.pagination).toMatchObject({ per_page: 15, total_page: 2, total: 27 });
    await emulator.stop();
  });
});

describe('a large world', () => {
  let emulator: ArrowEmulator;
  const customers = manyCustomers(10_000);
  const licenses = manyLicenses(20_000, customers);
  const type = exportType({ labels: ['Sequence', 'ARS Subscription ID', 'Customer Total Price'] });
  let made = 0;

  beforeAll(async () => {
    const source = manyExportLines(1_000_000, licenses);
    const lineAt = (index: number) => {
      made += 1;
      return source.lineAt(index);
    };
    const select = (...args: Parameters<NonNullable<typeof source.select>>) => {
      const chosen = source.select!(...args);
      return chosen && { ...chosen, lineAt };
    };
    const exportLines: EmulatorData['exportLines'] = { ...source, lineAt, select };
    emulator = await ArrowEmulator.start({ data: { customers, licenses, exportTypes: [type], exportLines } });
  });
  afterAll(() => emulator.stop());
  beforeEach(() => (made = 0));

  const sync = (page: number, filters: object) =>
    client(emulator).post('billing/erp/exports/sync', { exportTypeReference: type.reference, page, filters });

  it('pages 10,000 customers', async () => {
    const { body } = await client(emulator).get('customers?per_page=100&page=100');
    expect(body.data.customers.at(-1).Reference).toBe(customers.at(-1)!.Reference);
    expect(body.pagination).toMatchObject({ total: 10_000, total_page: 100, next: null });
  });

  it('finds two licences of one customer among 20,000', async () => {
    const { body } = await client(emulator).post('licenses/v2/find?per_page=100', {
      filters: { 'license.customer_ref': customers[7]!.Reference },
    });
    expect(body.results.map(({ license }: { license: { partner_ref: string } }) => license.partner_ref)).toEqual([
      licenses[7]!.licenseId,
      licenses[10_007]!.licenseId,
    ]);
  });

  it('makes only the lines of the page asked for', async () => {
    const { body } = await sync(1000, { reportPeriod: { from: '2026-05', to: '2026-05' } });
    expect(body.pagination).toEqual({ perPage: 1000, currentPage: 1000, total: 1_000_000, totalPages: 1000 });
    expect(body.data.values.at(-1)).toEqual([
      'AB26-1000000-1',
      licenses[999_999 % 20_000]!.licenseId,
      unitsToText(largeSell(999_999)),
    ]);
    expect(made).toBe(1000);
  });

  it('has nothing in other months', async () => {
    const { body } = await sync(1, { reportPeriod: { from: '2026-06', to: '2026-06' } });
    expect(body).toMatchObject({ data: { values: [] }, pagination: { total: 0 } });
  });

  it('looks at every line once for other filters, and remembers', async () => {
    const filters = { customerXspRefs: [customers[3]!.Reference] };
    const first = await sync(1, filters);
    expect(first.body.pagination.total).toBe(100);
    expect(made).toBe(1_000_100);
    await sync(1, filters);
    expect(made).toBe(1_000_200);
  });
});
