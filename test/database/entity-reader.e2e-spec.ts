import type { FindOptionsRelations, FindOptionsWhere, ObjectLiteral } from 'typeorm';
import { EntityReader } from '../../src/database/entity-reader.js';
import { Customer } from '../../src/directory/customer.entity.js';
import { Offering } from '../../src/directory/offering.entity.js';
import { Resource } from '../../src/directory/resource.entity.js';
import { AuthToken } from '../../src/directory/users/auth-token.entity.js';
import { CustomerMapping } from '../../src/mappings/customer-mapping.entity.js';
import { startApp, type TestApp } from '../support/app.js';
import { Builders } from '../support/builders.js';

describe('Rows that are read with what they point at', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp();
    const make = new Builders(app);
    const mapping = await make.mapping({
      waldur_customer: (await make.customer({ name: 'Ärimees "O’Neil" \\ OÜ' })).uuid,
    });
    const offering = await make.offering({ customer: mapping.waldur_customer });
    const plan = await make.plan({ offering: offering.uuid });
    await make.resource({ offering: offering.uuid, plan: plan.uuid });
    await make.resource();
    await make.user({ password: 'correct horse battery' });
  });
  afterAll(() => app.stop());

  it.each<[new () => ObjectLiteral & { uuid: string }, FindOptionsRelations<ObjectLiteral>]>([
    [Customer, {}],
    [AuthToken, { user: true }],
    [Offering, { customer: true }],
    [CustomerMapping, { waldurCustomer: true, settings: true }],
    [Resource, { offering: true, plan: true, project: { customer: true } }],
  ])('are what TypeORM reads of %p, also where they point at nothing', async (entity, relations) => {
    const rows = app.database.getRepository(entity);
    const wanted = await rows.find({ relations, order: { uuid: 'ASC' } });
    const uuids = wanted.map(({ uuid }) => uuid);
    const read = await new EntityReader(rows, relations).find('item.uuid = ANY($1) ORDER BY item.uuid', [uuids]);
    expect(wanted.length).toBeGreaterThan(0);
    expect(read).toStrictEqual(wanted);
  });

  it('come in the order of a page, and with the number of all', async () => {
    const rows = app.database.getRepository(Customer);
    const wanted = await rows.find({ order: { name: 'DESC', uuid: 'ASC' } });
    const filtered = (condition: FindOptionsWhere<Customer>) => rows.createQueryBuilder('customer').where(condition);
    const keys = filtered({}).select('customer.uuid').orderBy({ 'customer.name': 'DESC', 'customer.uuid': 'ASC' });
    const reader = new EntityReader(rows);
    const counted = filtered({}).select('count(*)');
    expect(await reader.page(() => ({ keys: keys.clone().limit(2), counted }))).toEqual({
      items: wanted.slice(0, 2),
      total: wanted.length,
    });
    expect(await reader.page(() => ({ keys: keys.clone().limit(2).offset(1) }))).toEqual({
      items: wanted.slice(1, 3),
      total: 0,
    });
    const nobody = { name: 'nobody' };
    const none = filtered(nobody).select('customer.uuid');
    expect(await reader.page(() => ({ keys: none, counted: filtered(nobody).select('count(*)') }))).toEqual({
      items: [],
      total: 0,
    });
  });

  it('cannot be read with many of a kind each', async () => {
    const reader = new EntityReader(app.database.getRepository(Customer), { nothing: true } as never);
    await expect(reader.find('TRUE', [])).rejects.toThrow('Customer.nothing is not to one row.');
  });
});
