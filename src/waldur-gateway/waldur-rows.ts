import { z } from 'zod';
import { parseUuid } from '../common/uuid.js';

/**
 * What is read of Waldur's objects, by the types of its official clients of August 2026. Each has `fields`, which Waldur
 * is asked for and no others.
 */
const uuid = z.string().transform((text, context) => {
  const read = parseUuid(text);
  if (read) return read;
  context.addIssue({ code: 'custom', message: 'is no UUID' });
  return z.NEVER;
});

/** Shortened to what the column takes: a longer text must not keep a whole page from being stored. */
const text = (length: number) =>
  z
    .string()
    .nullish()
    // Taking texts apart is dear, and few are too long.
    .transform((given) => {
      if (!given || given.length <= length) return given ?? '';
      return [...given].slice(0, length).join('');
    });

/** Names are never blank here. */
const name = (length: number) => text(length).transform((given) => (given.trim() ? given : '(no name)'));

const created = z.string().transform((given) => new Date(given));

const Customer = z
  .object({
    uuid,
    name: name(150),
    abbreviation: text(12),
    native_name: text(160),
    email: text(75),
    backend_id: text(255),
    registration_code: text(160),
    country: text(2),
    created,
  })
  .transform(({ native_name, backend_id, registration_code, ...row }) => ({
    ...row,
    nativeName: native_name,
    backendId: backend_id,
    registrationCode: registration_code,
  }));

const Project = z
  .object({
    uuid,
    name: name(500),
    backend_id: text(255),
    customer_uuid: uuid,
    // What was written before Waldur knew of it has none.
    is_removed: z.boolean().nullish(),
    created,
  })
  .transform(({ backend_id, customer_uuid, is_removed, ...row }) => ({
    ...row,
    backendId: backend_id,
    customerUuid: customer_uuid,
    isGone: is_removed ?? false,
  }));

const UNITS = ['month', 'quarter', 'half_month', 'day', 'hour', 'quantity'] as const;

const price = z.union([z.string(), z.number()]).nullish();

const Plan = z
  .object({
    uuid,
    name: name(150),
    unit: z.enum(UNITS),
    unit_price: price,
    init_price: price,
    switch_price: price,
    prices: z.record(z.string(), price).nullish(),
  })
  .transform(({ unit_price, init_price, switch_price, prices, ...row }) => ({
    ...row,
    hasPrice: [unit_price, init_price, switch_price, ...Object.values(prices ?? {})].some((given) =>
      /[1-9]/.test(String(given ?? '')),
    ),
  }));

const Offering = z
  .object({
    uuid,
    name: name(150),
    backend_id: text(255),
    type: text(100),
    state: z.enum(['Draft', 'Active', 'Paused', 'Archived', 'Unavailable']),
    customer_uuid: uuid.nullish(),
    plans: z.array(Plan).nullish(),
    created,
  })
  .transform(({ backend_id, customer_uuid, plans, ...row }) => ({
    ...row,
    backendId: backend_id,
    customerUuid: customer_uuid ?? null,
    plans: plans ?? [],
  }));

const Resource = z
  .object({
    uuid,
    name: name(150),
    backend_id: text(255),
    state: z.enum(['Creating', 'OK', 'Erred', 'Updating', 'Terminating', 'Terminated']),
    project_uuid: uuid,
    offering_uuid: uuid,
    plan_uuid: uuid.nullish(),
    created,
  })
  .transform(({ backend_id, project_uuid, offering_uuid, plan_uuid, ...row }) => ({
    ...row,
    backendId: backend_id.trim(),
    projectUuid: project_uuid,
    offeringUuid: offering_uuid,
    planUuid: plan_uuid ?? null,
    isGone: row.state === 'Terminated',
  }));

/** Waldur's own Arrow accounts; what `api_key` holds there is never asked for. */
const ArrowSettings = z
  .object({
    uuid,
    api_url: text(255),
    export_type_reference: text(255),
    classification_filter: text(50),
    is_active: z.boolean().nullish(),
    sync_enabled: z.boolean().nullish(),
    partner_reference: text(255),
    partner_name: text(255),
    invoice_price_source: z.enum(['sell', 'buy']).nullish(),
    // Since 8.0.3.
    invoice_item_prefix: z.string().nullish(),
  })
  .transform((row) => ({
    uuid: row.uuid,
    apiUrl: row.api_url,
    exportTypeReference: row.export_type_reference,
    classificationFilter: row.classification_filter || undefined,
    isActive: row.is_active ?? true,
    syncEnabled: row.sync_enabled ?? false,
    partnerReference: row.partner_reference,
    partnerName: row.partner_name,
    invoicePriceSource: row.invoice_price_source ?? undefined,
    invoiceItemPrefix: row.invoice_item_prefix?.slice(0, 100),
  }));

const ArrowCustomerMapping = z
  .object({
    uuid,
    settings_uuid: uuid,
    arrow_reference: text(255),
    arrow_company_name: text(500),
    waldur_customer_uuid: uuid,
    is_active: z.boolean().nullish(),
  })
  .transform((row) => ({
    uuid: row.uuid,
    settingsUuid: row.settings_uuid,
    arrowReference: row.arrow_reference.trim(),
    arrowCompanyName: row.arrow_company_name,
    waldurCustomerUuid: row.waldur_customer_uuid,
    isActive: row.is_active ?? true,
  }));

const ArrowVendorMapping = z
  .object({
    uuid,
    settings_uuid: uuid,
    arrow_vendor_name: text(255),
    offering_uuid: uuid,
    plan_uuid: uuid.nullish(),
    is_active: z.boolean().nullish(),
  })
  .transform((row) => ({
    uuid: row.uuid,
    settingsUuid: row.settings_uuid,
    arrowVendorName: row.arrow_vendor_name.trim(),
    offeringUuid: row.offering_uuid,
    planUuid: row.plan_uuid ?? null,
    isActive: row.is_active ?? true,
  }));

export type WaldurArrowSettings = z.infer<typeof ArrowSettings>;
export type WaldurCustomerMapping = z.infer<typeof ArrowCustomerMapping>;
export type WaldurVendorMapping = z.infer<typeof ArrowVendorMapping>;
export type WaldurCustomer = z.infer<typeof Customer>;
export type WaldurProject = z.infer<typeof Project>;
export type WaldurPlan = z.infer<typeof Plan>;
export type WaldurOffering = z.infer<typeof Offering>;
export type WaldurResource = z.infer<typeof Resource>;

/** A row of one of the lists. */
export interface WaldurRows {
  readonly customers: WaldurCustomer;
  readonly projects: WaldurProject;
  readonly offerings: WaldurOffering;
  readonly resources: WaldurResource;
  readonly arrowSettings: WaldurArrowSettings;
  readonly customerMappings: WaldurCustomerMapping;
  readonly vendorMappings: WaldurVendorMapping;
}

/** Lists that are copied, in the order in which their rows can be stored: each names rows of those before it. */
export const WALDUR_KINDS = ['customers', 'projects', 'offerings', 'resources'] as const;
export type WaldurKind = (typeof WALDUR_KINDS)[number];

/** Where a list is, and what is asked of it. */
export interface WaldurList<Row> {
  /** Below `/api/`. */
  readonly path: string;
  readonly fields: readonly string[];
  /** Rows can be asked for by when they were changed. */
  readonly hasModified: boolean;
  readonly query?: Readonly<Record<string, string>>;
  /** Throws `z.ZodError`. */
  readonly read: (row: unknown) => Row;
}

const fieldsOf = (type: { in: z.ZodObject }) => Object.keys(type.in.shape);

export const WALDUR_LISTS: { readonly [K in keyof WaldurRows]: WaldurList<WaldurRows[K]> } = {
  customers: {
    path: 'customers/',
    fields: fieldsOf(Customer),
    hasModified: false,
    read: (row) => Customer.parse(row),
  },
  projects: {
    path: 'projects/',
    fields: fieldsOf(Project),
    hasModified: true,
    query: { include_terminated: 'true' },
    read: (row) => Project.parse(row),
  },
  offerings: {
    path: 'marketplace-provider-offerings/',
    fields: fieldsOf(Offering),
    hasModified: true,
    read: (row) => Offering.parse(row),
  },
  resources: {
    path: 'marketplace-provider-resources/',
    fields: fieldsOf(Resource),
    hasModified: true,
    read: (row) => Resource.parse(row),
  },
  arrowSettings: {
    path: 'admin/arrow/settings/',
    fields: fieldsOf(ArrowSettings),
    hasModified: false,
    read: (row) => ArrowSettings.parse(row),
  },
  customerMappings: {
    path: 'admin/arrow/customer-mappings/',
    fields: fieldsOf(ArrowCustomerMapping),
    hasModified: false,
    read: (row) => ArrowCustomerMapping.parse(row),
  },
  vendorMappings: {
    path: 'admin/arrow/vendor-offering-mappings/',
    fields: fieldsOf(ArrowVendorMapping),
    hasModified: false,
    read: (row) => ArrowVendorMapping.parse(row),
  },
};

const ORDER_STATES = [
  'pending-consumer',
  'pending-provider',
  'pending-project',
  'pending-start-date',
  'executing',
  'done',
  'erred',
  'canceled',
  'rejected',
] as const;
export type WaldurOrderState = (typeof ORDER_STATES)[number];

/** An order, and the marketplace resource that it makes. */
export const WaldurOrder = z
  .object({
    uuid,
    state: z.enum(ORDER_STATES),
    slug: text(255),
    marketplace_resource_uuid: uuid.nullish(),
    error_message: text(1000),
    created,
  })
  .transform(({ marketplace_resource_uuid, error_message, ...row }) => ({
    ...row,
    resourceUuid: marketplace_resource_uuid ?? null,
    errorMessage: error_message,
  }));
export type WaldurOrder = z.infer<typeof WaldurOrder>;
export const ORDER_FIELDS = fieldsOf(WaldurOrder);

/** Who a token belongs to, by Waldur. */
export const WaldurUser = z
  .object({
    uuid,
    username: name(128),
    email: text(254),
    first_name: text(100),
    last_name: text(100),
    is_staff: z.boolean(),
    is_support: z.boolean().nullish(),
    is_active: z.boolean(),
    date_joined: z.string(),
  })
  .transform((row) => ({
    uuid: row.uuid,
    username: row.username,
    email: row.email,
    firstName: row.first_name,
    lastName: row.last_name,
    isStaff: row.is_staff,
    isSupport: row.is_support ?? false,
    isActive: row.is_active,
    dateJoined: new Date(row.date_joined),
  }));
export type WaldurUser = z.infer<typeof WaldurUser>;
export const USER_FIELDS = fieldsOf(WaldurUser);
