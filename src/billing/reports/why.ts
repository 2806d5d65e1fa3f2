/** What decides on a line, as it is kept. */
export interface LineState {
  readonly status: string;
  readonly reason: string;
  readonly presence: string;
  readonly priced: boolean;
  readonly path: string | null;
  readonly license_reference: string;
  readonly currency: string;
  readonly posted: string;
  /** Entries of the ledger. */
  readonly entries: number;
}

const REASONS: Record<string, string> = {
  no_license: 'The line names no licence, so nobody can be charged.',
  customer_unknown: 'ArrowSphere does not say whose licence it is.',
  customer_not_mapped: 'Its ArrowSphere customer is not mapped to an organisation.',
  resource_of_another_customer: 'Its licence hangs on a resource of another organisation than the one it is mapped to.',
  several_mappings: 'It could belong to several mappings; where two are possible nobody is charged.',
  currency_conflict: "Its currency is not that of the organisation's invoice.",
  classification: 'The account does not bill this classification.',
  no_classification: 'The line has no classification, and the account bills only one.',
  other_month: 'The line is for another month.',
};

/** Why a line costs what it costs, in a sentence or two. */
export function whyCharged({
  status,
  reason,
  presence,
  priced,
  path,
  license_reference,
  currency,
  posted,
  entries,
}: LineState): string {
  if (status !== 'billable') return REASONS[reason] ?? 'It is not billed.';
  if (presence === 'gone')
    return 'The closed statement does not have the line any more; what was charged for it was credited.';
  const by =
    path === 'license'
      ? `It is charged together with everything of the licence ${license_reference}, consumption first and the final lines later`
      : 'It is charged by itself';
  const so = `${by}: ${posted} ${currency} in ${entries} ${entries === 1 ? 'entry' : 'entries'}.`;
  if (presence === 'missing')
    return `${so} The last export does not have the line; it is credited when the statement is closed without it.`;
  return priced ? so : `${so} The last export gives no amount for it, so the last known one stands.`;
}
