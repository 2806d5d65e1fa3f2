import { Injectable, type StreamableFile } from '@nestjs/common';
import type { PriceSource } from '../../arrow-export/columns.js';
import { csvFile } from '../../common/csv.js';
import { Page, pageOf } from '../../common/page.js';
import { parseUuid } from '../../common/uuid.js';
import { YearMonth } from '../../common/year-month.js';
import { BillingRulesService } from '../accounts/billing-rules.service.js';
import { BillingSyncNotFoundError } from '../core/billing.errors.js';
import { type PageRows, SnapshotsRepository } from '../statements/snapshots.repository.js';
import {
  type ExplainedCharge,
  type ExplainedStatement,
  ExplainRepository,
  type LinePosition,
} from './explain.repository.js';
import { EXPLAIN_COLUMNS, explainCells, ExplainedLineResponse } from './explain.dto.js';
import { type ExplainedLine, explainLine } from './explained-line.js';
import type { ReportQuery } from './report.dto.js';

const CSV_ROWS = 2000;

/** A statement, and which price of its lines is charged. */
interface PricedStatement extends ExplainedStatement {
  readonly priceSource: PriceSource;
}

type Charges = ReadonlyMap<string, ExplainedCharge>;

/** Every line of a statement, from ArrowSphere's cells to the postings on the invoice, and why. */
@Injectable()
export class ExplainService {
  constructor(
    private readonly explanations: ExplainRepository,
    private readonly snapshots: SnapshotsRepository,
    private readonly rules: BillingRulesService,
  ) {}

  /** A page of lines, or all of them as CSV. Throws `BillingSyncNotFoundError`, `PageNotFoundError`. */
  async explain(uuid: string, query: ReportQuery): Promise<Page<ExplainedLineResponse> | StreamableFile> {
    const known = parseUuid(uuid);
    const found = known && (await this.explanations.statement(known));
    if (!found) throw new BillingSyncNotFoundError();
    const rule = await this.rules.known(found.accountUuid, YearMonth.from(found.month));
    const statement = { ...found, priceSource: rule?.priceSource ?? 'sell' };
    if (query.format?.includes('csv'))
      return csvFile(`explain-${statement.statementReference}`, EXPLAIN_COLUMNS, this.csvRows(statement));
    const { total, page, pageSize } = pageOf(query, await this.explanations.countLines(statement));
    const { lines } = await this.lines(statement, new Map(), pageSize, (page - 1) * pageSize);
    const cells = await this.cellsOf(lines);
    const answers = lines.map((line) => ExplainedLineResponse.from(line, cells.get(line.line.pageHash) ?? null));
    return new Page(answers, total, page, pageSize, query.field);
  }

  private async *csvRows(statement: PricedStatement) {
    let known: Charges = new Map();
    let last: LinePosition | undefined;
    for (;;) {
      const { lines, charges } = await this.lines(statement, known, CSV_ROWS, 0, last);
      for (const line of lines) yield explainCells(line);
      if (lines.length < CSV_ROWS) return;
      last = lines.at(-1)!.line;
      known = charges;
    }
  }

  /** `known`: charges of the lines before, so that one with very many lines is added up once. */
  private async lines(
    statement: PricedStatement,
    known: Charges,
    limit: number,
    skip: number,
    after?: LinePosition,
  ): Promise<{ lines: ExplainedLine[]; charges: Charges }> {
    const lines = await this.explanations.lines(statement, limit, skip, after);
    const wanted = [...new Set(lines.flatMap((line) => line.chargeUuid ?? []))];
    const unknown = wanted.filter((uuid) => !known.has(uuid));
    const read = await this.explanations.charges(unknown, statement.priceSource);
    const kept = wanted.flatMap((uuid) => known.get(uuid) ?? []);
    const charges = new Map([...kept, ...read].map((charge) => [charge.uuid, charge]));
    const explained = lines.map((line) =>
      explainLine(line, (line.chargeUuid && charges.get(line.chargeUuid)) || null, statement.priceSource),
    );
    return { lines: explained, charges };
  }

  /** The pages of exports that lines came with; those that are not kept any more are null. */
  private async cellsOf(lines: readonly ExplainedLine[]): Promise<Map<string, PageRows | null>> {
    const pages = new Map<string, PageRows | null>();
    for (const { line } of lines)
      if (!pages.has(line.pageHash)) pages.set(line.pageHash, await this.snapshots.page(line.pageHash));
    return pages;
  }
}
