import { ArrowEmulator } from './arrow-emulator.js';
import { sampleData } from './sample-data.js';
import { client } from './spec-client.js';

describe('catalogue and enrolments', () => {
  let emulator: ArrowEmulator;
  beforeAll(async () => {
    emulator = await ArrowEmulator.start({ data: sampleData(new Date('2026-11-23T00:00:00Z')) });
  });
  afterAll(() => emulator.stop());

  it('lists categories in an array without pagination', async () => {
    const { body } = await client(emulator).get('catalog/categories');
    expect(body.data.map(({ name }: { name: string }) => name)).toEqual(['SAAS', 'IAAS', 'PSW', 'FTSL']);
    expect(body).not.toHaveProperty('pagination');
  });

  it('pages programs of a category, in any case of its name', async () => {
    const first = await client(emulator).get('catalog/categories/saas/programs');
    expect(first.body.data).toHaveLength(15);
    expect(first.body.data[0]).toMatchObject({ reference: 'MSCSP', name: 'Microsoft', category: 'SAAS' });
    expect(first.body.pagination).toMatchObject({ total: 19, total_page: 2 });
    const next = (first.body.pagination.next as string).slice(1);
    expect((await client(emulator).get(next)).body.data).toHaveLength(4);
  });

  it('gives one program, and 404 for what it does not have', async () => {
    expect((await client(emulator).get('catalog/categories/IAAS/programs/aws')).body.data.name).toBe('Amazon');
    expect((await client(emulator).get('catalog/categories/IAAS/programs/none')).status).toBe(404);
    expect((await client(emulator).get('catalog/categories/none/programs')).status).toBe(404);
  });

  it('lists programme enrolments in an array', async () => {
    const { body } = await client(emulator).get('subscriptions');
    expect(body.data[0]).toMatchObject({ reference: 'XSPS3001', name: 'MSCSP', status: 'Validated' });
  });
});
