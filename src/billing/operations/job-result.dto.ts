import { inCurrency } from '../../arrow-export/currency.js';
import { wireOf } from '../../common/answer.js';
import { trimmed } from '../../common/money.js';
import type { PostingSample } from '../ledger/ledger.repository.js';
import type { MonthReport } from '../statements/month-report.js';

/** The result of a sync or reconciliation as its job shows it. */
export function renderMonthReport({ leftOut: _, ...report }: MonthReport): Record<string, unknown> {
  return wireOf({
    ...report,
    failed: report.failures.length,
    held: report.held.map((charge) => ({ ...charge, amount: trimmed(charge.amount) })),
    sample: report.sample.map(sampleOf),
  });
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

function sampleOf(posting: PostingSample): object {
  const { revision, kind, customerUuid, licenseReference, name, currency } = posting;
  return {
    chargeKey: `${licenseReference}/${customerUuid}/${currency}`,
    ...{ revision, kind, customerUuid, licenseReference, name, currency },
    target: trimmed(posting.target),
    posted: inCurrency(posting.posted, currency),
    amount: inCurrency(posting.amount, currency),
  };
}
