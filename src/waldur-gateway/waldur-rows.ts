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
    .transform((given) => [...(given ?? '')].slice(0, length).join(''));

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
}

/** Lists in the order in which their rows can be stored: each names rows of those before it. */
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

export const WALDUR_LISTS: { readonly [K in WaldurKind]: WaldurList<WaldurRows[K]> } = {
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
