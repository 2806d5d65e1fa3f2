import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { answerOf } from '../../common/answer.js';
import { hyperlink } from '../../common/links.js';
import { ListQuery, type Order, OrderFilter } from '../../common/page.js';
import {
  BooleanFilter,
  IntegerFilter,
  LinkFilter,
  TextFilter,
  UuidFilter,
} from '../../common/validation/query-fields.js';
import { CustomerMapping } from '../../mappings/customer-mapping.entity.js';
import { BillingSync, SYNC_STATE_LABELS } from './billing-sync.entity.js';
import { BillingSyncItem } from './billing-sync-item.entity.js';
import type { ChargedLine, StatementWithLines } from './billing-syncs.service.js';

/** Whose statements, and of which months. */
export class StatementsQuery extends ListQuery {
  @LinkFilter(() => CustomerMapping) customer_mapping?: string;
  @UuidFilter() customer_mapping_uuid?: string;
  @UuidFilter() settings_uuid?: string;
  @TextFilter({ example: '2026-01' }) report_period?: string;
  @TextFilter({ example: '2026-01' }) report_period_from?: string;
  @TextFilter({ example: '2026-12' }) report_period_to?: string;
}

export class ListBillingSyncsQuery extends StatementsQuery {
  @OrderFilter({
    created: 'created',
    modified: 'modified',
    report_period: 'month',
    statement_reference: 'statementReference',
    state: 'state',
    sell_total: 'sellTotal',
    buy_total: 'buyTotal',
    synced_at: 'syncedAt',
  })
  declare o?: Order;
  @TextFilter({ description: 'Part of the statement reference' }) statement_reference?: string;
  @IntegerFilter({ description: '1 Pending, 2 Synced, 3 Validated, 4 Reconciled' }) state?: number;
  @TextFilter({ description: 'pending, validated or rejected' }) arrow_state?: string;
}

export class ListBillingSyncItemsQuery extends ListQuery {
  @OrderFilter({
    created: 'created',
    report_period: 'month',
    arrow_line_reference: 'arrowLineReference',
    vendor_name: 'vendorName',
    classification: 'classification',
    original_price: 'originalPrice',
  })
  declare o?: Order;
  @LinkFilter(() => BillingSync) billing_sync?: string;
  @UuidFilter() billing_sync_uuid?: string;
  @TextFilter({ example: '2026-01' }) report_period?: string;
  @TextFilter({ description: 'Part of the vendor name' }) vendor_name?: string;
  @TextFilter({ description: 'The whole classification' }) classification?: string;
  @TextFilter({ description: 'Part of the subscription reference' }) subscription_reference?: string;
  @TextFilter({ description: 'Part of the line reference' }) arrow_line_reference?: string;
  @BooleanFilter() has_compensation?: boolean;
}

@ApiSchema({ name: 'ArrowBillingSyncItem' })
export class BillingSyncItemResponse {
  @ApiProperty({ format: 'uuid' }) uuid: string;
  @ApiProperty() arrow_line_reference: string;
  @ApiProperty({ format: 'uuid', required: false, description: 'Absent where nothing is charged' })
  invoice_item_uuid?: string;
  @ApiProperty({ format: 'decimal', description: 'The price when the line was first seen', example: '100.0000000000' })
  original_price: string;
  @ApiProperty({ format: 'uuid', required: false, description: 'Absent where nothing was corrected' })
  compensation_item_uuid?: string;
  @ApiProperty() vendor_name: string;
  @ApiProperty() subscription_reference: string;
  @ApiProperty() classification: string;
  @ApiProperty() description: string;
  @ApiProperty({ format: 'decimal', example: '1.0000000000' }) quantity: string;
  @ApiProperty({ description: 'billable, or why not' }) status: string;
  @ApiProperty({ format: 'date-time' }) created: string;

  static from(this: void, { line, invoiceItemUuid, compensationItemUuid }: ChargedLine): BillingSyncItemResponse {
    return answerOf(BillingSyncItemResponse, line, {
      invoice_item_uuid: invoiceItemUuid ?? undefined,
      compensation_item_uuid: compensationItemUuid ?? undefined,
      status: line.reason || (line.presence === 'missing' ? 'missing' : line.status),
    });
  }
}

@ApiSchema({ name: 'ArrowBillingSyncItemDetail' })
export class BillingSyncItemDetailResponse extends BillingSyncItemResponse {
  @ApiProperty({ format: 'uri' }) url: string;
  @ApiProperty({ format: 'uri' }) billing_sync: string;
  @ApiProperty({ format: 'uuid' }) billing_sync_uuid: string;
  @ApiProperty({ example: '2026-01' }) report_period: string;
  @ApiProperty() has_compensation: boolean;

  static detail(this: void, charged: ChargedLine): BillingSyncItemDetailResponse {
    const { line, compensationItemUuid } = charged;
    return {
      ...BillingSyncItemResponse.from(charged),
      url: hyperlink(BillingSyncItem, line.uuid),
      billing_sync: hyperlink(BillingSync, line.billingSyncUuid!),
      billing_sync_uuid: line.billingSyncUuid!,
      report_period: line.month.slice(0, 7),
      has_compensation: compensationItemUuid !== null,
    };
  }
}

@ApiSchema({ name: 'ArrowBillingSync' })
export class BillingSyncResponse {
  @ApiProperty({ format: 'uuid' }) uuid: string;
  @ApiProperty({ format: 'uri' }) url: string;
  @ApiProperty({ format: 'uri' }) customer_mapping: string;
  @ApiProperty({ format: 'uuid' }) customer_mapping_uuid: string;
  @ApiProperty({ example: 'XSP661245' }) arrow_reference: string;
  @ApiProperty() waldur_customer_name: string;
  @ApiProperty() statement_reference: string;
  @ApiProperty({ example: '2026-01' }) report_period: string;
  @ApiProperty({ enum: ['pending', 'validated', 'rejected'] }) arrow_state: string;
  @ApiProperty({ enum: [1, 2, 3, 4], enumName: 'ArrowBillingSyncStateEnum' }) state: number;
  @ApiProperty({ enum: Object.values(SYNC_STATE_LABELS) }) state_display: string;
  @ApiProperty({ format: 'decimal', example: '160.4000000000' }) buy_total: string;
  @ApiProperty({ format: 'decimal', example: '200.5000000000' }) sell_total: string;
  @ApiProperty({ example: 'EUR' }) currency: string;
  @ApiProperty({ format: 'uuid', required: false, description: 'Absent while nothing is invoiced' })
  invoice_uuid?: string;
  @ApiProperty() error_message: string;
  @ApiProperty({ type: String, format: 'date-time', nullable: true }) synced_at: string | null;
  @ApiProperty({ type: String, format: 'date-time', nullable: true }) validated_at: string | null;
  @ApiProperty({ type: String, format: 'date-time', nullable: true }) reconciled_at: string | null;
  @ApiProperty({
    type: [BillingSyncItemResponse],
    description: 'At most 100 here; billing-sync-items/ pages through all',
  })
  items: BillingSyncItemResponse[];
  @ApiProperty({ type: 'integer', description: 'Billable lines of the statement' }) items_count: number;
  @ApiProperty({ format: 'date-time' }) created: string;
  @ApiProperty({ format: 'date-time' }) modified: string;

  static from(this: void, { statement, invoiceUuid, lines }: StatementWithLines): BillingSyncResponse {
    return answerOf(BillingSyncResponse, statement, {
      url: hyperlink(BillingSync, statement.uuid),
      customer_mapping: hyperlink(CustomerMapping, statement.customerMappingUuid!),
      customer_mapping_uuid: statement.customerMappingUuid!,
      arrow_reference: statement.customerMapping!.arrowReference,
      waldur_customer_name: statement.customer!.name,
      report_period: statement.month.slice(0, 7),
      state_display: SYNC_STATE_LABELS[statement.state],
      invoice_uuid: invoiceUuid ?? undefined,
      items: lines.map(BillingSyncItemResponse.from),
      items_count: statement.itemCount,
    });
  }
}
