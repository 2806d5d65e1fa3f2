import type { ArrowCustomer } from '../arrow-gateway/arrow-gateway.js';
import type { Customer } from '../directory/customer.entity.js';
import { suggestOrganisations } from './customer-suggestions.js';

const arrowCustomer = (companyName: string, more: Partial<ArrowCustomer> = {}): ArrowCustomer => ({
  ...{
    reference: `XSP ${companyName}`,
    companyName,
    ref: '',
    internalReference: '',
    billingId: '',
    email: '',
    city: '',
  },
  ...{ countryCode: '', taxNumber: '', registrationNumber: '', websiteUrl: '', domainName: '', isDeleted: false },
  ...more,
});
const organisation = (name: string, more: Partial<Customer> = {}): Customer => ({
  ...{ uuid: `uuid of ${name}`, name, abbreviation: '', nativeName: '', email: '', backendId: '' },
  ...{ registrationCode: '', country: '', created: new Date(0), modified: new Date(0) },
  ...{ owner: 'local' as const, goneAt: null },
  ...more,
});

describe('suggestOrganisations', () => {
  const kivirand = organisation('AS Kivirand');

  it('finds the organisation behind another spelling of its name', async () => {
    const found = await suggestOrganisations(
      [arrowCustomer('Aktsiaselts Kivirand')],
      [organisation('Marova'), kivirand],
    );
    expect(found.get('XSP Aktsiaselts Kivirand')).toMatchObject({ organisation: kivirand, ambiguous: false });
  });

  it('leaves out customers that no organisation is like', async () => {
    expect(await suggestOrganisations([arrowCustomer('Zürich Wholesale'), arrowCustomer('')], [kivirand])).toEqual(
      new Map(),
    );
  });

  it.each([
    [{ internalReference: 'CRM-12' }, { backendId: 'crm-12' }],
    [{ ref: '200012' }, { backendId: '200012' }],
    [{ registrationNumber: '10442233' }, { registrationCode: '10442233' }],
    [{ taxNumber: 'EE10442233' }, { registrationCode: '10442233' }],
  ])('is certain where %j meets %j', async (arrow, waldur) => {
    const found = await suggestOrganisations([arrowCustomer('Xyz', arrow)], [kivirand, organisation('Marova', waldur)]);
    expect(found.get('XSP Xyz')).toMatchObject({ organisation: { name: 'Marova' }, confidence: 1 });
  });

  it.each([
    [{ email: 'accounts@marova.example' }],
    [{ domainName: 'marova.example' }],
    [{ websiteUrl: 'https://www.marova.example/contact' }],
  ])('takes a mail domain for a hint: %j', async (arrow) => {
    const found = await suggestOrganisations(
      [arrowCustomer('Xyz', arrow)],
      [kivirand, organisation('Marova', { email: 'info@marova.example' })],
    );
    expect(found.get('XSP Xyz')).toMatchObject({ organisation: { name: 'Marova' }, ambiguous: false });
  });

  it('names the runner-up, and an organisation that is mapped already only with a note', async () => {
    const twin = organisation('Kivirand OÜ');
    const customers = [arrowCustomer('Kivirand')];
    const tie = await suggestOrganisations(customers, [kivirand, twin]);
    expect(tie.get('XSP Kivirand')!.ambiguous).toBe(true);
    expect([kivirand, twin]).toContain(tie.get('XSP Kivirand')!.runnerUp!.organisation);
    const taken = await suggestOrganisations(customers, [kivirand], { mapped: new Set([kivirand.uuid]) });
    expect(taken.get('XSP Kivirand')!.note).toContain('already mapped');
    expect(taken.get('XSP Kivirand')!.confidence).toBeLessThan(0.9);
  });

  it('stops when the caller goes away', async () => {
    const signal = AbortSignal.abort(new Error('gone'));
    await expect(suggestOrganisations([arrowCustomer('Kivirand')], [kivirand], { signal })).rejects.toThrow('gone');
  });
});
