import { currencyDigits } from '../../arrow-export/currency.js';
import { type DecimalString, round } from '../../common/money.js';
import { renderUuid } from '../../common/uuid.js';
import type { ConsumptionReport } from '../consumption/consumption-sync.service.js';
import type { HeldCharge, Posting } from '../ledger/poster.service.js';
import type { OrganisationTieOut, TieOut, TieOutParts } from '../ledger/tie-out.js';
import type { MonthReport } from '../statements/month-report.js';

/** The result of a sync or reconciliation as its job shows it. */
export function renderMonthReport(report: MonthReport): Record<string, unknown> {
  return {
    period: report.period,
    outcome: report.outcome,
    snapshot_uuid: renderUuid(report.snapshotUuid),
    lines: report.lines,
    changed: report.changed,
    postings: report.postings,
    failed: report.failures.length,
    failures: report.failures.map(({ customerUuid, error }) => ({ customer_uuid: renderUuid(customerUuid), error })),
    held: report.held.map(renderHeld),
    tie_out: report.tieOut.map(renderTieOut),
    settled: report.settled,
    warnings: report.warnings,
    sample: report.sample.map(renderSample),
  };
}

/** The result of a consumption sync as its job shows it. */
export function renderConsumptionReport(report: ConsumptionReport): Record<string, unknown> {
  return {
    period: report.period,
    changed: report.changed,
    unchanged: report.unchanged,
    no_data: report.noData,
    skipped: report.skipped,
    failed: report.failed,
    reasons: report.reasons.map(({ licenseReference, reason }) => ({ license_reference: licenseReference, reason })),
  };
}

/** Why a run is no success, in words; `""` where it is one. */
export function shortfallOf({ failures, leftOut, tieOut }: MonthReport): string {
  const away = tieOut.filter((entry) => !entry.tiesOut).map((entry) => entry.currency);
  return [
    ...(failures.length ? [`${failures.length} organisations could not be posted: see failures in the result.`] : []),
    ...(leftOut ? [`${leftOut} organisations stand at what was posted: see held in the result.`] : []),
    ...(away.length ? [`${away.join(', ')} does not tie out: see tie_out in the result.`] : []),
  ].join(' ');
}

function renderParts(parts: TieOutParts): Record<string, string> {
  const { statement, provisional, posted, pending, unmatched, excluded, held, carried } = parts;
  return { statement, provisional, posted, pending, unmatched, excluded, held, carried };
}

function renderTieOut(entry: TieOut): Record<string, unknown> {
  return {
    currency: entry.currency,
    ...renderParts(entry),
    difference: entry.difference,
    lines: entry.lines,
    lines_astray: entry.linesAstray,
    unreadable_lines: entry.unreadableLines,
    charges_away: entry.chargesAway,
    invoices_away: entry.invoicesAway,
    ties_out: entry.tiesOut,
    organisations: entry.organisations.map(renderOrganisation),
  };
}

function renderOrganisation(part: OrganisationTieOut): Record<string, unknown> {
  const { customerUuid, difference } = part;
  return { customer_uuid: customerUuid && renderUuid(customerUuid), ...renderParts(part), difference };
}

function renderHeld({ customerUuid, licenseReference, currency, amount, reason }: HeldCharge): Record<string, unknown> {
  const about = { customer_uuid: renderUuid(customerUuid), license_reference: licenseReference };
  return { ...about, currency, amount: trimmed(amount), reason };
}

function renderSample(posting: Posting): Record<string, unknown> {
  const { customerUuid, licenseReference, revision, kind, name, currency, target, posted, amount } = posting;
  return {
    charge_key: `${licenseReference}/${renderUuid(customerUuid)}/${currency}`,
    revision,
    kind,
    customer_uuid: renderUuid(customerUuid),
    license_reference: licenseReference,
    name,
    currency,
    target: trimmed(target),
    posted: round(posted, currencyDigits(currency)),
    amount: round(amount, currencyDigits(currency)),
  };
}

/** Without zeros at the end. */
function trimmed(amount: DecimalString): string {
  return amount.includes('.') ? amount.replace(/\.?0+$/, '') : amount;
}
