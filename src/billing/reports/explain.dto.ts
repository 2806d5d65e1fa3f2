import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { currencyDigits } from '../../arrow-export/currency.js';
import { renderDateTime } from '../../common/date-time.js';
import { round } from '../../common/money.js';
import { renderUuid } from '../../common/uuid.js';
import { POSTING_KINDS, type PostingKind } from '../ledger/invoice-posting.entity.js';
import type { PageRows } from '../statements/snapshots.repository.js';
import type { ChargePosting, ExplainedCharge, StatementLine } from './explain.repository.js';
import type { ExplainedLine } from './explained-line.js';

@ApiSchema({ name: 'ExplainedPosting' })
export class ExplainedPosting {
  @ApiProperty({ format: 'uuid' }) uuid: string;
  @ApiProperty({ description: 'Charge and revision: no two postings can have the same' }) idempotency_key: string;
  @ApiProperty({ enum: POSTING_KINDS }) kind: PostingKind;
  @ApiProperty({ example: '-4.75' }) amount: string;
  @ApiProperty({ description: 'What the charge stood at, exact', example: '145.25' }) target: string;
  @ApiProperty({ format: 'uuid' }) invoice_uuid: string;
  @ApiProperty({ example: '2026-01' }) invoice_month: string;
  @ApiProperty({ type: String, format: 'uuid', nullable: true }) job_uuid: string | null;
  @ApiProperty({ format: 'date-time' }) created: string;

  static from(posting: ChargePosting, { uuid, currency }: ExplainedCharge): ExplainedPosting {
    return {
      uuid: renderUuid(posting.uuid),
      idempotency_key: `${renderUuid(uuid)}/${posting.revision}`,
      kind: posting.kind,
      amount: round(posting.amount, currencyDigits(currency)),
      target: posting.target,
      invoice_uuid: renderUuid(posting.invoiceUuid),
      invoice_month: posting.invoiceMonth,
      job_uuid: posting.jobUuid && renderUuid(posting.jobUuid),
      created: renderDateTime(posting.created),
    };
  }
}

@ApiSchema({ name: 'ExplainedLine' })
export class ExplainedLineResponse {
  @ApiProperty({ format: 'uuid' }) uuid: string;
  @ApiProperty() arrow_line_reference: string;
  @ApiProperty({ description: 'Of lines with the same licence and key: which' }) occurrence: number;
  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    description: 'Cells as ArrowSphere sent them, by label; empty where the export is not kept any more',
  })
  raw: Record<string, string | null>;
  @ApiProperty({ type: 'object', additionalProperties: true, description: 'What was made of them' })
  normalised: Record<string, unknown>;
  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    description: 'Who pays, and by which Arrow customer that was found',
  })
  match: Record<string, unknown>;
  @ApiProperty({ description: 'Licence, organisation and currency of its charge; blank where nobody is charged' })
  charge_key: string;
  @ApiProperty({ type: [ExplainedPosting], description: 'Of its charge, which other lines may share' })
  postings: ExplainedPosting[];
  @ApiProperty({
    description: 'Its part of what is posted for the charge; the last line takes the rest',
    example: '145.25',
  })
  posted: string;
  @ApiProperty({ description: 'In a sentence or two' }) why: string;

  static from({ line, charge, posted, why }: ExplainedLine, page: PageRows | null): ExplainedLineResponse {
    return {
      uuid: renderUuid(line.uuid),
      arrow_line_reference: line.lineReference,
      occurrence: line.occurrence,
      raw: rawCells(line, page),
      normalised: {
        license_reference: line.licenseReference,
        sell: line.sell,
        buy: line.buy,
        currency: line.currency,
        quantity: line.quantity,
        vendor_name: line.vendorName,
        description: line.description,
        classification: line.classification,
        subscription_reference: line.subscriptionReference,
        service_start: line.serviceStart,
        service_end: line.serviceEnd,
        amount_state: line.amountState,
        priced: line.amountState === 'value',
      },
      match: {
        status: line.status,
        reason: line.reason,
        presence: line.presence,
        arrow_customer_reference: line.arrowCustomer || null,
        customer_uuid: charge && renderUuid(charge.customerUuid),
        project_uuid: charge?.projectUuid ? renderUuid(charge.projectUuid) : null,
        resource_uuid: charge?.resourceUuid ? renderUuid(charge.resourceUuid) : null,
      },
      charge_key: charge ? chargeKey(charge) : '',
      postings: charge ? charge.postings.map((posting) => ExplainedPosting.from(posting, charge)) : [],
      posted,
      why,
    };
  }
}

/** Columns of the lines as CSV. */
export const EXPLAIN_COLUMNS = [
  'uuid',
  'arrow_line_reference',
  'occurrence',
  'license_reference',
  'sell',
  'buy',
  'currency',
  'status',
  'customer_uuid',
  'resource_uuid',
  'posted',
  'postings',
  'why',
];

/** A line as a row of CSV. */
export function explainCells({ line, charge, posted, why }: ExplainedLine): (string | number | null)[] {
  return [
    renderUuid(line.uuid),
    line.lineReference,
    line.occurrence,
    line.licenseReference,
    line.sell,
    line.buy,
    line.currency,
    line.status,
    charge && renderUuid(charge.customerUuid),
    charge?.resourceUuid ? renderUuid(charge.resourceUuid) : null,
    posted,
    charge?.postings.length ?? 0,
    why,
  ];
}

function chargeKey({ licenseReference, customerUuid, currency }: ExplainedCharge): string {
  return `${licenseReference}/${renderUuid(customerUuid)}/${currency}`;
}

function rawCells({ pageRow }: StatementLine, page: PageRows | null): Record<string, string | null> {
  const cells = page?.rows[pageRow] ?? [];
  return Object.fromEntries((page?.headers ?? []).map((header, i) => [header, cells[i] ?? null]));
}
