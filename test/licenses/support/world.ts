import { arrowCustomer, arrowLicense } from '../../../emulator/data.js';
import type { EmulatorCustomer, EmulatorLicense } from '../../../emulator/model.js';
import type { TestApp } from '../../support/app.js';
import type { Builders } from '../../support/builders.js';

export const path = '/api/admin/arrow/customer-mappings/';

type Made = Awaited<ReturnType<Builders['customer']>>;

/** A mapped customer with all that licences need around it. */
export interface World {
  readonly settings: Made;
  readonly organisation: Made;
  readonly project: Made;
  readonly offering: Made;
  readonly mapping: Made;
  /** In ArrowSphere. */
  readonly customer: EmulatorCustomer;
  /** Gives the customer one more licence. */
  license(fields?: Partial<EmulatorLicense>): EmulatorLicense;
}

export async function world(
  app: TestApp,
  make: Builders,
  given: { settings?: string; customer?: EmulatorCustomer; arrow_reference?: string; organisation?: string } = {},
): Promise<World> {
  const customer = given.customer ?? arrowCustomer();
  if (!app.arrow.data.customers.includes(customer)) app.arrow.data.customers.push(customer);
  const settings = given.settings ? { uuid: given.settings } : await make.settings();
  const organisation = given.organisation ? { uuid: given.organisation } : await make.customer();
  const project = await make.project({ customer: organisation.uuid });
  const offering = await make.offering();
  const named: object = { arrow_company_name: customer.CompanyName };
  const mapping = await make.mapping({
    settings: settings.uuid,
    waldur_customer: organisation.uuid,
    arrow_reference: given.arrow_reference ?? customer.Reference,
    ...named,
  });
  return {
    settings,
    organisation,
    project,
    offering,
    mapping,
    customer,
    license(fields = {}) {
      const license = arrowLicense({ customer, ...fields });
      app.arrow.data.licenses.push(license);
      return license;
    },
  };
}
