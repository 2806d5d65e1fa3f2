import { Injectable } from '@nestjs/common';
import { LONGEST_RANGE, rangeUpTo } from '../billing/core/month-range.js';
import { Clock } from '../common/clock.js';
import { answerColumnsOf, inPages, type PageOrFile, pageOrFile } from '../common/csv.js';
import { type MonthRange, YearMonth } from '../common/year-month.js';
import { Env } from '../config/env.js';
import { EntityService } from '../database/entity.service.js';
import { type ComparePushedQuery, PushedComparisonRow } from './pushed-item.dto.js';
import type { PushedItem } from './pushed-item.entity.js';
import { type PushedItemFilter, PushedItemsRepository, type Shortfall } from './pushed-items.repository.js';

const CSV_ROWS = 10_000;

/** Whether charges are pushed, and what is not at Waldur as it ought to be. */
export interface PushOverview {
  readonly isOn: boolean;
  readonly shortfalls: readonly Shortfall[];
}

/** What was put on invoices of Waldur, and how both sides compare. */
@Injectable()
export class PushedItemsService extends EntityService<PushedItem, PushedItemFilter> {
  constructor(
    private readonly items: PushedItemsRepository,
    private readonly env: Env,
    private readonly clock: Clock,
  ) {
    super(items);
  }

  /**
   * Both sides of each organisation and month, as they were when Waldur was looked at last. Throws `InvalidFieldsError`,
   * `PageNotFoundError`.
   */
  compare(query: ComparePushedQuery): PageOrFile<PushedComparisonRow> {
    const scope = {
      ...this.range(query.from, query.to),
      pushedFrom: this.pushedFrom,
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

  /** Those of {@link compare} in which both sides differ, all of them. Throws `InvalidFieldsError`. */
  async differences(from?: YearMonth, to?: YearMonth): Promise<PushedComparisonRow[]> {
    const scope = { ...this.range(from, to), pushedFrom: this.pushedFrom, onlyDifferences: true };
    return (await this.items.compare(scope, null, 0)).map(PushedComparisonRow.from);
  }

  /** Whether charges are pushed, and what is not there as it ought to be. */
  async state(): Promise<PushOverview> {
    return { isOn: this.env.WALDUR_PUSH_CHARGES, shortfalls: await this.items.shortfalls() };
  }

  /** By default from the first month that is pushed to the running one; a year where there is no such month. */
  private range(from?: YearMonth, to?: YearMonth): MonthRange {
    const current = YearMonth.at(this.clock.now());
    const earliest = current.plus(1 - LONGEST_RANGE);
    const begin = to ? undefined : this.pushedFrom;
    const fallback = begin && (begin.isBefore(earliest) ? earliest : current.isBefore(begin) ? current : begin);
    return rangeUpTo({ from: from ?? fallback, to }, current, 12, ['from', 'to']);
  }

  private get pushedFrom(): YearMonth | undefined {
    const { WALDUR_PUSH_FROM: first } = this.env;
    return first ? YearMonth.from(first) : undefined;
  }
}
