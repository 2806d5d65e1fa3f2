import { Injectable } from '@nestjs/common';
import { groupBy } from '../../common/group-by.js';
import type { Count, Page } from '../../common/page.js';
import { parseUuid } from '../../common/uuid.js';
import { BillingSyncItemNotFoundError, BillingSyncNotFoundError } from '../core/billing.errors.js';
import { type ChargeItems, ChargeItemsRepository } from '../ledger/charge-items.repository.js';
import type { ListBillingSyncItemsQuery, ListBillingSyncsQuery } from './billing-sync.dto.js';
import type { BillingSync } from './billing-sync.entity.js';
import type { BillingSyncItem } from './billing-sync-item.entity.js';
import { BillingSyncsRepository } from './billing-syncs.repository.js';

/** Lines that stand inside a statement; the list of lines has all. */
const NESTED = 100;

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
    const page = await this.repository.list(query);
    return page.with(await this.complete(page.items));
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
    const page = await this.repository.listLines(query);
    return page.with(await this.charged(page.items));
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
    const lines = await this.charged(await this.repository.firstLines(uuids, NESTED));
    const linesOf = groupBy(lines, ({ line }) => line.billingSyncUuid);
    return statements.map((statement) => ({
      statement,
      invoiceUuid: invoices.get(statement.uuid) ?? null,
      lines: linesOf.get(statement.uuid) ?? [],
    }));
  }

  private async charged(lines: readonly BillingSyncItem[]): Promise<ChargedLine[]> {
    const itemsOf = await this.chargeItems.of(lines.map((line) => line.chargeUuid));
    return lines.map((line) => ({ line, ...itemsOf(line.chargeUuid) }));
  }
}
