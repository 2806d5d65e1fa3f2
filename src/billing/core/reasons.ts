/**
 * Why money is where it is: code → what it means, and what to do about it. Codes stand in the database and on the wire
 * and are stable once published. The one place for their sentences.
 */
export const REASONS = {
  // A line that nobody can be charged for yet.
  no_license: {
    sentence: 'The line names no licence, so nobody can be charged.',
    fix: 'Ask Arrow, or choose an export type with the column ARS Subscription ID.',
  },
  customer_unknown: {
    sentence: 'Neither the line nor ArrowSphere says whose licence it is.',
    fix: 'Choose an export type that names the customer, or ask Arrow.',
  },
  owner_conflict: {
    sentence: 'The licence had several owners, and the line does not name one.',
    fix: 'Choose an export type that names the customer, or ask Arrow whose line it is.',
  },
  customer_not_mapped: {
    sentence: 'Its Arrow customer is not mapped to an organisation.',
    fix: 'Map the Arrow customer: POST customer-mappings/.',
  },
  several_mappings: {
    sentence: 'Its Arrow customer is mapped to several organisations; where two are possible nobody is charged.',
    fix: 'Deactivate the mappings that are not meant.',
  },
  resource_of_another_customer: {
    sentence: 'Its licence is linked to a resource of another organisation than its Arrow customer is mapped to.',
    fix: 'Unlink the licence from its resource, or map its Arrow customer to the organisation of that resource.',
  },
  other_period: {
    sentence: 'The line is of another report period.',
    fix: 'It is charged in the month that it names; nothing is to be done.',
  },
  period_unreadable: {
    sentence: 'The report period of the line cannot be read, so its customer stands at what was posted.',
    fix: 'Ask Arrow to correct the line, or have the column written as YYYY-MM.',
  },
  currency_unknown: {
    sentence: 'What the line gives as its currency is no ISO 4217 code.',
    fix: 'Ask Arrow to correct the line, or choose an export type with a currency column.',
  },
  // A line that is deliberately not charged.
  classification: {
    sentence: 'The account does not bill this classification.',
    fix: 'Change classification_filter in the settings if it is to be billed.',
  },
  no_classification: {
    sentence: 'The line has no classification, and the account bills only one.',
    fix: 'Empty classification_filter in the settings if such lines are to be billed.',
  },
  statement_rejected: {
    sentence: 'ArrowSphere rejected the statement of the line.',
    fix: 'It is charged as soon as ArrowSphere accepts the statement.',
  },
  // A charge that stands at what was posted.
  amount_unreadable: {
    sentence: 'An amount of its Arrow customer cannot be read, so the charge stands at what was posted.',
    fix: 'Have the cell corrected at Arrow, or set number_locale of the account.',
  },
  amount_missing: {
    sentence: 'The export gives no amount for a line of the licence, so the charge stands at what was posted.',
    fix: 'Wait for the next export, or ask Arrow for the amount.',
  },
  lines_gone: {
    sentence: 'All lines of its Arrow customer are gone from the export, so the charge stands at what was posted.',
    fix: 'If that is right, run the month again with accept_shrinkage.',
  },
  // A difference that waits.
  invoice_issued: {
    sentence: 'The invoice is issued and its charge is not closed yet: the difference waits for the close.',
    fix: 'Reconcile the month when ArrowSphere has closed the statement, or by force.',
  },
  rounding_waits: {
    sentence: 'The rounding of an issued invoice waits until nothing else of it is pending.',
    fix: 'Nothing is to be done.',
  },
  // A line that is charged, but to no resource.
  not_linked: {
    sentence: 'It is charged to the organisation without a project, as its licence is linked to no resource.',
    fix: 'Import or link the licence: POST customer-mappings/{uuid}/import_license/ or link_resource/.',
  },
} as const satisfies Record<string, { readonly sentence: string; readonly fix: string }>;

export type Reason = keyof typeof REASONS;

/** The sentence and the fix of a code; blank for one that is not known (any more). */
export function reasonOf(code: string): { readonly sentence: string; readonly fix: string } {
  return code in REASONS ? REASONS[code as Reason] : { sentence: '', fix: '' };
}
