import { Injectable } from '@nestjs/common';
import type { Count, Page } from '../../common/page.js';
import { parseUuid } from '../../common/uuid.js';
import { orderOf } from '../../database/paginate.js';
import { BillingSyncItemNotFoundError, BillingSyncNotFoundError } from '../core/billing.errors.js';
import { type ChargeItems, ChargeItemsRepository } from '../ledger/charge-items.repository.js';
import type { ListBillingSyncItemsQuery, ListBillingSyncsQuery } from './billing-sync.dto.js';
import type { BillingSync } from './billing-sync.entity.js';
import type { BillingSyncItem } from './billing-sync-item.entity.js';
import { BillingSyncsRepository } from './billing-syncs.repository.js';

/** Lines that stand inside a statement; the list of lines has all. */
const NESTED = 100;

const STATEMENT_ORDER = {
  created: 'created',
  modified: 'modified',
  report_period: 'month',
  statement_reference: 'statementReference',
  state: 'state',
  sell_total: 'sellTotal',
  buy_total: 'buyTotal',
  synced_at: 'syncedAt',
};
const LINE_ORDER = {
  created: 'created',
  report_period: 'month',
  arrow_line_reference: 'arrowLineReference',
  vendor_name: 'vendorName',
  classification: 'classification',
  original_price: 'originalPrice',
};

/** A line with the invoice items of its charge, which the lines of a licence share. */
export interface ChargedLine extends ChargeItems {
  readonly line: BillingSyncItem;
}

export interface StatementWithLines {
  readonly statement: BillingSync;
  /** Null while nothing is invoiced. */
  readonly invoiceUuid: string | null;
  /** At most 100. */
  readonly lines: readonly ChargedLine[];
}

/** Statements and their lines as they are read. */
@Injectable()
export class BillingSyncsService {
  constructor(
    private readonly repository: BillingSyncsRepository,
    private readonly chargeItems: ChargeItemsRepository,
  ) {}

  /** Newest month first by default. Throws `PageNotFoundError`. */
  async list(query: ListBillingSyncsQuery): Promise<Page<StatementWithLines>> {
    const order = orderOf(query.o, STATEMENT_ORDER, [
      ['month', 'DESC'],
      ['created', 'DESC'],
    ]);
    const page = await this.repository.list(query, order);
    const complete = new Map((await this.complete(page.items)).map((found) => [found.statement.uuid, found]));
    return page.map((statement) => complete.get(statement.uuid)!);
  }

  /** Throws `PageNotFoundError`. */
  count(query: ListBillingSyncsQuery): Promise<Count> {
    return this.repository.count(query);
  }

  /** Throws `BillingSyncNotFoundError`. */
  async get(uuid: string): Promise<StatementWithLines> {
    const known = parseUuid(uuid);
    const statement = known && (await this.repository.find(known));
    if (!statement) throw new BillingSyncNotFoundError();
    return (await this.complete([statement]))[0]!;
  }

  /** Newest first by default. Throws `PageNotFoundError`. */
  async listItems(query: ListBillingSyncItemsQuery): Promise<Page<ChargedLine>> {
    const page = await this.repository.listLines(query, orderOf(query.o, LINE_ORDER, [['created', 'DESC']]));
    const charged = new Map((await this.charged(page.items)).map((found) => [found.line.uuid, found]));
    return page.map((line) => charged.get(line.uuid)!);
  }

  /** Throws `PageNotFoundError`. */
  countItems(query: ListBillingSyncItemsQuery): Promise<Count> {
    return this.repository.countLines(query);
  }

  /** Throws `BillingSyncItemNotFoundError`. */
  async getItem(uuid: string): Promise<ChargedLine> {
    const known = parseUuid(uuid);
    const line = known && (await this.repository.findLine(known));
    if (!line) throw new BillingSyncItemNotFoundError();
    return (await this.charged([line]))[0]!;
  }

  private async complete(statements: readonly BillingSync[]): Promise<StatementWithLines[]> {
    const uuids = statements.map((statement) => statement.uuid);
    const invoices = await this.repository.invoicesOf(uuids);
    const linesOf = new Map<string | null, ChargedLine[]>(uuids.map((uuid) => [uuid, []]));
    for (const found of await this.charged(await this.repository.firstLines(uuids, NESTED)))
      linesOf.get(found.line.billingSyncUuid)!.push(found);
    return statements.map((statement) => ({
      statement,
      invoiceUuid: invoices.get(statement.uuid) ?? null,
      lines: linesOf.get(statement.uuid)!,
    }));
  }

  private async charged(lines: readonly BillingSyncItem[]): Promise<ChargedLine[]> {
    const itemsOf = await this.chargeItems.of(lines.map((line) => line.chargeUuid));
    return lines.map((line) => ({ line, ...itemsOf(line.chargeUuid) }));
  }
}
