import type { DecimalString } from '../../common/money.js';

/** How a month adds up, in one currency: `statement + provisional = posted + pending + unmatched + excluded + held + carried`. */
export interface TieOutParts {
  /** Sum of the export, from its own rows. */
  readonly statement: DecimalString;
  /** Charges whose target is not their lines and that are not held (consumption, waiting lines, taken back): target minus lines. */
  readonly provisional: DecimalString;
  /** Sum of the postings, those of rounding charges among them. */
  readonly posted: DecimalString;
  /** Sum of the differences that issued invoices cannot take yet, as the plan wrote them. */
  readonly pending: DecimalString;
  /** Lines that nobody can be charged for yet. */
  readonly unmatched: DecimalString;
  /** Lines that are deliberately not charged. */
  readonly excluded: DecimalString;
  /** Held charges: their lines minus the last exact targets, which stand. */
  readonly held: DecimalString;
  /** Per invoice: exact targets minus their rounded sum. */
  readonly carried: DecimalString;
}

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
