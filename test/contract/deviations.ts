/** A key of an object that the contract calls required and that is rightly left out of answers. */
export interface AbsentKey {
  object: string;
  key: string;
  reason: string;
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
  { object: 'ArrowBillingSyncItemDetail', key: 'compensation_item_uuid', reason: NOTHING_LINKED },
  { object: 'ArrowConsumptionRecord', key: 'invoice_item_uuid', reason: NOTHING_LINKED },
  { object: 'ArrowConsumptionRecord', key: 'compensation_item_uuid', reason: NOTHING_LINKED },
  { object: 'ArrowVendorOfferingMapping', key: 'plan_uuid', reason: NO_PLAN },
  { object: 'ArrowVendorOfferingMapping', key: 'plan_name', reason: NO_PLAN },
  { object: 'ArrowVendorOfferingMappingCreate', key: 'plan_uuid', reason: NO_PLAN },
  { object: 'ArrowVendorOfferingMappingCreate', key: 'plan_name', reason: NO_PLAN },
];

/** Keys the contract knows and our answers must never carry. */
export const NEVER_SENT: AbsentKey[] = [
  { object: 'ArrowSettings', key: 'api_key', reason: 'A secret is accepted and never given back.' },
];

/** Operations the contract describes and this service does not offer. */
export const NOT_OFFERED: Record<string, string> = {
  api_auth_password: 'Users have tokens and no passwords here, so there is nothing to exchange.',
};

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

/** Differences of the published document from the contract that are meant. */
export const ALLOWED_DIFFERENCES: AllowedDifference[] = [];
