import type { PriceSource } from '../../arrow-export/columns.js';
import { inCurrency } from '../../arrow-export/currency.js';
import { add, type DecimalString } from '../../common/money.js';
import { reasonOf } from '../core/reasons.js';
import type { BillingSyncItem } from '../statements/billing-sync-item.entity.js';
import type { ExplainedCharge } from './explain.repository.js';

/** A line, what it counts towards, and what of that is its own. */
export interface ExplainedLine {
  readonly line: BillingSyncItem;
  readonly charge: ExplainedCharge | null;
  /** Its part of what is posted for the charge, in the digits of the currency. */
  readonly posted: DecimalString;
  readonly why: string;
}

export function explainLine(line: BillingSyncItem, charge: ExplainedCharge | null, price: PriceSource): ExplainedLine {
  return { line, charge, posted: partOf(line, charge, price), why: whyCharged(line, charge) };
}

/** Its rounded amount; the last line of a charge takes the rest, so that the lines add up to what is posted. */
function partOf(line: BillingSyncItem, charge: ExplainedCharge | null, price: PriceSource): DecimalString {
  const { currency } = line;
  if (!charge) return inCurrency('0', currency);
  const counts = line.presence === 'present' && line.status === 'billable';
  const own = counts ? inCurrency(line[price] ?? '0', currency) : '0';
  return inCurrency(line.uuid === charge.lastLineUuid ? add(own, charge.rest) : own, currency);
}

function whyCharged(line: BillingSyncItem, charge: ExplainedCharge | null): string {
  if (line.presence === 'missing') {
    const gone = 'The latest accepted export does not have the line any more, so it counts for nothing';
    return charge ? `${gone}; ${standsAt(charge)}` : `${gone}.`;
  }
  if (line.status !== 'billable' || !charge) {
    const reason = sentencesOf(line.reason);
    return charge && !charge.lines ? [reason, standsAt(charge), ...waiting(charge)].join(' ') : reason;
  }
  const sentences = [`${basisOf(charge)}; ${standsAt(charge)}`];
  if (charge.heldReason) sentences.push(sentencesOf(charge.heldReason));
  sentences.push(...waiting(charge));
  if (!charge.resourceUuid) sentences.push(reasonOf('not_linked').sentence);
  return sentences.join(' ');
}

function waiting({ pending, currency }: ExplainedCharge): string[] {
  if (!pending) return [];
  const amount = inCurrency(pending.amount, currency);
  return [`A difference of ${amount} ${currency} waits.`, reasonOf(pending.reason).sentence];
}

function basisOf({ basis, licenseReference, lines }: ExplainedCharge): string {
  const license = `The licence ${licenseReference}`;
  switch (basis) {
    case 'lines':
      return `${license} is charged by its ${lines === 1 ? 'line' : `${lines} lines`} in the export`;
    case 'consumption':
      return `${license} is charged by its consumption until all its statements are closed`;
    case 'waiting':
      return `${license} is charged by its consumption elsewhere until all its statements are closed`;
    case 'taken_back':
      return `The consumption of the licence ${licenseReference} was reversed`;
    case 'held':
      return `${license} stands at what was posted`;
  }
}

function standsAt({ posted, currency, postings }: ExplainedCharge): string {
  const count = postings.length === 1 ? '1 posting' : `${postings.length} postings`;
  return `${posted} ${currency} are charged for it in ${count}.`;
}

function sentencesOf(code: string): string {
  const { sentence, fix } = reasonOf(code);
  return [sentence, fix].filter(Boolean).join(' ');
}
