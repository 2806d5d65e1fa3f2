/** A key of an object that the contract calls required and that is rightly left out of answers. */
export interface AbsentKey {
  object: string;
  key: string;
  reason: string;
  /** Where the object itself says that there is something to name, the key has to be there: these keys are not null. */
  unlessNull?: string;
  /** The same, where this key is true. */
  unlessTrue?: string;
}

/** A difference between our published document and the contract that is meant, found by its exact description. */
export interface AllowedDifference {
  /** Matches the whole line of `Difference.text`. */
  difference: RegExp;
  reason: string;
}

const NOTHING_LINKED = 'There is nothing to name when nothing is linked, and Waldur leaves the key out as well.';
const NO_PLAN = 'A mapping need not have a plan, and Waldur leaves the key out then.';

/** Required keys that may be missing. Everything else the contract requires has to be there, always. */
export const ABSENT_KEYS: AbsentKey[] = [
  { object: 'ArrowBillingSync', key: 'invoice_uuid', reason: NOTHING_LINKED },
  { object: 'ArrowBillingSyncItem', key: 'invoice_item_uuid', reason: NOTHING_LINKED },
  { object: 'ArrowBillingSyncItem', key: 'compensation_item_uuid', reason: NOTHING_LINKED },
  { object: 'ArrowBillingSyncItemDetail', key: 'invoice_item_uuid', reason: NOTHING_LINKED },
  {
    object: 'ArrowBillingSyncItemDetail',
    key: 'compensation_item_uuid',
    reason: NOTHING_LINKED,
    unlessTrue: 'has_compensation',
  },
  { object: 'ArrowConsumptionRecord', key: 'invoice_item_uuid', reason: NOTHING_LINKED },
  { object: 'ArrowConsumptionRecord', key: 'compensation_item_uuid', reason: NOTHING_LINKED },
  { object: 'ArrowVendorOfferingMapping', key: 'plan_uuid', reason: NO_PLAN, unlessNull: 'plan' },
  { object: 'ArrowVendorOfferingMapping', key: 'plan_name', reason: NO_PLAN, unlessNull: 'plan' },
  { object: 'ArrowVendorOfferingMappingCreate', key: 'plan_uuid', reason: NO_PLAN, unlessNull: 'plan' },
  { object: 'ArrowVendorOfferingMappingCreate', key: 'plan_name', reason: NO_PLAN, unlessNull: 'plan' },
];

/** Keys the contract knows and our answers must never carry. */
export const NEVER_SENT: AbsentKey[] = [
  { object: 'ArrowSettings', key: 'api_key', reason: 'A secret is accepted and never given back.' },
];

const SCHEDULED = 'The description names no body; the running original answers with this sentence.';

/** Bodies we send where the contract names none, in the contract's form. */
export const ADDED_BODIES: Record<string, { fields: Record<string, string>; reason: string }> = {
  admin_arrow_customer_mappings_sync_from_arrow: {
    fields: { updated: 'integer' },
    reason: 'The description names no body; the running original answers with this count.',
  },
  admin_arrow_billing_syncs_reconcile: { fields: { message: 'string' }, reason: SCHEDULED },
  admin_arrow_billing_syncs_trigger_consumption_sync: { fields: { message: 'string' }, reason: SCHEDULED },
  admin_arrow_billing_syncs_trigger_reconciliation: { fields: { message: 'string' }, reason: SCHEDULED },
  admin_arrow_billing_syncs_trigger_sync: { fields: { message: 'string' }, reason: SCHEDULED },
};

const SECRET = 'A secret is accepted and never given back.';
const ONE_OF_TWO = 'Optional there; only the key of what was done is sent.';
const NEIGHBOUR = 'Optional there, and nothing this service keeps: the directory serves what the Arrow pages need.';

/** Keys and filters of the neighbours that this directory does not have, and keys that are always null. */
const NOT_KEPT: { list?: string; retrieve: string; keys: string[]; nulls?: string[]; filters?: string[] }[] = [
  {
    list: 'customers_list',
    retrieve: 'customers_retrieve',
    keys: ['slug', 'projects_count', 'users_count'],
    filters: ['user_uuid'],
  },
  {
    list: 'projects_list',
    retrieve: 'projects_retrieve',
    keys: ['slug', 'type', 'resources_count'],
    nulls: ['end_date'],
    filters: ['is_removed'],
  },
  {
    list: 'marketplace_provider_offerings_list',
    retrieve: 'marketplace_provider_offerings_retrieve',
    keys: ['slug', 'category_uuid', 'category_title'],
    filters: ['category_uuid', 'project_uuid', 'shared', 'billable'],
  },
  {
    list: 'marketplace_resources_list',
    retrieve: 'marketplace_resources_retrieve',
    keys: ['slug'],
    nulls: ['resource_uuid', 'resource_type'],
    filters: ['category_uuid'],
  },
  { retrieve: 'users_me_retrieve', keys: ['slug', 'preferred_language'] },
];

/** One entry each, so that one that is kept after all is noticed. */
const notKept: AllowedDifference[] = NOT_KEPT.flatMap(({ list, retrieve, keys, filters = [] }) => [
  ...keys.flatMap((key) => [
    ...(list ? [`${list}: answer 200\\[\\]\\.${key}`] : []),
    `${retrieve}: answer 200\\.${key}`,
  ]),
  ...filters.map((filter) => `${list}: query ${filter}`),
]).map((what) => ({ difference: new RegExp(`^${what}: is missing$`), reason: NEIGHBOUR }));

/** Keys of answers that never have a value here, by their path. Everything else has to be seen with one. */
export const NEVER_REACHED: { key: RegExp; reason: string }[] = [
  { key: /^admin_arrow_settings_(list\[\]|retrieve|update|partial_update)\.api_key$/, reason: SECRET },
  { key: /^users_me_retrieve\.token$/, reason: SECRET },
  {
    key: /^admin_arrow_billing_syncs_sync_resource_historical_consumption\.errors/,
    reason: 'The tour meets no ArrowSphere that fails for one month only; the billing tests do.',
  },
  { key: /^admin_arrow_billing_syncs_(pause_sync\.resumed|resume_sync\.paused)$/, reason: ONE_OF_TWO },
  ...NOT_KEPT.flatMap(({ list, retrieve, keys, nulls = [] }) =>
    [...keys, ...nulls].map((key) => ({
      key: new RegExp(`^(${list}\\[\\]|${retrieve})\\.${key}$`),
      reason: NEIGHBOUR,
    })),
  ),
];

/** Differences of the published document from the contract that are meant. */
export const ALLOWED_DIFFERENCES: AllowedDifference[] = [
  { difference: /^admin_arrow_settings_\w+: answer 200(\[\])?\.api_key: is missing$/, reason: SECRET },
  { difference: /^users_me_retrieve: answer 200\.token: is missing$/, reason: SECRET },
  {
    difference:
      /^(admin_arrow_settings_\w+: request\.api_key|api_auth_password: request\.password): format is password/,
    reason: 'Tells Swagger UI to hide what is typed; on the wire it is text.',
  },
  {
    difference: /^admin_arrow_settings_(partial_)?update: request\.api_key: minLength is undefined/,
    reason: "An empty key keeps the stored one, as the field's own help text says.",
  },
  {
    difference:
      /^admin_arrow_\w+: request\.(api_key|api_url|export_type_reference|classification_filter|customer_mappings\[\]\.arrow_reference|classification|license_reference|license_name): maxLength is \d+, not undefined$/,
    reason: 'What could not be saved is refused at once, also where it is only tried.',
  },
  {
    difference: /^admin_arrow_\w+: answer 400: is none of the described alternatives$/,
    reason: 'Extra parameters can be wrong too, so an answer by field is possible besides the sentence.',
  },
  {
    difference: /^customers_list: query o: type is array, not string$/,
    reason: 'The same on the wire: names joined by commas.',
  },
  { difference: /^\w+_list: query o\[\]: any value, not one of /, reason: 'Unknown names are ignored, not refused.' },
  {
    difference:
      /^admin_arrow_settings_(preview|save)_settings: request\.(classification_filter|sync_enabled): default is undefined/,
    reason: 'Left out, what is stored holds; the default is for an account that is new.',
  },
  {
    difference:
      /^admin_arrow_vendor_offering_mappings_vendor_choices_\w+: query (is_active|offering|offering_uuid): is missing$/,
    reason: 'Of mappings, and these are names to choose from: refused by name, where the running original ignores it.',
  },
  ...ABSENT_KEYS.map(({ key, reason }) => ({
    difference: new RegExp(`^admin_arrow_\\w+: answer 20\\d\\S*\\.${key}: is not required$`),
    reason,
  })),
  {
    difference: /^admin_arrow_\w+: answer 200\S*\.(arrow_state|state|state_display|status): the choices .* are added$/,
    reason: 'The description says text; these are all the words that are ever sent.',
  },
  {
    difference:
      /^admin_arrow_billing_syncs_(pause_sync: answer 200\.resumed|resume_sync: answer 200\.paused): is missing$/,
    reason: ONE_OF_TWO,
  },
  ...notKept,
];
