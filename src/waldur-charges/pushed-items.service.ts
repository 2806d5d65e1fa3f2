import { Injectable } from '@nestjs/common';
import { rangeUpTo } from '../billing/core/month-range.js';
import { Clock } from '../common/clock.js';
import { answerColumnsOf, inPages, type PageOrFile, pageOrFile } from '../common/csv.js';
import type { Count, Page } from '../common/page.js';
import { YearMonth } from '../common/year-month.js';
import { Env } from '../config/env.js';
import { type ComparePushedQuery, PushedComparisonRow } from './pushed-item.dto.js';
import type { PushedItem } from './pushed-item.entity.js';
import { type PushedItemFilter, PushedItemsRepository } from './pushed-items.repository.js';

const CSV_ROWS = 10_000;

/** What was put on invoices of Waldur, and how both sides compare. */
@Injectable()
export class PushedItemsService {
  constructor(
    private readonly items: PushedItemsRepository,
    private readonly env: Env,
    private readonly clock: Clock,
  ) {}

  /** Throws `PageNotFoundError`. */
  list(filter: PushedItemFilter): Promise<Page<PushedItem>> {
    return this.items.list(filter);
  }

  /** Throws `PageNotFoundError`. */
  count(filter: PushedItemFilter): Promise<Count> {
    return this.items.count(filter);
  }

  /** Throws `PushedItemNotFoundError`. */
  get(uuid: string): Promise<PushedItem> {
    return this.items.get(uuid);
  }

  /**
   * Both sides of each organisation and month, as they were when Waldur was looked at last. Throws `InvalidFieldsError`,
   * `PageNotFoundError`.
   */
  compare(query: ComparePushedQuery): PageOrFile<PushedComparisonRow> {
    const { WALDUR_PUSH_FROM: first } = this.env;
    const from = query.from ?? (first && !query.to ? YearMonth.from(first) : undefined);
    const scope = {
      ...rangeUpTo({ from, to: query.to }, YearMonth.at(this.clock.now()), 12, ['from', 'to']),
      customerUuid: query.customer_uuid,
      onlyDifferences: query.differs ?? false,
    };
    const page = async (limit: number, skip: number) =>
      (await this.items.compare(scope, limit, skip)).map(PushedComparisonRow.from);
    return pageOrFile(query, {
      name: `pushed-charges-${scope.from.toString()}-${scope.to.toString()}`,
      columns: answerColumnsOf(PushedComparisonRow),
      rows: () => inPages(CSV_ROWS, (skip) => page(CSV_ROWS, skip)),
      count: () => this.items.countCompared(scope),
      page,
    });
  }
}
