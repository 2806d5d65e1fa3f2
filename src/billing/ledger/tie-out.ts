import type { DecimalString } from '../../common/money.js';

/** How a month adds up, in one currency: `statement + provisional = posted + pending + unmatched + excluded + held + carried`. */
export const TIE_OUT_PARTS = [
  // Sum of the export, from its own rows.
  'statement',
  // Charges whose target is not their lines and that are not held (consumption, waiting lines, reversed): target minus lines.
  'provisional',
  // Sum of the postings, those of rounding charges among them.
  'posted',
  // Sum of the differences that issued invoices cannot take yet, as the plan wrote them.
  'pending',
  // Lines that nobody can be charged for yet.
  'unmatched',
  // Lines that are deliberately not charged.
  'excluded',
  // Held charges: their lines minus the last exact targets, which stand.
  'held',
  // Per invoice: exact targets minus their rounded sum.
  'carried',
] as const;

export type TieOutParts = Readonly<Record<(typeof TIE_OUT_PARTS)[number], DecimalString>>;

/** The parts of one organisation, or of lines that reach nobody where `customerUuid` is null. */
export interface OrganisationTieOut extends TieOutParts {
  readonly customerUuid: string | null;
  readonly difference: DecimalString;
}

/** The parts of a currency, and what was checked besides. Amounts are exact. */
export interface TieOut extends TieOutParts {
  readonly currency: string;
  /** `statement + provisional - (posted + pending + unmatched + excluded + held + carried)`: must be zero. */
  readonly difference: DecimalString;
  /** Rows of the export. */
  readonly lines: number;
  /** Export rows that do not have exactly one status. */
  readonly linesAstray: number;
  /** Lines whose charged cell cannot be read: a currency that has some is not called tied out. */
  readonly unreadableLines: number;
  /** Charges without a pending difference that do not stand at their rounded target. */
  readonly chargesAway: number;
  /** Issued invoices whose postings are not the total stored at issue. */
  readonly invoicesAway: number;
  readonly tiesOut: boolean;
  readonly organisations: readonly OrganisationTieOut[];
}
