import { readPageClaim } from './answers.js';
import type { ArrowRequest } from './arrow-client.js';
import type {
  ArrowConsumption,
  ArrowConsumptionEstimate,
  ArrowCustomer,
  ArrowExportQuery,
  ArrowExportType,
  ArrowExportTypeDefinition,
  ArrowLicenseDetail,
  ArrowPartner,
} from './arrow-gateway.js';
import { readCustomers, readPartner } from './customer-answers.js';
import { type Program, readExportTypeDefinition, readExportTypes, readPrograms } from './export-answers.js';
import { type LicenseRow, readFoundLicenses, readLicenseDetail, readListedLicenses } from './license-answers.js';
import type { ListPage } from './page-walker.js';
import { pathPart } from './path-parts.js';
import { shortened } from '../http-client/sentences.js';
import { type ExportAnswer, readConsumption, readEstimate, readExportPage } from './table-answers.js';

/** Every request we make of ArrowSphere. References are encoded here; those that cannot be throw `ArrowReferenceNotUsableError`. */

/** Rows asked for in one page of customers, licences and catalogue: the most that any known client asks for. */
export const PAGE_SIZE = 100;
/** Lines in one page of an export: ArrowSphere's default and its most. */
export const EXPORT_PAGE_SIZE = 1000;

const SHOWN = 60;

/** What licences are searched by: a customer's, or these licences themselves. */
export type LicenseFilter =
  { readonly 'license.customer_ref': readonly string[] } | { readonly 'license.partner_ref': readonly string[] };

export const nameOfCustomer = (reference: string): string => `the customer ${shortened(reference, SHOWN)}`;
export const nameOfLicense = (reference: string): string => `the licence ${shortened(reference, SHOWN)}`;

export function whoAmIRequest(): ArrowRequest<ArrowPartner> {
  return {
    endpoint: 'GET whoami',
    method: 'GET',
    path: 'whoami',
    toDo: 'say whose API key this is',
    content: 'whoami',
    read: readPartner,
  };
}

export function customersRequest(page: number): ArrowRequest<ListPage<ArrowCustomer>> {
  return {
    endpoint: 'GET customers',
    method: 'GET',
    path: 'customers',
    query: { page, per_page: PAGE_SIZE },
    toDo: 'list the customers',
    content: 'customers',
    read: (answer) => ({ rows: readCustomers(answer), claim: readPageClaim(answer) }),
  };
}

/** One customer, in a list of one as ArrowSphere has it. */
export function customerRequest(reference: string): ArrowRequest<ArrowCustomer[]> {
  return {
    endpoint: 'GET customers/{ref}',
    method: 'GET',
    path: `customers/${pathPart(reference, 'customer reference')}`,
    toDo: 'show the customer',
    content: nameOfCustomer(reference),
    thing: nameOfCustomer(reference),
    read: readCustomers,
  };
}

/** `after`: only licences with a higher `license.id`. */
export function searchRequest(
  filter: LicenseFilter,
  page: number,
  after: number | undefined,
): ArrowRequest<ListPage<LicenseRow>> {
  const filters = { ...filter, ...(after === undefined ? {} : { 'license.id': { gt: after } }) };
  return {
    endpoint: 'POST licenses/v2/find',
    method: 'POST',
    path: 'licenses/v2/find',
    query: { page, per_page: PAGE_SIZE },
    body: { filters, sort: { 'license.id': 'asc' } },
    toDo: 'search the licences',
    content: 'licences',
    promises: 'results',
    read: (answer) => ({ rows: readFoundLicenses(answer), claim: readPageClaim(answer) }),
  };
}

/** The older listings, without any filter. */
export function licensesRequest(path: 'v2/licenses' | 'licenses', page: number): ArrowRequest<ListPage<LicenseRow>> {
  return {
    endpoint: `GET ${path}`,
    method: 'GET',
    path,
    query: { page, per_page: PAGE_SIZE },
    toDo: 'list the licences',
    content: 'licences',
    read: (answer) => ({ rows: readListedLicenses(answer), claim: readPageClaim(answer) }),
  };
}

export function licenseRequest(reference: string): ArrowRequest<ArrowLicenseDetail> {
  return {
    endpoint: 'GET licenses/{ref}',
    method: 'GET',
    path: `licenses/${pathPart(reference, 'licence reference')}`,
    toDo: 'show the licence',
    content: nameOfLicense(reference),
    thing: nameOfLicense(reference),
    read: readLicenseDetail,
  };
}

export function consumptionRequest(reference: string, from: string, to: string): ArrowRequest<ArrowConsumption> {
  const name = `the consumption of ${nameOfLicense(reference)}`;
  return {
    endpoint: 'GET consumption/monthly/license/{ref}',
    method: 'GET',
    path: `consumption/monthly/license/${pathPart(reference, 'licence reference')}`,
    query: { reportPeriodStart: from, reportPeriodEnd: to },
    toDo: 'give the consumption of the licence',
    content: name,
    thing: name,
    slow: true,
    read: (answer) => readConsumption(answer, reference.trim()),
  };
}

export function estimateRequest(reference: string): ArrowRequest<ArrowConsumptionEstimate> {
  const name = `a consumption estimate of ${nameOfLicense(reference)}`;
  return {
    endpoint: 'GET consumption/license/{ref}/prediction',
    method: 'GET',
    path: `consumption/license/${pathPart(reference, 'licence reference')}/prediction`,
    query: { granularity: 'monthly' },
    toDo: 'estimate the consumption of the licence',
    content: name,
    thing: name,
    slow: true,
    read: readEstimate,
  };
}

export function exportTypesRequest(): ArrowRequest<ArrowExportType[]> {
  return {
    endpoint: 'GET billing/erp/exports/types',
    method: 'GET',
    path: 'billing/erp/exports/types',
    toDo: 'list the export types',
    content: 'export types',
    read: readExportTypes,
  };
}

export function exportTypeRequest(reference: string): ArrowRequest<ArrowExportTypeDefinition> {
  const name = `the export type ${shortened(reference, SHOWN)}`;
  return {
    endpoint: 'GET billing/erp/exports/types/{ref}',
    method: 'GET',
    path: `billing/erp/exports/types/${pathPart(reference, 'export type')}`,
    toDo: 'show the export type',
    content: name,
    thing: name,
    read: (answer) => readExportTypeDefinition(answer, reference.trim()),
  };
}

export function exportRequest(query: ArrowExportQuery, page: number): ArrowRequest<ExportAnswer> {
  return {
    endpoint: 'POST billing/erp/exports/sync',
    method: 'POST',
    path: 'billing/erp/exports/sync',
    // Live clients send the page in the body, ArrowSphere's own in the query: with both, whichever is read is right.
    query: { page },
    body: {
      exportTypeReference: query.exportTypeReference,
      page,
      outputFormat: { date: 'DD-MM-YYYY' },
      filters: {
        reportPeriod: { from: query.periodFrom, to: query.periodTo },
        ...(query.customerReferences ? { customerXspRefs: query.customerReferences } : {}),
      },
    },
    toDo: 'run the billing export',
    content: 'export lines',
    thing: `a billing export of ${query.periodFrom} to ${query.periodTo}`,
    slow: true,
    read: readExportPage,
  };
}

export function programsRequest(category: string, page: number): ArrowRequest<ListPage<Program>> {
  const name = `the catalogue category ${shortened(category, SHOWN)}`;
  return {
    endpoint: 'GET catalog/categories/{category}/programs',
    method: 'GET',
    path: `catalog/categories/${pathPart(category, 'catalogue category')}/programs`,
    query: { page, per_page: PAGE_SIZE },
    toDo: 'list the vendors',
    content: name,
    thing: name,
    read: (answer) => ({ rows: readPrograms(answer), claim: readPageClaim(answer) }),
  };
}
