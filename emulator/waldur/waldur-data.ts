import { randomUUID } from 'node:crypto';

/** What stands in the stand-in's tables, by the types of Waldur's official clients of August 2026; UUIDs without dashes. */
export interface WaldurData {
  customers: Row[];
  projects: Row[];
  offerings: Row[];
  resources: Row[];
  orders: Row[];
  /** What Waldur's own Arrow plugin has. */
  arrowSettings: Row[];
  customerMappings: Row[];
  vendorMappings: Row[];
  users: WaldurAccount[];
}

/** A row as its list answers it; `modified` is known to the list's filter and not answered everywhere. */
export interface Row {
  uuid: string;
  name: string;
  created: string;
  modified: string;
  [field: string]: unknown;
}

/** A user and the tokens that open for it. */
export interface WaldurAccount extends Row {
  username: string;
  tokens: string[];
}

export const emptyWaldur = (): WaldurData => ({
  customers: [],
  projects: [],
  offerings: [],
  resources: [],
  orders: [],
  arrowSettings: [],
  customerMappings: [],
  vendorMappings: [],
  users: [],
});

const hex = () => randomUUID().replaceAll('-', '');
/** Of rows that do not say: each a millisecond after the one before, so that their order is their making. */
let lastMade = Date.parse('2026-01-01T00:00:00Z');
export const stamps = (at = new Date((lastMade += 1)).toISOString().replace('Z', '000+00:00')) => ({
  created: at,
  modified: at,
});

export function waldurCustomer(given: Partial<Row> = {}): Row {
  return {
    uuid: hex(),
    name: 'Põhjala Tehnika OÜ',
    abbreviation: '',
    native_name: '',
    email: '',
    backend_id: '',
    registration_code: '',
    country: 'EE',
    archived: false,
    blocked: false,
    ...stamps(),
    ...given,
  };
}

export function waldurProject(customer: Row, given: Partial<Row> = {}): Row {
  return {
    uuid: hex(),
    name: 'Office',
    backend_id: '',
    customer_uuid: customer.uuid,
    customer_name: customer.name,
    is_removed: false,
    ...stamps(),
    ...given,
  };
}

export function waldurPlan(given: Partial<Row> = {}): Row {
  return { uuid: hex(), name: 'Monthly', unit: 'month', archived: false, is_active: true, ...stamps(), ...given };
}

export function waldurOffering(given: Partial<Row> = {}): Row {
  return {
    uuid: hex(),
    name: 'Microsoft 365',
    backend_id: '',
    type: 'Marketplace.Basic',
    state: 'Active',
    customer_uuid: null,
    plans: [],
    ...stamps(),
    ...given,
  };
}

export function waldurResource(project: Row, offering: Row, given: Partial<Row> = {}): Row {
  return {
    uuid: hex(),
    name: 'Microsoft 365 Business',
    backend_id: '',
    state: 'OK',
    project_uuid: project.uuid,
    project_name: project.name,
    customer_uuid: project['customer_uuid'],
    offering_uuid: offering.uuid,
    offering_name: offering.name,
    plan_uuid: null,
    plan_name: null,
    ...stamps(),
    ...given,
  };
}

export function waldurOrder(resource: Row, offering: Row, given: Partial<Row> = {}): Row {
  const uuid = hex();
  return {
    uuid,
    slug: `order-${uuid.slice(0, 8)}`,
    state: 'pending-provider',
    type: 'Create',
    offering_uuid: offering.uuid,
    offering_name: offering.name,
    offering_type: offering['type'],
    project_uuid: resource['project_uuid'],
    project_name: resource['project_name'],
    resource_uuid: null,
    resource_name: resource.name,
    marketplace_resource_uuid: resource.uuid,
    attributes: {},
    error_message: '',
    issue: null,
    ...stamps(),
    ...given,
  } as unknown as Row;
}

/** The key is answered in clear, as Waldur does. */
export function waldurArrowSettings(given: Partial<Row> = {}): Row {
  return {
    uuid: hex(),
    name: '',
    api_url: 'https://xsp.arrow.com/index.php/api/',
    api_key: 'a-key-that-nobody-asks-for',
    export_type_reference: '',
    classification_filter: 'IAAS',
    is_active: true,
    sync_enabled: false,
    partner_reference: '',
    partner_name: '',
    invoice_price_source: 'sell',
    invoice_item_prefix: '',
    ...stamps(),
    ...given,
  };
}

export function waldurCustomerMapping(settings: Row, customer: Row, given: Partial<Row> = {}): Row {
  return {
    uuid: hex(),
    name: '',
    settings_uuid: settings.uuid,
    arrow_reference: 'XSP661245',
    arrow_company_name: customer.name,
    waldur_customer_uuid: customer.uuid,
    waldur_customer_name: customer.name,
    is_active: true,
    ...stamps(),
    ...given,
  };
}

/** Without a plan its key is absent. */
export function waldurVendorMapping(settings: Row, offering: Row, given: Partial<Row> = {}): Row {
  return {
    uuid: hex(),
    name: '',
    settings_uuid: settings.uuid,
    arrow_vendor_name: 'Microsoft',
    offering: offering.uuid,
    offering_uuid: offering.uuid,
    offering_name: offering.name,
    offering_type: offering['type'],
    is_active: true,
    ...stamps(),
    ...given,
  };
}

export function waldurUser(given: Partial<WaldurAccount> = {}): WaldurAccount {
  const username = given.username ?? 'mari';
  return {
    uuid: hex(),
    name: username,
    username,
    email: `${username}@waldur.example`,
    first_name: '',
    last_name: '',
    is_staff: false,
    is_support: false,
    is_active: true,
    tokens: [],
    ...stamps(),
    ...given,
  };
}
