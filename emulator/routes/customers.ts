import { type ApiReply, type ApiRequest, notFound } from '../http.js';
import type { EmulatorCustomer } from '../model.js';
import { snakePagination, xspPage } from '../paging.js';

export function whoami({ partner }: ApiRequest): ApiReply {
  const data = {
    companyName: partner.companyName,
    addressLine1: '',
    addressLine2: null,
    zip: '',
    city: 'Tallinn',
    countryCode: 'EE',
    state: null,
    receptionPhone: '',
    websiteUrl: '',
    emailContact: 'cloud@reseller.example',
    headcount: null,
    taxNumber: '',
    reference: partner.reference,
    ref: partner.reference.replace('XSP', 'R'),
    billingId: `B${partner.reference.replace('XSP', '')}`,
    internalReference: '',
    preferredCurrency: 'EUR',
    ...partner.whoami,
  };
  return { status: 200, body: { status: 200, data } };
}

const own = ({ data, partner }: ApiRequest) =>
  data.customers.filter(({ partnerReference }) => partnerReference === partner.reference);

function onTheWire(customer: EmulatorCustomer): Record<string, unknown> {
  const { partnerReference: _, ...fields } = customer;
  return fields;
}

export function listCustomers(request: ApiRequest): ApiReply {
  const page = xspPage(own(request), request);
  return {
    status: 200,
    body: {
      status: 200,
      data: { customers: page.rows.map(onTheWire) },
      pagination: snakePagination(page, 'customers'),
    },
  };
}

/** One customer comes as an array of one, with the pagination of a list. */
export function getCustomer(request: ApiRequest, reference: string): ApiReply {
  return { status: 200, body: { status: 200, data: { customers: [onTheWire(findCustomer(request, reference))] } } };
}

export function findCustomer(request: ApiRequest, reference: string): EmulatorCustomer {
  const customer = own(request).find(({ Reference }) => Reference === reference);
  if (!customer) throw notFound(`Customer ${reference} not found`, 'CUSTOMER_NOT_FOUND');
  return customer;
}
