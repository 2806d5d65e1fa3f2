import { ApiSchema } from '@nestjs/swagger';
import { inCurrency } from '../arrow-export/currency.js';
import { answerOf, Shown, ShownOrNull } from '../common/answer.js';
import { FileQuery } from '../common/csv.js';
import { renderDateTime } from '../common/date-time.js';
import { hyperlink } from '../common/links.js';
import type { DecimalString } from '../common/money.js';
import { ListQuery, type Order, OrderFilter } from '../common/page.js';
import { BooleanField } from '../common/validation/body-fields.js';
import { MonthFilter } from '../common/validation/month-fields.js';
import { BooleanFilter, ChoicesFilter, UuidFilter } from '../common/validation/query-fields.js';
import { KnownNamesOnly } from '../common/validation/validation.pipe.js';
import type { YearMonth } from '../common/year-month.js';
import { JobRun } from '../jobs/job-run.entity.js';
import { PUSH_REASONS, PUSH_STATES, PushedItem, type PushReason, type PushState } from './pushed-item.entity.js';
import type { Comparison } from './pushed-items.repository.js';

@ApiSchema({ name: 'PushChargesRequest' })
export class PushChargesDto {
  @BooleanField({ description: 'Look at everything that was sent, and not only at what was not seen for a day' })
  check?: boolean;

  @BooleanField({ description: 'Try again what Waldur refused' })
  retry_refused?: boolean;

  @BooleanField({ description: 'Look at everything that was sent, and send again what is not there any more' })
  retry_missing?: boolean;
}

@ApiSchema({ name: 'PushChargesAccepted' })
export class PushChargesAccepted {
  @Shown({ example: 'Push of charges scheduled' }) message: string;
  @Shown('uuid') job_id: string;
  @Shown('uri', { description: 'How far it is and what came out' }) job_url: string;

  static from(this: void, { uuid }: JobRun): PushChargesAccepted {
    return { message: 'Push of charges scheduled', job_id: uuid, job_url: hyperlink(JobRun, uuid) };
  }
}

@KnownNamesOnly()
export class ListPushedItemsQuery extends ListQuery {
  @OrderFilter({ created: 'created', name: 'name' }) declare o?: Order;
  @UuidFilter() customer_uuid?: string;
  @MonthFilter({ description: 'The month that is charged' }) month?: YearMonth;
  @ChoicesFilter(PUSH_STATES) state?: PushState[];
  @ChoicesFilter(PUSH_REASONS) reason?: PushReason[];
  @BooleanFilter({ description: 'Whether Waldur shows something else than what was sent' }) differs?: boolean;
}

@KnownNamesOnly()
export class ComparePushedQuery extends FileQuery {
  @MonthFilter({ description: 'The first month that is pushed, by default' }) from?: YearMonth;
  @MonthFilter({ description: 'The running month by default' }) to?: YearMonth;
  @UuidFilter() customer_uuid?: string;
  @BooleanFilter({ description: 'Only months in which both sides differ' }) differs?: boolean;
}

@ApiSchema({ name: 'PushedItem' })
export class PushedItemResponse {
  @Shown('uri') url: string;
  @Shown('uuid') uuid: string;
  @Shown('uuid') customer_uuid: string;
  @Shown() customer_name: string;
  @Shown({ description: 'The month that is charged', example: '2026-09' }) month: string;
  @Shown({ description: 'Of the Waldur invoice that it goes on', example: '2026-10' }) invoice_month: string;
  @Shown({ description: 'As Waldur has it', example: 'Microsoft 365 2026-09 arrow-1a2b3c4d5e6f' }) name: string;
  @Shown({ description: 'Blank: what rounding took or gave' }) license_reference: string;
  @Shown({ example: '150.00', description: 'Net; negative for a credit' }) amount: string;
  @Shown({ example: 'EUR' }) currency: string;
  @Shown({ enum: PUSH_STATES, description: '`sending`: it is not known yet whether Waldur has it' }) state: PushState;
  @Shown({ enum: ['', ...PUSH_REASONS], description: 'Why it is not at Waldur' }) reason: string;
  @Shown({ description: "Waldur's own sentence of the last refusal" }) said: string;
  @ShownOrNull('date-time') tried_at: string | null;
  @ShownOrNull('date-time') sent_at: string | null;
  @ShownOrNull({ description: 'What Waldur shows under that name; null: nothing' }) seen_amount: string | null;
  @ShownOrNull('date-time', { description: 'When it was looked last' }) seen_at: string | null;

  static from(this: void, item: PushedItem): PushedItemResponse {
    const { currency, seenAmount } = item;
    return answerOf(PushedItemResponse, item, {
      url: hyperlink(PushedItem, item.uuid),
      customer_name: item.customer.name,
      month: item.chargeMonth.slice(0, 7),
      invoice_month: item.invoiceMonth.slice(0, 7),
      license_reference: item.charge.licenseReference,
      amount: inCurrency(item.amount, currency),
      seen_amount: seenAmount && inCurrency(seenAmount, currency),
    });
  }
}

@ApiSchema({ name: 'PushedComparison' })
export class PushedComparisonRow {
  @Shown('uuid') customer_uuid: string;
  @Shown() customer_name: string;
  @Shown({ description: 'The month that is charged', example: '2026-09' }) month: string;
  @Shown({ example: 'EUR' }) currency: string;
  @Shown({ example: '150.00', description: 'Posted here' }) charged: string;
  @Shown({ example: '100.00', description: 'Seen on invoices of Waldur' }) at_waldur: string;
  @Shown({ example: '50.00', description: '`charged` less `at_waldur`: the sum of the four that follow' })
  difference: string;
  @Shown({ description: 'Not closed yet, not sent yet, or not looked at since it was sent', example: '50.00' })
  waiting: string;
  @Shown({ description: 'By Waldur', example: '0.00' }) refused: string;
  @Shown({ description: 'By the rules here', example: '0.00' }) not_sent: string;
  @Shown({ description: 'Sent, and not seen there as it was sent', example: '0.00' }) missing: string;
  @ShownOrNull('date-time', { description: 'Since when nothing that was sent was looked at; null: not all was' })
  seen_at: string | null;

  static from(this: void, row: Comparison): PushedComparisonRow {
    const amount = (value: DecimalString) => inCurrency(value, row.currency);
    return answerOf(PushedComparisonRow, row, {
      charged: amount(row.charged),
      at_waldur: amount(row.atWaldur),
      difference: amount(row.difference),
      waiting: amount(row.waiting),
      refused: amount(row.refused),
      not_sent: amount(row.notSent),
      missing: amount(row.missing),
      seen_at: row.seenAt && renderDateTime(row.seenAt),
    });
  }
}
