import { round } from '../../common/money.js';
import { renderUuid } from '../../common/uuid.js';
import type { ConsumptionReport } from '../consumption/consumption-sync.service.js';
import type { PostingSample } from '../ledger/poster.service.js';
import type { OrganisationTieOut, TieOut } from '../ledger/tie-out.js';
import type { MonthReport } from '../statements/month-report.js';

/** What a run for a month answers, as it stands in the job's `result`. */
export function monthResult(report: MonthReport): Record<string, unknown> {
  return {
    period: report.period,
    outcome: report.outcome,
    snapshot_uuid: renderUuid(report.snapshotUuid),
    lines: report.lines,
    changed: report.changed,
    postings: report.postings,
    failed: report.failures.length,
    failures: report.failures.map(({ customerUuid, error }) => ({ customer_uuid: renderUuid(customerUuid), error })),
    held: report.held.map(({ customerUuid, licenseReference, currency, amount, reason }) => ({
      customer_uuid: renderUuid(customerUuid),
      license_reference: licenseReference,
      currency,
      amount: plain(amount),
      reason,
    })),
    tie_out: report.tieOut.map(tieOut),
    settled: report.settled,
    warnings: report.warnings,
    sample: report.sample.map(sample),
  };
}

/** What a consumption sync answers. */
export function consumptionResult({ noData, reasons, ...report }: ConsumptionReport): Record<string, unknown> {
  return {
    ...report,
    no_data: noData,
    reasons: reasons.map(({ licenseReference, reason }) => ({ license_reference: licenseReference, reason })),
  };
}

function tieOut(entry: TieOut) {
  const { linesAstray, unreadableLines, chargesAway, invoicesAway, tiesOut, organisations, ...parts } = entry;
  return {
    ...parts,
    lines_astray: linesAstray,
    unreadable_lines: unreadableLines,
    charges_away: chargesAway,
    invoices_away: invoicesAway,
    ties_out: tiesOut,
    organisations: organisations.map(organisation),
  };
}

function organisation({ customerUuid, ...parts }: OrganisationTieOut) {
  return { customer_uuid: customerUuid && renderUuid(customerUuid), ...parts };
}

function sample(posting: PostingSample) {
  const { customerUuid, licenseReference, currency, posted, amount, target, name, kind, revision } = posting;
  const digits = amount.split('.')[1]?.length ?? 0;
  return {
    charge_key: `${licenseReference}/${renderUuid(customerUuid)}/${currency}`,
    revision,
    kind,
    customer_uuid: renderUuid(customerUuid),
    license_reference: licenseReference || null,
    name,
    currency,
    target: plain(target),
    posted: round(posted, Math.max(digits, 2)),
    amount: round(amount, Math.max(digits, 2)),
  };
}

/** Without zeros at the end. */
function plain(amount: string): string {
  return amount.includes('.') ? amount.replace(/\.?0+$/, '') : amount;
}
