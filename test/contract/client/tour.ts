/**
 * The tour of docs/tour.md, driven by a client that was generated from our own document with the generator Waldur uses. This
 * file is compiled together with the generated code (`tsconfig.json` beside it), so a wrong type in the document fails.
 */
import * as waldur from './generated/index.js';
import { createClient, createConfig, type Client } from './generated/client/index.js';

export interface TourOptions {
  baseUrl: string;
  token: string;
  arrow: { apiUrl: string; apiKey: string };
  /** The month whose billing is fetched. */
  year: number;
  month: number;
}

/** What the tour saw, in the order it saw it. */
export interface TourReport {
  partner: string;
  suggested: string[];
  licences: string[];
  imported: string;
  linked: string;
  total: number;
  /** What the month was billed at, and the customer charged. */
  billed: string | null;
  statements: string[];
}

/** Walks from credentials to billing. Every answer is typed by the generated client; any error status throws. */
export async function tour({ baseUrl, token, arrow, year, month }: TourOptions): Promise<TourReport> {
  const client = createClient(createConfig({ baseUrl, auth: () => token, throwOnError: true }));
  const { organisation, project, offering } = await furnish(client);

  const credentials = { api_url: arrow.apiUrl, api_key: arrow.apiKey };
  const checked = await waldur.adminArrowSettingsValidateCredentials({ client, throwOnError: true, body: credentials });
  if (!checked.data.valid) throw new Error(checked.data.error);
  const wizard = (await waldur.adminArrowSettingsDiscoverCustomers({ client, throwOnError: true, body: credentials }))
    .data;
  const exportType = wizard.export_types.find(({ compatible }) => compatible);
  if (!exportType) throw new Error('No export type can be billed from.');
  const settings = (
    await waldur.adminArrowSettingsCreate({
      client,
      throwOnError: true,
      body: { ...credentials, export_type_reference: exportType.reference, is_active: true },
    })
  ).data;

  const available = (await waldur.adminArrowCustomerMappingsAvailableCustomersRetrieve({ client, throwOnError: true }))
    .data;
  const suggestion = available.suggestions.find(
    ({ suggested_waldur_customer: customer }) => customer?.uuid === organisation.uuid,
  );
  if (!suggestion?.suggested_waldur_customer) throw new Error('The organisation was not suggested.');
  const mapping = (
    await waldur.adminArrowCustomerMappingsCreate({
      client,
      throwOnError: true,
      body: {
        settings: settings.uuid,
        arrow_reference: suggestion.arrow_customer.reference,
        arrow_company_name: suggestion.arrow_customer.companyName,
        waldur_customer: suggestion.suggested_waldur_customer.uuid,
      },
    })
  ).data;

  const path = { uuid: mapping.uuid };
  const discovered = (
    await waldur.adminArrowCustomerMappingsDiscoverLicensesRetrieve({ client, throwOnError: true, path })
  ).data;
  const [first, second] = discovered.arrow_licenses.map(({ license_reference: reference }) => reference);
  const place = { offering_uuid: offering.uuid, project_uuid: project.uuid };
  const imported = await waldur.adminArrowCustomerMappingsImportLicense({
    client,
    throwOnError: true,
    path,
    body: { license_reference: first!, ...place },
  });
  const resource = (
    await waldur.marketplaceResourcesCreate({
      client,
      throwOnError: true,
      body: { name: 'Bought before', project: project.uuid, offering: offering.uuid },
    })
  ).data;
  const linked = await waldur.adminArrowCustomerMappingsLinkResource({
    client,
    throwOnError: true,
    path,
    body: { resource_uuid: resource.uuid!, license_reference: second! },
  });

  await waldur.adminArrowVendorOfferingMappingsCreate({
    client,
    throwOnError: true,
    body: { settings: settings.uuid, arrow_vendor_name: 'Microsoft', offering: offering.uuid },
  });
  const accepted = await waldur.adminArrowBillingSyncsTriggerSync({
    client,
    throwOnError: true,
    body: { year, month, settings_uuid: settings.uuid },
  });
  await ended(client, accepted.data.job_id);
  const summary = (await waldur.adminArrowCustomerMappingsBillingSummaryRetrieve({ client, throwOnError: true, path }))
    .data;
  const mappings = await waldur.adminArrowCustomerMappingsList({ client, throwOnError: true, query: { page_size: 1 } });
  const counted = await waldur.adminArrowCustomerMappingsCount({ client, throwOnError: true });
  if (mappings.response.headers.get('x-result-count') !== counted.response.headers.get('x-result-count')) {
    throw new Error('The list and its count disagree.');
  }
  if (summary.customer_mapping_uuid !== mapping.uuid) throw new Error('The summary is of another mapping.');

  return {
    partner: settings.partner_name,
    suggested: available.suggestions.map(({ arrow_customer: customer }) => customer.companyName),
    licences: discovered.arrow_licenses.map(({ license_reference: reference }) => reference),
    imported: imported.data.license_reference,
    linked: linked.data.license_reference,
    billed: summary.total_billing_sell,
    statements: summary.recent_billing_syncs.map(({ sell_total: sell }) => sell ?? ''),
    total: Number(counted.response.headers.get('x-result-count')),
  };
}

/** Waits until a job has succeeded; throws when it does not. */
async function ended(client: Client, uuid: string): Promise<void> {
  for (;;) {
    const { data } = await waldur.adminArrowJobsRetrieve({ client, throwOnError: true, path: { uuid } });
    if (data.state === 'succeeded') return;
    if (data.state === 'failed' || data.state === 'cancelled')
      throw new Error(`${data.kind} ${data.state}: ${data.error_message}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function furnish(client: Client) {
  const customer = (await waldur.customersCreate({ client, throwOnError: true, body: { name: 'Põhjala Tehnika OÜ' } }))
    .data;
  const [project, offering] = await Promise.all([
    waldur.projectsCreate({ client, throwOnError: true, body: { name: 'Cloud', customer: customer.uuid! } }),
    waldur.marketplaceProviderOfferingsCreate({ client, throwOnError: true, body: { name: 'Azure' } }),
  ]);
  return { organisation: customer, project: { uuid: project.data.uuid! }, offering: { uuid: offering.data.uuid! } };
}
