import { Injectable } from '@nestjs/common';
import { groupBy } from '../../common/group-by.js';
import type { Count, Page } from '../../common/page.js';
import { type ChargeItems, ChargeItemsRepository } from '../ledger/charge-items.repository.js';
import type { BillingSync } from './billing-sync.entity.js';
import type { BillingSyncItem } from './billing-sync-item.entity.js';
import { BillingSyncsRepository, type StatementFilter } from './billing-syncs.repository.js';
import { type LineFilter, LinesRepository } from './lines.repository.js';

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
    private readonly statements: BillingSyncsRepository,
    private readonly lines: LinesRepository,
    private readonly chargeItems: ChargeItemsRepository,
  ) {}

  /** Newest month first by default. Throws `PageNotFoundError`. */
  async list(filter: StatementFilter): Promise<Page<StatementWithLines>> {
    const page = await this.statements.list(filter);
    return page.with(await this.complete(page.items));
  }

  /** Throws `PageNotFoundError`. */
  count(filter: StatementFilter): Promise<Count> {
    return this.statements.count(filter);
  }

  /** Throws `BillingSyncNotFoundError`. */
  async get(uuid: string): Promise<StatementWithLines> {
    return (await this.complete([await this.statements.get(uuid)]))[0]!;
  }

  /** Newest first by default. Throws `PageNotFoundError`. */
  async listItems(filter: LineFilter): Promise<Page<ChargedLine>> {
    const page = await this.lines.list(filter);
    return page.with(await this.charged(page.items));
  }

  /** Throws `PageNotFoundError`. */
  countItems(filter: LineFilter): Promise<Count> {
    return this.lines.count(filter);
  }

  /** Throws `BillingSyncItemNotFoundError`. */
  async getItem(uuid: string): Promise<ChargedLine> {
    return (await this.charged([await this.lines.get(uuid)]))[0]!;
  }

  private async complete(statements: readonly BillingSync[]): Promise<StatementWithLines[]> {
    const uuids = statements.map((statement) => statement.uuid);
    const invoices = await this.statements.invoicesOf(uuids);
    const lines = await this.charged(await this.lines.firstLines(uuids, NESTED));
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
