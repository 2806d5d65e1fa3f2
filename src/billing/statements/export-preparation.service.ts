import { Injectable } from '@nestjs/common';
import type { Columns } from '../../arrow-export/columns.js';
import type { BillingRule } from '../accounts/billing-rule.entity.js';
import { ConsumptionRepository } from '../consumption/consumption.repository.js';
import type { BillingContext } from '../core/billing-context.js';
import { ExportRefusedError, StagingLostError } from '../core/billing.errors.js';
import { finalityOf, graceIsOver } from '../core/finality.js';
import type { BillTo, LicensePair, MappedCustomer } from '../payers/bill-to.js';
import { PayersService } from '../payers/payers.service.js';
import { shrinkage, sizeOf, type StagedTotal } from './check-export.js';
import { ExportLoader, type LoadedExport } from './export-loader.service.js';
import type { ExportSnapshot } from './export-snapshot.entity.js';
import type { ImportRun, ImportStatements } from './import-statements.js';
import { hashOf } from './snapshots.repository.js';
import { StagingRepository } from './staging.repository.js';
import { type JudgedStatement, StatementRepository } from './statement.repository.js';

/** A staged export with everything that was found out before anything is written. */
export interface PreparedExport {
  readonly snapshot: ExportSnapshot;
  readonly totals: readonly StagedTotal[];
  readonly parties: readonly BillTo[];
  readonly statements: readonly JudgedStatement[];
  /** Of everything beside the export that it is applied by. */
  readonly fingerprint: string;
  readonly warnings: readonly string[];
}

const REPEATED_KEYS_SHOWN = 5;

/** What is done with an export before anything of the books is touched: stage, check, match, judge. */
@Injectable()
export class ExportPreparation {
  constructor(
    private readonly loader: ExportLoader,
    private readonly staging: StagingRepository,
    private readonly statements: StatementRepository,
    private readonly payers: PayersService,
    private readonly consumption: ConsumptionRepository,
  ) {}

  /** Staged, checked and matched; nothing of the books is touched yet. Throws `ExportRefusedError`. */
  async prepare(run: ImportRun, { snapshot, ...loaded }: LoadedExport): Promise<PreparedExport> {
    const { context, before, signal } = run;
    const { uuid } = snapshot;
    const columns = loaded.columns ?? (await this.loader.stageKept(context, snapshot));
    await this.staging.ready();
    const totals = await this.staging.totals(uuid, context.rule.priceSource);
    const size = sizeOf(totals, context.rule);
    if (size.rows !== snapshot.rows) throw new StagingLostError();
    if (!run.acceptShrinkage) {
      const faults = shrinkage(before?.largestExport ?? null, size, context.account.shrinkageShare);
      if (faults.length) throw new ExportRefusedError(context.month, faults);
    }
    await run.progress('matching', 0, 1);
    const mapped = await this.payers.mapped(context);
    const texts = await this.staging.namedCustomers(uuid);
    const named = await this.payers.namedCustomers(context, texts, mapped, signal);
    await this.staging.nameCustomers(uuid, named);
    await this.payers.seeOwners(context, await this.staging.licensesToAskFor(uuid, context), signal);
    await this.staging.attribute(uuid, context);
    const parties = await this.match(context, await this.staging.pairs(uuid), mapped);
    await this.staging.setBillTo(uuid, parties);
    // Before anything is written: what changes meanwhile makes the next run look again.
    const fingerprint = fingerprintOf(context, run, await this.inputs(context, parties, named, mapped));
    const statements = await this.judge(run, uuid, mapped);
    const warnings = columns ? await this.warnings(context, uuid, columns) : [];
    return { snapshot, totals, parties, statements, fingerprint, warnings };
  }

  /** What the month would be applied by now, for {@link fingerprintOf}, from the lines that it has. */
  async inputsAsTheyAre({ context, signal }: ImportRun): Promise<string> {
    const lines = await this.statements.knownLines(context);
    const ofLicenses = lines.filter((line) => line.licenseReference);
    // Their owners may have become known.
    const ofNobody = ofLicenses.filter((line) => !line.arrowCustomer).map((line) => line.licenseReference);
    await this.payers.seeOwners(context, distinct(ofNobody), signal);
    const mapped = await this.payers.mapped(context);
    const texts = distinct(lines.map((line) => line.customerReference).filter(Boolean));
    const named = await this.payers.namedCustomers(context, texts, mapped, signal);
    const pairs = ofLicenses.filter((line) => line.arrowCustomer);
    return this.inputs(context, await this.match(context, pairs, mapped), named, mapped);
  }

  /** Licences that have consumption and perhaps no line follow mapping and link as the others do. */
  private async match(
    context: BillingContext,
    pairs: readonly LicensePair[],
    mapped: readonly MappedCustomer[],
  ): Promise<BillTo[]> {
    const all = new Map<string, LicensePair>();
    for (const pair of [...pairs, ...(await this.consumption.pairs(context))])
      all.set(`${pair.licenseReference}\n${pair.arrowCustomer}`, pair);
    const sorted = [...all].sort(([a], [b]) => (a < b ? -1 : 1));
    return this.payers.billTo(
      context,
      sorted.map(([, pair]) => pair),
      mapped,
    );
  }

  /** What the statements of the export may become, and through which mapping they are billed. */
  private async judge(
    { context, reconcile, force }: ImportRun,
    snapshotUuid: string,
    mapped: readonly MappedCustomer[],
  ): Promise<JudgedStatement[]> {
    const staged = await this.staging.statements(snapshotUuid, context);
    const mappingOf = new Map(mapped.map((mapping) => [mapping.arrowCustomer, mapping]));
    const chargedWithout = staged.filter((one) => one.customerUuid && !mappingOf.has(one.arrowCustomer));
    const customers = distinct(chargedWithout.map((one) => one.arrowCustomer));
    const switchedOff = await this.payers.switchedOff(context, customers);
    return staged.map((statement) => {
      const mapping = mappingOf.get(statement.arrowCustomer);
      return {
        ...statement,
        finality: finalityOf(statement, context, reconcile && force),
        mappingUuid: mapping?.mappingUuid ?? switchedOff.get(statement.arrowCustomer) ?? null,
        customerUuid: statement.customerUuid ?? mapping?.customerUuid ?? null,
      };
    });
  }

  /** Hash of everything beside the export, the command and the calendar that decides what is posted. */
  private async inputs(
    context: BillingContext,
    parties: readonly BillTo[],
    named: ReadonlyMap<string, string>,
    mapped: readonly MappedCustomer[],
  ): Promise<string> {
    return hashOf(
      JSON.stringify({
        parties,
        named: [...named].sort(([a], [b]) => (a < b ? -1 : 1)),
        mapped,
        owners: await this.payers.ownersVersion(context),
        rule: ruleContent(context.rule),
        timeZone: context.account.timeZone,
        prefix: context.settings.invoiceItemPrefix,
        consumption: await this.consumption.version(context),
      }),
    );
  }

  private async warnings({ rule }: BillingContext, snapshotUuid: string, columns: Columns): Promise<string[]> {
    const other = rule.priceSource === 'sell' ? 'buy' : 'sell';
    const repeated = await this.staging.repeatedKeys(snapshotUuid, REPEATED_KEYS_SHOWN);
    const lacks = (column: keyof Columns) => !columns[column].length;
    return [
      lacks(`${rule.priceSource}Currency`) && `The export names no currency; ${rule.defaultCurrency} was assumed.`,
      lacks(other) && `The export has no ${other} amounts; margins cannot be shown.`,
      lacks('validationDate') &&
        lacks('statementState') &&
        'The export does not say what ArrowSphere has validated; the calendar decides.',
      ...repeated.map(
        ({ licenseReference, lineKey, lines }) =>
          `${lines} lines of ${licenseReference || 'no licence'} share the key "${lineKey}"; they were told apart by what they say.`,
      ),
    ].filter((warning) => warning !== false);
  }
}

/** What a rule says: it may be changed in place, twice within one tick of the clock. */
function ruleContent(rule: BillingRule): unknown[] {
  const { uuid, chargeMode, priceSource, classificationFilter, numberLocale, defaultCurrency, taxPercent } = rule;
  return [uuid, chargeMode, priceSource, classificationFilter, numberLocale, defaultCurrency, taxPercent];
}

/** With the export and this as they were, there is nothing to do. */
export function fingerprintOf(
  context: BillingContext,
  { reconcile, force }: Pick<ImportStatements, 'reconcile' | 'force'>,
  inputs: string,
): string {
  const { month, now, account } = context;
  return hashOf([inputs, reconcile, force, month.isOver(now, account.timeZone), graceIsOver(context, force)].join());
}

function distinct(texts: readonly string[]): string[] {
  return [...new Set(texts)].sort();
}
