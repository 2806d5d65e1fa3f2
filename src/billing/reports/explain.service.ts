import { Injectable } from '@nestjs/common';
import type { PriceSource } from '../../arrow-export/columns.js';
import { type FileQuery, inPages, pageOrFile, type PageOrFile } from '../../common/csv.js';
import { YearMonth } from '../../common/year-month.js';
import { findByOrThrow } from '../../database/find-or-throw.js';
import { BillingRulesService } from '../accounts/billing-rules.service.js';
import { BillingSyncNotFoundError } from '../core/billing.errors.js';
import type { BillingSyncItem } from '../statements/billing-sync-item.entity.js';
import { type PageRows, SnapshotsRepository } from '../statements/snapshots.repository.js';
import { type ExplainedCharge, ExplainRepository } from './explain.repository.js';
import { EXPLAIN_COLUMNS, ExplainedLineResponse } from './explain.dto.js';
import { type ExplainedLine, explainLine } from './explained-line.js';

const CSV_ROWS = 2000;

/** Every line of a statement, from ArrowSphere's cells to the postings on the invoice, and why. */
@Injectable()
export class ExplainService {
  constructor(
    private readonly explanations: ExplainRepository,
    private readonly snapshots: SnapshotsRepository,
    private readonly rules: BillingRulesService,
  ) {}

  /** A page of lines, or all of them as CSV. Throws `BillingSyncNotFoundError`, `PageNotFoundError`. */
  async explain(uuid: string, query: FileQuery): PageOrFile<ExplainedLineResponse> {
    const statement = await findByOrThrow(
      (known) => this.explanations.statement(known),
      uuid,
      BillingSyncNotFoundError,
    );
    const rule = await this.rules.known(statement.accountUuid, YearMonth.from(statement.month));
    const price = rule?.priceSource ?? 'sell';
    const charges = new Map<string, ExplainedCharge>();
    const read = async (limit: number, skip?: number, last?: ExplainedLine) =>
      this.explained(await this.explanations.lines(statement, limit, skip, last?.line), price, charges);
    return pageOrFile(query, {
      name: `explain-${statement.statementReference}`,
      columns: EXPLAIN_COLUMNS,
      rows: () => inPages(CSV_ROWS, (_, last?: ExplainedLine) => read(CSV_ROWS, 0, last)),
      count: () => this.explanations.countLines(statement),
      page: async (limit, skip) => {
        const lines = await read(limit, skip);
        const cells = await this.cellsOf(lines);
        return lines.map((line) => ExplainedLineResponse.from(line, cells.get(line.line.pageHash) ?? null));
      },
    });
  }

  /** `charges`: those of the lines before, so that one with very many lines is added up once; then those of these. */
  private async explained(
    lines: readonly BillingSyncItem[],
    price: PriceSource,
    charges: Map<string, ExplainedCharge>,
  ): Promise<ExplainedLine[]> {
    const wanted = new Set(lines.flatMap((line) => line.chargeUuid ?? []));
    const unknown = [...wanted].filter((uuid) => !charges.has(uuid));
    for (const uuid of charges.keys()) if (!wanted.has(uuid)) charges.delete(uuid);
    for (const charge of await this.explanations.charges(unknown, price)) charges.set(charge.uuid, charge);
    return lines.map((line) => explainLine(line, charges.get(line.chargeUuid ?? '') ?? null, price));
  }

  /** The pages of exports that lines came with; those that are not kept any more are null. */
  private async cellsOf(lines: readonly ExplainedLine[]): Promise<Map<string, PageRows | null>> {
    const pages = new Map<string, PageRows | null>();
    for (const { line } of lines)
      if (!pages.has(line.pageHash)) pages.set(line.pageHash, await this.snapshots.page(line.pageHash));
    return pages;
  }
}
