import { arrowCustomer } from '../../emulator/data.js';
import { startApp, type TestApp } from '../support/app.js';
import { Builders } from '../support/builders.js';

const path = '/api/admin/arrow/customer-mappings/available_customers/?refresh=true';

describe('Suggestions of available customers', () => {
  let app: TestApp;
  let make: Builders;
  let settings: { uuid: string };

  const suggestionFor = async (reference: string) => {
    const { status, body } = await app.api.get(path);
    expect(status).toBe(200);
    return body.suggestions.find(
      ({ arrow_customer }: { arrow_customer: { reference: string } }) => arrow_customer.reference === reference,
    );
  };

  beforeAll(async () => {
    app = await startApp();
    make = new Builders(app);
    settings = await make.settings();
    app.arrow.data.customers = [
      arrowCustomer({ Reference: 'XSP1', CompanyName: 'Aktsiaselts Põhjala', EmailContact: '' }),
      arrowCustomer({ Reference: 'XSP2', CompanyName: 'Kaarnasaha', EmailContact: '' }),
      arrowCustomer({ Reference: 'XSP3', CompanyName: 'Nobody Knows Us', EmailContact: '' }),
    ];
    for (const name of ['AS POHJALA', 'Põhjalaht OÜ', 'Kaarnasaha Oy', 'Kaarnasaha Ab']) await make.customer({ name });
  });
  afterAll(() => app.stop());

  it('give the reasons', async () => {
    expect(await suggestionFor('XSP1')).toMatchObject({
      arrow_customer: expect.objectContaining({ companyName: 'Aktsiaselts Põhjala' }) as unknown,
      suggested_waldur_customer: expect.objectContaining({ name: 'AS POHJALA' }) as unknown,
      confidence: expect.any(Number) as unknown,
      existing_mapping: false,
      ambiguous: false,
      evidence: [{ kind: 'name', arrow: 'pohjala', waldur: 'pohjala', weight: expect.any(Number) as unknown }],
    });
  });

  it('say when a person must choose, and between whom', async () => {
    const suggestion = await suggestionFor('XSP2');
    expect(suggestion.ambiguous).toBe(true);
    const names = [suggestion.suggested_waldur_customer.name, suggestion.runner_up.name].sort();
    expect(names).toEqual(['Kaarnasaha Ab', 'Kaarnasaha Oy']);
    expect(suggestion.runner_up.uuid).toEqual(expect.any(String));
  });

  it('are left out, not null, where there is none', async () => {
    expect(await suggestionFor('XSP3')).toEqual({
      arrow_customer: expect.anything() as unknown,
      confidence: 0,
      existing_mapping: false,
      ambiguous: false,
      evidence: [],
    });
  });

  it('offer no organisation twice, and one that is mapped already only with a note', async () => {
    app.arrow.data.customers.push(arrowCustomer({ Reference: 'XSP4', CompanyName: 'Põhjala AS', EmailContact: '' }));
    const { body: twice } = await app.api.get(path);
    const offered = twice.suggestions.flatMap((entry: { suggested_waldur_customer?: { uuid: string } }) =>
      entry.suggested_waldur_customer ? [entry.suggested_waldur_customer.uuid] : [],
    );
    expect(new Set(offered).size).toBe(offered.length);

    const { uuid } = twice.waldur_customers.find(({ name }: { name: string }) => name === 'AS POHJALA');
    await make.mapping({ settings: settings.uuid, arrow_reference: 'XSP1', waldur_customer: uuid });
    const suggestion = await suggestionFor('XSP4');
    expect(suggestion).toMatchObject({
      suggested_waldur_customer: { uuid },
      note: expect.stringContaining('already mapped') as unknown,
    });
    expect(suggestion.confidence).toBeLessThan(0.9);
  });
});
