import { Injectable } from '@nestjs/common';
import { ArrowGateway, type ArrowConsumptionMonth } from '../../arrow-gateway/arrow-gateway.js';
import { ArrowError, ArrowNotFoundError, ArrowRefusedError } from '../../arrow-gateway/arrow-gateway.errors.js';
import { currencyOf } from '../../arrow-export/currency.js';
import { AppError } from '../../common/app.error.js';
import { Clock } from '../../common/clock.js';
import type { DecimalString } from '../../common/money.js';
import { ResourcesService } from '../../directory/resources.service.js';
import { BillingAccountsService } from '../accounts/billing-accounts.service.js';
import type { BillingContext } from '../core/billing-context.js';
import { CurrencyUnknownError } from '../core/billing.errors.js';
import type { Reason } from '../core/reasons.js';
import type { BillTo } from '../payers/bill-to.js';
import { PayersService } from '../payers/payers.service.js';
import type { RunControl } from '../statements/import-statements.js';
import { ConsumptionLedgerService, type ConsumptionOutcome } from './consumption-ledger.service.js';
import { ConsumptionRepository, type Consumed } from './consumption.repository.js';

/** Licences that are asked for together and then written in one transaction. */
const BATCH = 64;

export interface ConsumptionReport {
  /** `YYYY-MM` */
  readonly period: string;
  readonly changed: number;
  readonly unchanged: number;
  /** ArrowSphere has nothing for the month, or cannot say: nothing was changed by that. */
  readonly noData: number;
  readonly skipped: number;
  readonly failed: number;
  /** Of those skipped and failed. */
  readonly reasons: readonly { readonly licenseReference: string; readonly reason: string }[];
}

type Kind = 'changed' | 'unchanged' | 'noData' | 'skipped' | 'failed';
type Note = (kind: Kind, license: string, reason?: string) => void;

/** What a licence consumed in a month, as ArrowSphere says it. */
export interface ConsumedAmounts {
  readonly sell: DecimalString;
  readonly buy: DecimalString;
  /** Null: ArrowSphere names none. */
  readonly currency: string | null;
  readonly isEstimate: boolean;
  readonly lineCount: number;
}

/** Amounts of a month, or why there are none. */
type Answer = (ConsumedAmounts & { readonly askedAt: Date }) | { readonly nothing: true } | { readonly error: string };

/** Who pays for the consumption of a licence, or why nobody does. */
export type ConsumptionParty =
  | (Pick<Consumed, 'licenseReference' | 'arrowCustomer' | 'customerUuid' | 'projectUuid' | 'resourceUuid'> & {
      readonly reason: null;
    })
  | { readonly licenseReference: string; readonly reason: Reason };

/** The consumption of every linked licence in one month, from ArrowSphere into records and ledger. */
@Injectable()
export class ConsumptionSyncService {
  constructor(
    private readonly gateway: ArrowGateway,
    private readonly accounts: BillingAccountsService,
    private readonly resources: ResourcesService,
    private readonly consumption: ConsumptionRepository,
    private readonly payers: PayersService,
    private readonly ledger: ConsumptionLedgerService,
    private readonly clock: Clock,
  ) {}

  /**
   * `licenses`: only these, where given. One licence that fails does not keep the others. Throws `BillingPausedError`,
   * `LeaseLostError`, and the gateway's errors on finding owners.
   */
  async run(
    context: BillingContext,
    licenses: readonly string[] | null,
    control: RunControl,
  ): Promise<ConsumptionReport> {
    const counts: Record<Kind, number> = { changed: 0, unchanged: 0, noData: 0, skipped: 0, failed: 0 };
    const reasons: { licenseReference: string; reason: string }[] = [];
    const note: Note = (kind, licenseReference, reason) => {
      counts[kind]++;
      if (reason) reasons.push({ licenseReference, reason });
    };
    const parties = await this.parties(context, licenses, control.signal);
    const billable: Extract<ConsumptionParty, { reason: null }>[] = [];
    for (const party of parties) {
      if (party.reason === null) billable.push(party);
      else note('skipped', party.licenseReference, party.reason);
    }
    for (let start = 0; start < billable.length; start += BATCH) {
      await this.accounts.ensureRunning(context.account.uuid, 'consumption');
      await control.progress('consumption', start, billable.length);
      await this.batch(context, billable.slice(start, start + BATCH), control, note);
    }
    return { period: context.month.toString(), ...counts, reasons };
  }

  /** Who pays for these licences (null: for all that are linked, or have consumption in the month), first parties first. */
  async parties(
    context: BillingContext,
    licenses: readonly string[] | null,
    signal: AbortSignal,
  ): Promise<ConsumptionParty[]> {
    const known = await this.consumption.find(context, licenses);
    const asked =
      licenses ??
      (await this.linked(
        context,
        known.map((record) => record.licenseReference),
      ));
    const owners = await this.payers.ownersOf(context, asked, signal);
    const knownOf = new Map(known.map((record) => [record.licenseReference, record]));
    const pairs = asked.flatMap((licenseReference) => {
      const arrowCustomer = knownOf.get(licenseReference)?.arrowCustomer || owners.get(licenseReference);
      return arrowCustomer ? [{ licenseReference, arrowCustomer }] : [];
    });
    const found = new Map((await this.payers.billTo(context, pairs)).map((party) => [party.licenseReference, party]));
    return asked.map((licenseReference) => {
      const party = found.get(licenseReference);
      const first = knownOf.get(licenseReference);
      // Whoever was charged for a licence in a month is charged for all of it; project and resource follow the link.
      if (first) {
        const moved = party?.customerUuid === first.customerUuid && party.projectUuid && party.resourceUuid;
        const { projectUuid, resourceUuid } = moved ? party : first;
        const { arrowCustomer, customerUuid } = first;
        return {
          licenseReference,
          arrowCustomer,
          customerUuid,
          projectUuid: projectUuid!,
          resourceUuid: resourceUuid!,
          reason: null,
        };
      }
      return partyOf(licenseReference, party);
    });
  }

  private async batch(
    context: BillingContext,
    parties: readonly Extract<ConsumptionParty, { reason: null }>[],
    { signal }: RunControl,
    note: Note,
  ): Promise<void> {
    const answers = await Promise.all(parties.map((party) => this.ask(context, party.licenseReference, signal)));
    const consumed = parties.flatMap((party, i): Consumed[] => {
      const answer = answers[i]!;
      if ('error' in answer) note('failed', party.licenseReference, answer.error);
      else if ('nothing' in answer) note('noData', party.licenseReference);
      else {
        try {
          return [consumedBy(party, answer, answer.askedAt, context)];
        } catch (error) {
          if (!(error instanceof CurrencyUnknownError)) throw error;
          note('failed', party.licenseReference, error.code);
        }
      }
      return [];
    });
    if (consumed.length) await this.store(context, consumed, note);
  }

  /** One organisation's fault must not keep the others from being charged: a batch that fails is tried one by one. */
  private async store(context: BillingContext, consumed: readonly Consumed[], note: Note): Promise<void> {
    const customers = new Set(consumed.map((entry) => entry.customerUuid));
    try {
      for (const [license, outcome] of await this.ledger.store(context, consumed)) {
        const kind = KINDS[outcome];
        note(kind, license, kind === 'skipped' ? outcome : undefined);
      }
    } catch (error) {
      if (!(error instanceof AppError) || error.code === 'lease_lost') throw error;
      if (customers.size === 1)
        return consumed.forEach((entry) => note('failed', entry.licenseReference, error.message));
      for (const customer of customers) {
        const own = consumed.filter((entry) => entry.customerUuid === customer);
        await this.store(context, own, note);
      }
    }
  }

  /** One licence in one month. The estimate stands in for what ArrowSphere cannot say yet, and only in the running month. */
  private async ask(
    { arrow, account, month, currentMonth }: BillingContext,
    license: string,
    signal: AbortSignal,
  ): Promise<Answer> {
    const options = { signal, lane: `billing:${account.uuid}` };
    const isRunning = month.equals(currentMonth);
    const period = month.toString();
    const askedAt = this.clock.now();
    try {
      const { months } = await this.gateway.getMonthlyConsumption(arrow, license, period, period, options);
      const amounts = amountsOf(months.find((entry) => entry.period === period));
      if (amounts) return { ...amounts, askedAt };
      if (!isRunning) return { nothing: true };
    } catch (error) {
      const mayEstimate = isRunning && (error instanceof ArrowNotFoundError || error instanceof ArrowRefusedError);
      if (signal.aborted || !(error instanceof ArrowError)) throw error;
      if (!mayEstimate) return { error: error.message };
    }
    try {
      const estimate = await this.gateway.getConsumptionEstimate(arrow, license, options);
      const { sellTotal, buyTotal, currency } = estimate;
      if (estimate.period !== period || sellTotal === null || buyTotal === null) return { nothing: true };
      return { sell: sellTotal, buy: buyTotal, currency, isEstimate: true, lineCount: 0, askedAt };
    } catch (error) {
      if (signal.aborted || !(error instanceof ArrowError)) throw error;
      return error instanceof ArrowNotFoundError ? { nothing: true } : { error: error.message };
    }
  }

  /** Linked now, or charged in that month before: a licence that was changed midway belongs to the month too. */
  private async linked(context: BillingContext, recorded: readonly string[]): Promise<string[]> {
    const mapped = await this.payers.mapped(context);
    const resources = await this.resources.withBackendIdOf(mapped.map((mapping) => mapping.customerUuid));
    return [...new Set([...resources.map((resource) => resource.backendId), ...recorded])].sort();
  }
}

const KINDS: Record<ConsumptionOutcome, Kind> = {
  changed: 'changed',
  unchanged: 'unchanged',
  finalized: 'skipped',
  better_known: 'skipped',
  older_answer: 'skipped',
};

function partyOf(licenseReference: string, party: BillTo | undefined): ConsumptionParty {
  if (!party) return { licenseReference, reason: 'customer_unknown' };
  const { arrowCustomer, customerUuid, projectUuid, resourceUuid, reason } = party;
  if (reason) return { licenseReference, reason };
  if (!customerUuid || !projectUuid || !resourceUuid) return { licenseReference, reason: 'not_linked' };
  return { licenseReference, arrowCustomer, customerUuid, projectUuid, resourceUuid, reason: null };
}

/** What ArrowSphere cannot say is not zero: null. */
export function amountsOf(month: ArrowConsumptionMonth | undefined): ConsumedAmounts | null {
  if (!month || month.lineCount === 0 || month.sellTotal === null || month.buyTotal === null) return null;
  const { sellTotal, buyTotal, currency, lineCount } = month;
  return { sell: sellTotal, buy: buyTotal, currency, isEstimate: false, lineCount };
}

/** Throws `CurrencyUnknownError` where what ArrowSphere gives as the currency is none. */
export function consumedBy(
  party: Extract<ConsumptionParty, { reason: null }>,
  amounts: ConsumedAmounts,
  askedAt: Date,
  { rule }: BillingContext,
): Consumed {
  const currency = currencyOf(amounts.currency || rule.defaultCurrency);
  if (!currency.known) throw new CurrencyUnknownError(currency.code);
  const { licenseReference, arrowCustomer, customerUuid, projectUuid, resourceUuid } = party;
  const { sell, buy, isEstimate, lineCount } = amounts;
  const about = { licenseReference, arrowCustomer, customerUuid, projectUuid, resourceUuid };
  return { ...about, sell, buy, currency: currency.code, isEstimate, lineCount, askedAt };
}
