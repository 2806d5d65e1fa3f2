import { EARLIER, PERIOD, type World } from './world.js';

/** What a filter is given, and which rows it has to find: some of them and not all, or none. */
export interface FilterCase {
  some: string;
  none?: string;
  /** `some` is right for every row there is. */
  all?: true;
}

type Filters = Record<string, (world: World) => FilterCase>;

const link = (object: { url: string }) => encodeURIComponent(object.url);
const NOBODY = '00000000-0000-4000-8000-000000000000';
const nobody = (url: string) => encodeURIComponent(url.replace(/[0-9a-f-]{36}/, NOBODY));

/** Every filter the contract gives a list, but for those of `deviations.ts` and the ones about pages, order and keys. */
export const FILTERS: Record<string, Filters> = {
  admin_arrow_settings_list: {
    is_active: () => ({ some: 'true' }),
    sync_enabled: () => ({ some: 'true' }),
  },
  admin_arrow_customer_mappings_list: {
    arrow_company_name: () => ({ some: 'XSP300001', none: 'nobody' }),
    arrow_reference: () => ({ some: '300001', none: 'XSP9' }),
    is_active: () => ({ some: 'false' }),
    settings: (world) => ({ some: link(world.settings), none: nobody(world.settings.url) }),
    settings_uuid: (world) => ({ some: world.settings.uuid, none: NOBODY }),
    waldur_customer: (world) => ({ some: link(world.customer), none: nobody(world.customer.url) }),
    waldur_customer_uuid: (world) => ({ some: world.customer.uuid, none: NOBODY }),
  },
  admin_arrow_vendor_offering_mappings_list: {
    arrow_vendor_name: () => ({ some: 'micro', none: 'nobody' }),
    is_active: () => ({ some: 'false' }),
    offering: (world) => ({ some: link(world.offering), none: nobody(world.offering.url) }),
    offering_uuid: (world) => ({ some: world.offering.uuid, none: NOBODY }),
    settings: (world) => ({ some: link(world.settings), none: nobody(world.settings.url) }),
    settings_uuid: (world) => ({ some: world.settings.uuid, none: NOBODY }),
  },
  admin_arrow_billing_syncs_list: {
    arrow_state: () => ({ some: 'VALIDATED', none: 'rejected' }),
    customer_mapping: (world) => ({ some: link(world.mapping), none: nobody(world.mapping.url) }),
    customer_mapping_uuid: (world) => ({ some: world.mapping.uuid, none: NOBODY }),
    report_period: () => ({ some: EARLIER, none: '2001-01' }),
    report_period_from: () => ({ some: PERIOD, none: '2090-01' }),
    report_period_to: () => ({ some: EARLIER, none: '2001-01' }),
    settings_uuid: (world) => ({ some: world.settings.uuid, none: NOBODY, all: true }),
    state: () => ({ some: '4', none: '9' }),
    statement_reference: () => ({ some: '300001', none: 'nobody' }),
  },
  admin_arrow_billing_sync_items_list: {
    arrow_line_reference: (world) => ({ some: world.line.arrow_line_reference as string, none: 'nobody' }),
    billing_sync: (world) => ({ some: link(world.sync), none: nobody(world.sync.url) }),
    billing_sync_uuid: (world) => ({ some: world.sync.uuid, none: NOBODY }),
    classification: () => ({ some: 'SAAS', none: 'nothing' }),
    has_compensation: () => ({ some: 'true' }),
    report_period: () => ({ some: EARLIER, none: '2001-01' }),
    subscription_reference: (world) => ({ some: world.line.subscription_reference as string, none: 'nobody' }),
    vendor_name: () => ({ some: 'amaz', none: 'nobody' }),
  },
  admin_arrow_consumption_records_list: {
    billing_period: () => ({ some: `${EARLIER}-01`, none: '2001-01-01' }),
    billing_period_from: () => ({ some: `${PERIOD}-01`, none: '2090-01-01' }),
    billing_period_to: () => ({ some: `${EARLIER}-01`, none: '2001-01-01' }),
    customer_uuid: (world) => ({ some: world.otherCustomer.uuid, none: NOBODY }),
    is_finalized: () => ({ some: 'true' }),
    is_reconciled: () => ({ some: 'true' }),
    license_reference: (world) => ({ some: world.resource.backend_id as string, none: 'nobody' }),
    project_uuid: (world) => ({ some: world.otherProject.uuid, none: NOBODY }),
    resource: (world) => ({ some: link(world.resource), none: nobody(world.resource.url) }),
    resource_uuid: (world) => ({ some: world.resource.uuid, none: NOBODY }),
  },
  customers_list: {
    abbreviation: () => ({ some: 'PT', none: 'nobody' }),
    archived: () => ({ some: 'false', none: 'true', all: true }),
    backend_id: () => ({ some: 'crm-7', none: 'nobody' }),
    name: () => ({ some: 'tehnika', none: 'nobody' }),
    name_exact: (world) => ({ some: encodeURIComponent(world.customer.name as string), none: 'tehnika' }),
    native_name: () => ({ some: 'saare', none: 'nobody' }),
    query: () => ({ some: 'tehnika', none: 'nobody' }),
  },
  projects_list: {
    backend_id: () => ({ some: 'erp-1', none: 'erp' }),
    customer: (world) => ({ some: world.customer.uuid, none: NOBODY }),
    customer_name: () => ({ some: 'saare', none: 'nobody' }),
    name: () => ({ some: 'clo', none: 'nobody' }),
    name_exact: () => ({ some: 'Cloud', none: 'clo' }),
    query: () => ({ some: 'clo', none: 'nobody' }),
  },
  marketplace_provider_offerings_list: {
    customer: (world) => ({ some: link(world.customer), none: nobody(world.customer.url) }),
    customer_uuid: (world) => ({ some: world.customer.uuid, none: NOBODY }),
    keyword: () => ({ some: 'azu', none: 'nobody' }),
    name: () => ({ some: 'azu', none: 'nobody' }),
    name_exact: () => ({ some: 'Azure', none: 'azu' }),
    query: () => ({ some: 'azu', none: 'nobody' }),
    state: () => ({ some: 'Paused', none: 'Archived' }),
    type: () => ({ some: 'Support.OfferingTemplate', none: 'Nothing.At.All' }),
  },
  marketplace_resources_list: {
    backend_id: (world) => ({ some: world.resource.backend_id as string, none: 'nobody' }),
    customer: (world) => ({ some: link(world.customer), none: nobody(world.customer.url) }),
    customer_uuid: (world) => ({ some: world.customer.uuid, none: NOBODY }),
    name: () => ({ some: 'freez', none: 'nobody' }),
    name_exact: () => ({ some: 'Freezer', none: 'freez' }),
    offering: (world) => ({ some: link(world.offering), none: nobody(world.offering.url) }),
    offering_uuid: (world) => ({ some: world.offering.uuid, none: NOBODY }),
    offering_type: () => ({ some: 'Support.OfferingTemplate', none: 'Nothing.At.All' }),
    project_name: () => ({ some: 'Cold', none: 'col' }),
    project_uuid: (world) => ({ some: world.project.uuid, none: NOBODY }),
    provider_uuid: (world) => ({ some: world.customer.uuid, none: NOBODY }),
    query: () => ({ some: 'freez', none: 'nobody' }),
    state: () => ({ some: 'Terminated', none: 'Erred' }),
  },
};

/** In which order a list comes when nobody asks: by these keys of its rows, `-` for the largest first. */
export const ORDERS: Record<string, string[]> = {
  admin_arrow_settings_list: ['-created'],
  admin_arrow_customer_mappings_list: ['-created'],
  admin_arrow_vendor_offering_mappings_list: ['-created'],
  admin_arrow_billing_syncs_list: ['-report_period', '-created'],
  admin_arrow_billing_sync_items_list: ['-created'],
  admin_arrow_consumption_records_list: ['-billing_period', '-created'],
  customers_list: ['name'],
  projects_list: ['-created'],
  marketplace_provider_offerings_list: ['-created'],
  marketplace_resources_list: ['-created'],
};
