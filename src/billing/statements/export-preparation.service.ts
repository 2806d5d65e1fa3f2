import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { ArrowGateway } from '../../arrow-gateway/arrow-gateway.js';
import type { BillingRule } from '../accounts/billing-rule.entity.js';
import { ConsumptionRepository } from '../consumption/consumption.repository.js';
import type { BillingContext } from '../core/billing-context.js';
import { ExportRefusedError, StagingLostError } from '../core/billing.errors.js';
import { finalityOf, graceIsOver } from '../core/finality.js';
import type { BillTo, LicensePair } from '../payers/bill-to.js';
import { PayersService } from '../payers/payers.service.js';
import type { BillingMonth } from './billing-month.entity.js';
import { shrinkage, sizeOf, type StagedTotal } from './check-export.js';
import { ExportLoader, type LoadedExport, resolveExportColumns } from './export-loader.service.js';
import type { ExportSnapshot } from './export-snapshot.entity.js';
import { calendarOf, type ImportStatements, type RunControl } from './import-statements.js';
import { hashOf, SnapshotsRepository } from './snapshots.repository.js';
import { StagingRepository } from './staging.repository.js';
import { customerOf, type JudgedStatement, type KnownLine, StatementRepository } from './statement.repository.js';

/** A staged export with everything that was found out before anything is written. */
export interface PreparedExport {
  readonly snapshot: ExportSnapshot;
  readonly totals: readonly StagedTotal[];
  readonly parties: readonly BillTo[];
  readonly statements: readonly JudgedStatement[];
  readonly fingerprint: string;
  readonly warnings: readonly string[];
}

const REPEATED_KEYS_SHOWN = 5;

/** What is done with an export before anything of the books is touched: stage, check, match, judge. */
@Injectable()
export class ExportPreparation {
  constructor(
    private readonly dataSource: DataSource,
    private readonly gateway: ArrowGateway,
    private readonly loader: ExportLoader,
    private readonly snapshots: SnapshotsRepository,
    private readonly staging: StagingRepository,
    private readonly statements: StatementRepository,
    private readonly payers: PayersService,
    private readonly consumption: ConsumptionRepository,
  ) {}

  /** Staged, checked and matched; nothing of the books is touched yet. Throws `ExportRefusedError`. */
  async prepare(
    context: BillingContext,
    command: ImportStatements,
    before: BillingMonth | null,
    { snapshot, isSame }: LoadedExport,
    { signal, progress }: RunControl,
  ): Promise<PreparedExport> {
    const { uuid } = snapshot;
    if (isSame) await this.loader.stageKept(context, snapshot);
    await this.staging.ready();
    const totals = await this.staging.totals(uuid, context.rule.priceSource);
    if (sizeOf(totals).rows !== snapshot.rows) throw new StagingLostError();
    if (!command.acceptShrinkage) {
      const faults = shrinkage(before?.largestExport ?? null, sizeOf(totals), context.account.shrinkageShare);
      if (faults.length) throw new ExportRefusedError(context.month, faults);
    }
    await progress('matching', 0, 1);
    const named = await this.payers.namedCustomers(context, await this.staging.namedCustomers(uuid), signal);
    await this.staging.nameCustomers(uuid, named);
    await this.payers.seeOwners(context, await this.staging.licensesToAskFor(uuid, context), signal);
    await this.staging.attribute(uuid, context);
    const pairs = await this.staging.pairs(uuid);
    const parties = await this.payers.billTo(context, await this.withConsumption(context, pairs));
    await this.staging.setBillTo(uuid, parties);
    // Before anything is written: what changes meanwhile makes the next run look again.
    const inputs = await this.inputs(context, parties, named);
    const statements = await this.judge(context, command, snapshot, parties);
    const warnings = await this.warnings(context, snapshot);
    return { snapshot, totals, parties, statements, fingerprint: fingerprintOf(context, command, inputs), warnings };
  }

  /** What the month would be applied by now, as {@link PreparedExport.fingerprint} has it, from the lines that it has. */
  async inputsAsTheyAre(context: BillingContext, signal: AbortSignal): Promise<string> {
    const lines = await this.statements.knownLines(context);
    await this.payers.seeOwners(context, licensesOfNobody(lines), signal);
    const named = await this.payers.namedCustomers(context, textsOf(lines), signal);
    const pairs = lines
      .filter((line) => line.licenseReference && line.arrowCustomer)
      .map(({ licenseReference, arrowCustomer }) => ({ licenseReference, arrowCustomer }));
    const parties = await this.payers.billTo(context, await this.withConsumption(context, pairs));
    return this.inputs(context, parties, named);
  }

  /** What the statements of the export may become, and through which mapping they are billed. */
  private async judge(
    context: BillingContext,
    { force, reconcile }: ImportStatements,
    snapshot: ExportSnapshot,
    parties: readonly BillTo[],
  ): Promise<JudgedStatement[]> {
    const signs = await this.signsOf(context, snapshot);
    const { manager } = this.dataSource;
    const staged = await this.staging.statements(manager, snapshot.uuid, context, signs);
    const mapped = new Map((await this.payers.mapped(context)).map((mapping) => [mapping.arrowCustomer, mapping]));
    const customers = customerOf(parties);
    return staged.map((statement) => ({
      arrowCustomer: statement.arrowCustomer,
      statementReference: statement.statementReference,
      finality: finalityOf(statement, calendarOf(context), reconcile && force),
      mappingUuid: mapped.get(statement.arrowCustomer)?.mappingUuid ?? null,
      customerUuid: customers.get(statement.arrowCustomer) ?? mapped.get(statement.arrowCustomer)?.customerUuid ?? null,
    }));
  }

  /** Hash of everything beside the export, the command and the calendar that decides what is posted. */
  private async inputs(
    context: BillingContext,
    parties: readonly BillTo[],
    named: ReadonlyMap<string, string>,
  ): Promise<string> {
    return hashOf(
      JSON.stringify({
        parties,
        named: [...named].sort(([a], [b]) => (a < b ? -1 : 1)),
        mapped: await this.payers.mapped(context),
        owners: await this.payers.ownersVersion(context),
        rule: ruleContent(context.rule),
        prefix: context.settings.invoiceItemPrefix,
        consumption: await this.consumption.version(context),
      }),
    );
  }

  /** Licences that have consumption and perhaps no line follow mapping and link as the others do. */
  private async withConsumption(context: BillingContext, pairs: readonly LicensePair[]): Promise<LicensePair[]> {
    const keyOf = ({ licenseReference, arrowCustomer }: LicensePair) => `${licenseReference}\n${arrowCustomer}`;
    const all = [...pairs, ...(await this.consumption.pairs(context))];
    return [...new Map(all.map((pair) => [keyOf(pair), pair])).values()].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  }

  private async signsOf(context: BillingContext, snapshot: ExportSnapshot) {
    const page = snapshot.pages[0] ? await this.snapshots.page(snapshot.pages[0]) : null;
    if (!page) return { hasStates: false, hasDates: false };
    const columns = await resolveExportColumns(context, this.gateway, page.headers);
    return { hasStates: columns.statementState.length > 0, hasDates: columns.validationDate.length > 0 };
  }

  private async warnings(context: BillingContext, snapshot: ExportSnapshot): Promise<string[]> {
    const page = snapshot.pages[0] ? await this.snapshots.page(snapshot.pages[0]) : null;
    if (!page) return [];
    const { rule } = context;
    const columns = await resolveExportColumns(context, this.gateway, page.headers);
    const other = rule.priceSource === 'sell' ? 'buy' : 'sell';
    const repeated = await this.staging.repeatedKeys(snapshot.uuid, REPEATED_KEYS_SHOWN);
    return [
      ...(columns[`${rule.priceSource}Currency`].length
        ? []
        : [`The export names no currency; ${rule.defaultCurrency} was assumed.`]),
      ...(columns[other].length ? [] : [`The export has no ${other} amounts; margins cannot be shown.`]),
      ...(columns.validationDate.length || columns.statementState.length
        ? []
        : ['The export does not say what ArrowSphere has validated; the calendar decides.']),
      ...repeated.map(
        ({ licenseReference, lineKey, lines }) =>
          `${lines} lines of ${licenseReference || 'no licence'} share the key "${lineKey}"; they were told apart by what they say.`,
      ),
    ];
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
  const calendar = calendarOf(context);
  const isOver = calendar.month.isOver(calendar.now, calendar.timeZone);
  return hashOf([inputs, reconcile, force, isOver, graceIsOver(calendar, force)].join());
}

/** Licences whose lines reached no customer: somebody may have come to know whose they are. */
function licensesOfNobody(lines: readonly KnownLine[]): string[] {
  const licenses = lines.filter((line) => !line.arrowCustomer && line.licenseReference);
  return [...new Set(licenses.map((line) => line.licenseReference))].sort();
}

function textsOf(lines: readonly KnownLine[]): string[] {
  return [...new Set(lines.map((line) => line.customerReference).filter(Boolean))].sort();
}
