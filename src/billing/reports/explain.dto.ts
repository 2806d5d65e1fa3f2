import { ApiSchema } from '@nestjs/swagger';
import { inCurrency } from '../../arrow-export/currency.js';
import { answerOf, Shown, ShownOrNull, wireOf } from '../../common/answer.js';
import type { CsvColumns } from '../../common/csv.js';
import { trimmed } from '../../common/money.js';
import { type InvoicePosting, POSTING_KINDS, type PostingKind } from '../ledger/invoice-posting.entity.js';
import type { PageRows } from '../statements/snapshots.repository.js';
import type { ExplainedLine } from './explained-line.js';

const OPEN_OBJECT = { type: 'object', additionalProperties: true } as const;

export class ExplainedPosting {
  @Shown('uuid') uuid: string;
  @Shown({ description: 'Charge and revision: no two postings can have the same' }) idempotency_key: string;
  @Shown({ enum: POSTING_KINDS }) kind: PostingKind;
  @Shown({ example: '-4.75' }) amount: string;
  @Shown({ description: 'What the charge stood at, exact', example: '145.25' }) target: string;
  @Shown('uuid') invoice_uuid: string;
  @Shown({ example: '2026-01' }) invoice_month: string;
  @ShownOrNull('uuid') job_uuid: string | null;
  @Shown('date-time') created: string;

  static from(posting: InvoicePosting, currency: string): ExplainedPosting {
    return answerOf(ExplainedPosting, posting, {
      idempotency_key: `${posting.chargeUuid}/${posting.revision}`,
      amount: inCurrency(posting.amount, currency),
      target: trimmed(posting.target),
      invoice_month: posting.invoice.month.slice(0, 7),
    });
  }
}

@ApiSchema({ name: 'ExplainedLine' })
export class ExplainedLineResponse {
  @Shown('uuid') uuid: string;
  @Shown() arrow_line_reference: string;
  @Shown({ description: 'Of lines with the same licence and key: which' }) occurrence: number;
  @Shown({
    ...OPEN_OBJECT,
    description: 'Cells as ArrowSphere sent them, by label; empty where the export is not kept any more',
  })
  raw: Record<string, string | null>;
  @Shown({ ...OPEN_OBJECT, description: 'What was made of them' }) normalised: Record<string, unknown>;
  @Shown({ ...OPEN_OBJECT, description: 'Who pays, and by which Arrow customer that was found' })
  match: Record<string, unknown>;
  @Shown({ description: 'Licence, organisation and currency of its charge; blank where nobody is charged' })
  charge_key: string;
  @Shown({ type: [ExplainedPosting], description: 'Of its charge, which other lines may share' })
  postings: ExplainedPosting[];
  @Shown({
    description: 'Its part of what is posted for the charge; the last line takes the rest',
    example: '145.25',
  })
  posted: string;
  @Shown({ description: 'In a sentence or two' }) why: string;

  static from({ line, charge, posted, why }: ExplainedLine, page: PageRows | null): ExplainedLineResponse {
    const { licenseReference, currency, vendorName, description, classification, subscriptionReference } = line;
    const { serviceStart, serviceEnd, amountState, status, reason, presence, arrowCustomer } = line;
    const { customerUuid = null, projectUuid = null, resourceUuid = null, postings = [] } = charge ?? {};
    const nobody = { customerUuid: null, projectUuid: null, resourceUuid: null };
    const party = status === 'billable' ? { customerUuid, projectUuid, resourceUuid } : nobody;
    const amounts = { sell: exact(line.sell), buy: exact(line.buy), currency, quantity: trimmed(line.quantity) };
    const about = { vendorName, description, classification, subscriptionReference, serviceStart, serviceEnd };
    const cells = page?.rows[line.pageRow] ?? [];
    return answerOf(ExplainedLineResponse, line, {
      raw: Object.fromEntries((page?.headers ?? []).map((header, i) => [header, cells[i] ?? null])),
      normalised: wireOf({ licenseReference, ...amounts, ...about, amountState, priced: amountState === 'value' }),
      match: wireOf({ status, reason, presence, arrowCustomerReference: arrowCustomer || null, ...party }),
      charge_key: customerUuid ? `${licenseReference}/${customerUuid}/${currency}` : '',
      postings: postings.map((posting) => ExplainedPosting.from(posting, currency)),
      posted,
      why,
    });
  }
}

/** A line as a row of CSV. */
export const EXPLAIN_COLUMNS: CsvColumns<ExplainedLine> = {
  uuid: ({ line }) => line.uuid,
  arrow_line_reference: ({ line }) => line.arrowLineReference,
  occurrence: ({ line }) => line.occurrence,
  license_reference: ({ line }) => line.licenseReference,
  sell: ({ line }) => exact(line.sell),
  buy: ({ line }) => exact(line.buy),
  currency: ({ line }) => line.currency,
  status: ({ line }) => line.status,
  customer_uuid: ({ charge }) => charge?.customerUuid,
  resource_uuid: ({ charge }) => charge?.resourceUuid,
  posted: ({ posted }) => posted,
  postings: ({ charge }) => charge?.postings.length ?? 0,
  why: ({ why }) => why,
};

function exact(amount: string | null): string | null {
  return amount && trimmed(amount);
}
