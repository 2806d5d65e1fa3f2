import { z } from 'zod';
import { commandOf } from '../common/command.js';
import { visibleText } from '../common/normalize-arrow-reference.js';
import { parseUuid } from '../common/uuid.js';

/**
 * What is read of Waldur's objects, by the types of its official clients of August 2026. Each has `fields`, which Waldur
 * is asked for and no others.
 */
const uuid = z.string().transform((given, context) => {
  const read = parseUuid(given);
  if (read) return read;
  context.addIssue({ code: 'custom', message: NO_UUID });
  return z.NEVER;
});
const NO_UUID = 'is no UUID';

const text = (length: number) =>
  z
    .string()
    .nullish()
    .transform((given) => shortText(given, length));

/** Shortened to what the column takes: a longer text must not keep a whole page from being stored. */
function shortText(given: string | null | undefined, length: number): string {
  // Taking texts apart is dear, and few are too long.
  if (!given || given.length <= length) return given ?? '';
  return [...given].slice(0, length).join('');
}

const name = (length: number) =>
  z
    .string()
    .nullish()
    .transform((given) => shortName(given, length));

/** Names are never blank here. */
function shortName(given: string | null | undefined, length: number): string {
  const short = shortText(given, length);
  return short.trim() ? short : '(no name)';
}

const created = z.string().transform((given) => new Date(given));

const given = z.string();
const perhapsGiven = given.nullish();

/** Lists of very many rows have no transforms: each costs several times what all else that is done to a row does. */
const Customer = z.object({
  uuid: given,
  name: perhapsGiven,
  abbreviation: perhapsGiven,
  native_name: perhapsGiven,
  email: perhapsGiven,
  backend_id: perhapsGiven,
  registration_code: perhapsGiven,
  country: perhapsGiven,
  created: given,
});

function readCustomer(given: unknown) {
  const row = Customer.parse(given);
  return {
    uuid: uuidIn(row, 'uuid'),
    name: shortName(row.name, 150),
    abbreviation: shortText(row.abbreviation, 12),
    nativeName: shortText(row.native_name, 160),
    email: shortText(row.email, 75),
    backendId: shortText(row.backend_id, 255),
    registrationCode: shortText(row.registration_code, 160),
    country: shortText(row.country, 2),
    created: new Date(row.created),
  };
}

const Project = z.object({
  uuid: given,
  name: perhapsGiven,
  backend_id: perhapsGiven,
  customer_uuid: given,
  // What was written before Waldur knew of it has none.
  is_removed: z.boolean().nullish(),
  created: given,
});

function readProject(given: unknown) {
  const row = Project.parse(given);
  return {
    uuid: uuidIn(row, 'uuid'),
    name: shortName(row.name, 500),
    backendId: shortText(row.backend_id, 255),
    customerUuid: uuidIn(row, 'customer_uuid'),
    isGone: row.is_removed ?? false,
    created: new Date(row.created),
  };
}

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

/** A plan by itself: it names its offering by a hyperlink, and all else of it comes with that. */
const PlanAlone = z
  .object({
    uuid,
    offering: z
      .string()
      .transform((link) => link.split('/').findLast(Boolean))
      .pipe(uuid),
  })
  .transform((row) => ({ uuid: row.uuid, offeringUuid: row.offering }));

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
  .transform((row) => ({
    ...commandOf(row),
    customerUuid: row.customer_uuid ?? null,
    plans: row.plans ?? [],
  }));

const Resource = z.object({
  uuid: given,
  name: perhapsGiven,
  backend_id: perhapsGiven,
  state: z.enum(['Creating', 'OK', 'Erred', 'Updating', 'Terminating', 'Terminated']),
  project_uuid: given,
  offering_uuid: given,
  plan_uuid: perhapsGiven,
  created: given,
});

function readResource(given: unknown) {
  const row = Resource.parse(given);
  return {
    uuid: uuidIn(row, 'uuid'),
    name: shortName(row.name, 150),
    backendId: visibleText(shortText(row.backend_id, 255)),
    state: row.state,
    projectUuid: uuidIn(row, 'project_uuid'),
    offeringUuid: uuidIn(row, 'offering_uuid'),
    planUuid: typeof row.plan_uuid === 'string' ? uuidIn(row, 'plan_uuid') : null,
    isGone: row.state === 'Terminated',
    created: new Date(row.created),
  };
}

/** Throws `z.ZodError`. */
function uuidIn<Row extends object>(row: Row, key: keyof Row & string): string {
  const read = parseUuid(row[key]);
  if (read) return read;
  throw new z.ZodError([{ code: 'custom', message: NO_UUID, path: [key], input: row[key] }]);
}

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
    ...commandOf(row),
    classificationFilter: row.classification_filter || undefined,
    isActive: row.is_active ?? true,
    syncEnabled: row.sync_enabled ?? false,
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
    ...commandOf(row),
    arrowReference: row.arrow_reference.trim(),
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
    ...commandOf(row),
    arrowVendorName: row.arrow_vendor_name.trim(),
    planUuid: row.plan_uuid ?? null,
    isActive: row.is_active ?? true,
  }));

export type WaldurArrowSettings = z.infer<typeof ArrowSettings>;
export type WaldurCustomerMapping = z.infer<typeof ArrowCustomerMapping>;
export type WaldurVendorMapping = z.infer<typeof ArrowVendorMapping>;
export type WaldurCustomer = ReturnType<typeof readCustomer>;
export type WaldurProject = ReturnType<typeof readProject>;
export type WaldurPlan = z.infer<typeof Plan>;
export type WaldurPlanAlone = z.infer<typeof PlanAlone>;
export type WaldurOffering = z.infer<typeof Offering>;
export type WaldurResource = ReturnType<typeof readResource>;

/** A row of one of the lists. */
export interface WaldurRows {
  readonly customers: WaldurCustomer;
  readonly projects: WaldurProject;
  readonly offerings: WaldurOffering;
  readonly plans: WaldurPlanAlone;
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

function listOf<Row>(path: string, type: z.ZodType<Row> & { in: z.ZodObject }, hasModified = false): WaldurList<Row> {
  return { path, fields: fieldsOf(type), hasModified, read: (row) => type.parse(row) };
}

export const WALDUR_LISTS: { readonly [K in keyof WaldurRows]: WaldurList<WaldurRows[K]> } = {
  customers: {
    path: 'customers/',
    fields: Object.keys(Customer.shape),
    hasModified: false,
    read: readCustomer,
  },
  projects: {
    path: 'projects/',
    fields: Object.keys(Project.shape),
    hasModified: true,
    query: { include_terminated: 'true' },
    read: readProject,
  },
  offerings: listOf('marketplace-provider-offerings/', Offering, true),
  plans: listOf('marketplace-plans/', PlanAlone),
  resources: {
    path: 'marketplace-provider-resources/',
    fields: Object.keys(Resource.shape),
    hasModified: true,
    read: readResource,
  },
  arrowSettings: listOf('admin/arrow/settings/', ArrowSettings),
  customerMappings: listOf('admin/arrow/customer-mappings/', ArrowCustomerMapping),
  vendorMappings: listOf('admin/arrow/vendor-offering-mappings/', ArrowVendorMapping),
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
    // Of orders of `Support.OfferingTemplate`, once their ticket has been made.
    issue: z.object({ key: text(255) }).nullish(),
    created,
  })
  .transform(({ marketplace_resource_uuid, error_message, issue, ...row }) => ({
    ...row,
    resourceUuid: marketplace_resource_uuid ?? null,
    errorMessage: error_message,
    /** Key of its ticket, `""` where that has none; `undefined`: there is no ticket. */
    ticket: issue ? issue.key : undefined,
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
    // Shown to staff and support only: to others Waldur does not say that they are neither.
    is_staff: z.boolean().nullish(),
    is_support: z.boolean().nullish(),
    is_active: z.boolean().nullish(),
    date_joined: z.string(),
  })
  .transform((row) => ({
    ...commandOf(row),
    isStaff: row.is_staff ?? false,
    isSupport: row.is_support ?? false,
    // A token of somebody who is not active does not open.
    isActive: row.is_active ?? true,
    dateJoined: new Date(row.date_joined),
  }));
export type WaldurUser = z.infer<typeof WaldurUser>;
export const USER_FIELDS = fieldsOf(WaldurUser);
