import { Injectable } from '@nestjs/common';
import { ExportRefusedError } from '../billing.errors.js';
import type { BillingContext } from './billing-context.js';
import { readExportLine } from '../../arrow-export/export-line.js';
import { type Columns, missingColumns, resolveColumns } from '../../arrow-export/columns.js';
import type { ExportSnapshot } from './export-snapshot.entity.js';
import type { ExportStaging, StagedLine } from './export-staging.js';
import { SnapshotsService } from './snapshots.service.js';

/** Faults that are spelled out; of more, only the number is given. */
const SHOWN = 5;

/** Brings a kept export into the staging area, or says everything that is wrong with it. */
@Injectable()
export class StagingLoader {
  constructor(private readonly snapshots: SnapshotsService) {}

  /**
   * Answers what a person should look at though nothing is wrong with it. Throws `ExportRefusedError`: a column is missing or
   * ambiguous, or a number cannot be read.
   */
  async load(
    { settings, account, month }: BillingContext,
    snapshot: ExportSnapshot,
    staging: ExportStaging,
    references: Readonly<Record<string, string>>,
    onPage: (page: number) => Promise<void>,
  ): Promise<string[]> {
    const faults: string[] = [];
    let faulty = 0;
    let labels = '';
    let columns: Columns | undefined;
    let page = 0;
    for await (const { hash, headers, rows } of this.snapshots.read(snapshot)) {
      if (!columns || headers.join('\n') !== labels) {
        if (columns) throw new ExportRefusedError(month, ['Its pages do not have the same columns.']);
        labels = headers.join('\n');
        columns = this.columnsOf(headers, references, settings, month);
      }
      const context = {
        columns,
        numberLocale: account.numberLocale,
        priceSource: settings.invoicePriceSource,
        defaultCurrency: account.defaultCurrency,
      };
      const lines = rows.map((row, pageRow): StagedLine => {
        const line = readExportLine(row, context);
        if (line.amount.kind === 'invalid') {
          faulty += 1;
          if (faults.length < SHOWN)
            faults.push(
              `Line ${line.lineKey || pageRow + 1}: "${line.amount.text}" is no ${settings.invoicePriceSource} amount.`,
            );
        }
        return { ...line, pageHash: hash, pageRow };
      });
      await staging.add(lines);
      await onPage(++page);
    }
    if (faulty)
      throw new ExportRefusedError(month, [
        ...faults,
        ...(faulty > SHOWN ? [`${faulty} numbers cannot be read in all.`] : []),
      ]);
    return this.warnings(columns, staging, settings.invoicePriceSource, account.defaultCurrency);
  }

  private columnsOf(
    headers: readonly string[],
    references: Readonly<Record<string, string>>,
    settings: BillingContext['settings'],
    month: BillingContext['month'],
  ): Columns {
    const { columns, ambiguous } = resolveColumns(headers, references);
    const needs = { priceSource: settings.invoicePriceSource, classificationFilter: settings.classificationFilter };
    const faults = [
      ...missingColumns(columns, needs).map((label) => `It has no column ${label}.`),
      ...ambiguous.map((label) => `It has more than one column ${label}.`),
    ];
    if (faults.length) throw new ExportRefusedError(month, faults);
    return columns;
  }

  private async warnings(
    columns: Columns | undefined,
    staging: ExportStaging,
    price: 'sell' | 'buy',
    currency: string,
  ): Promise<string[]> {
    if (!columns) return [];
    const other = price === 'sell' ? 'buy' : 'sell';
    const repeated = await staging.repeatedKeys(SHOWN);
    return [
      ...(columns[price === 'sell' ? 'sellCurrency' : 'buyCurrency'].length
        ? []
        : [`The export names no currency; ${currency} was assumed.`]),
      ...(columns[other].length ? [] : [`The export has no ${other} amounts; margins cannot be shown.`]),
      ...(columns.validationDate.length || columns.statementState.length
        ? []
        : ['The export does not say what ArrowSphere has validated; the calendar decides.']),
      ...repeated.map(
        ({ license_reference, line_key, lines }) =>
          `${lines} lines of ${license_reference || 'no licence'} share the key "${line_key}"; they were told apart by what they say.`,
      ),
    ];
  }
}
