import { Injectable, Logger } from '@nestjs/common';
import { ArrowGateway, type ArrowConsumptionMonth } from '../../arrow-gateway/arrow-gateway.js';
import { ArrowError, ArrowNotFoundError, ArrowRefusedError } from '../../arrow-gateway/arrow-gateway.errors.js';
import { currencyOf } from '../../arrow-export/currency.js';
import { Clock } from '../../common/clock.js';
import { ResourcesService } from '../../directory/resources.service.js';
import { BillingAccountsService } from '../accounts/billing-accounts.service.js';
import type { BillingContext } from '../core/billing-context.js';
import { CurrencyUnknownError } from '../core/billing.errors.js';
import type { Reason } from '../core/reasons.js';
import { postIsolated } from '../ledger/post-isolated.js';
import type { BillTo } from '../payers/bill-to.js';
import { PayersService } from '../payers/payers.service.js';
import type { RunControl } from '../statements/import-statements.js';
import { ConsumptionLedgerService, isTaken } from './consumption-ledger.service.js';
import { ConsumptionRepository, type Consumed, type ConsumptionBillTo } from './consumption.repository.js';

export const CONSUMPTION_SYNC = 'consumption-sync';

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
export interface ConsumedAmounts extends Pick<Consumed, 'sell' | 'buy' | 'isEstimate' | 'lineCount'> {
  /** Null: ArrowSphere names none. */
  readonly currency: string | null;
}

/** A licence that nobody can be charged for, and why. */
export interface NoBillTo {
  readonly licenseReference: string;
  readonly reason: Reason;
}

/** The consumption of every linked licence in one month, from ArrowSphere into records and ledger. */
@Injectable()
export class ConsumptionSyncService {
  private readonly logger = new Logger(ConsumptionSyncService.name);

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
   * `KeyOfAnotherPartnerError`, `LeaseLostError`, and the gateway's errors on finding owners.
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
    const billable: ConsumptionBillTo[] = [];
    await this.accounts.ensureOwnKey(context, control.signal);
    for (const party of await this.parties(context, licenses, control.signal))
      if ('reason' in party) note('skipped', party.licenseReference, party.reason);
      else billable.push(party);
    for (let start = 0; start < billable.length; start += BATCH) {
      await this.accounts.ensureRunning(context.account.uuid, 'consumption');
      await control.progress('consumption', start, billable.length);
      const batch = billable.slice(start, start + BATCH);
      const answers = await Promise.all(batch.map((party) => this.ask(context, party, control.signal)));
      const consumed = answers.flatMap((answer, i): Consumed[] => {
        if ('sell' in answer) return [answer];
        note(answer.kind, batch[i]!.licenseReference, answer.reason);
        return [];
      });
      if (consumed.length) await this.store(context, consumed, note);
    }
    return { period: context.month.toString(), ...counts, reasons };
  }

  /** Who pays for these licences (null: for all that are linked, or have consumption in the month), first bill-to parties first. */
  async parties(
    context: BillingContext,
    licenses: readonly string[] | null,
    signal: AbortSignal,
  ): Promise<(ConsumptionBillTo | NoBillTo)[]> {
    const known = await this.consumption.known(context, licenses);
    const firstOf = new Map(known.map((record) => [record.licenseReference, record]));
    const asked = licenses ?? (await this.linked(context, firstOf.keys()));
    const customerOf = (license: string, owner?: string) => firstOf.get(license)?.charge.arrowCustomer || owner;
    const found = await this.payers.partiesOf(context, asked, customerOf, signal);
    return asked.map((licenseReference) => {
      const party = found.get(licenseReference);
      const first = firstOf.get(licenseReference);
      if (!first) return partyOf(licenseReference, party);
      // Whoever was charged for a licence in a month is charged for all of it; project and resource follow the link.
      const { customerUuid, projectUuid, resourceUuid, charge } = first;
      const { arrowCustomer } = charge;
      const linked = party?.customerUuid === customerUuid && party.projectUuid && party.resourceUuid;
      const place = linked
        ? { projectUuid: party.projectUuid, resourceUuid: party.resourceUuid }
        : { projectUuid, resourceUuid };
      return { licenseReference, arrowCustomer, customerUuid, ...place };
    });
  }

  private async store(context: BillingContext, consumed: readonly Consumed[], note: Note): Promise<void> {
    const ofCustomers = (customers: readonly string[]) =>
      consumed.filter((entry) => customers.includes(entry.customerUuid));
    const post = async (customers: readonly string[]) => {
      for (const [license, outcome] of await this.ledger.store(context, ofCustomers(customers))) {
        if (isTaken(outcome)) note(outcome, license);
        else note('skipped', license, outcome);
      }
    };
    const failed = (customer: string, why: string) =>
      ofCustomers([customer]).forEach((entry) => note('failed', entry.licenseReference, why));
    await postIsolated([...new Set(consumed.map((entry) => entry.customerUuid))], post, failed, this.logger);
  }

  private async ask(
    context: BillingContext,
    party: ConsumptionBillTo,
    signal: AbortSignal,
  ): Promise<Consumed | { readonly kind: Kind; readonly reason?: string }> {
    const askedAt = this.clock.now();
    try {
      const amounts = await this.amountsFor(context, party.licenseReference, signal);
      return amounts ? consumedBy(party, amounts, askedAt, context) : { kind: 'noData' };
    } catch (error) {
      if (error instanceof CurrencyUnknownError) return { kind: 'failed', reason: error.code };
      if (signal.aborted || !(error instanceof ArrowError)) throw error;
      return { kind: 'failed', reason: error.message };
    }
  }

  /** One licence in one month. The estimate stands in for what ArrowSphere cannot say yet, and only in the running month. */
  private async amountsFor(
    { arrow, lane, month, currentMonth }: BillingContext,
    license: string,
    signal: AbortSignal,
  ): Promise<ConsumedAmounts | null> {
    const options = { signal, lane };
    const isRunning = month.equals(currentMonth);
    const period = month.toString();
    try {
      const { months } = await this.gateway.getMonthlyConsumption(arrow, license, period, period, options);
      const amounts = amountsOf(months.find((entry) => entry.period === period));
      if (amounts || !isRunning) return amounts;
    } catch (error) {
      const mayEstimate = isRunning && (error instanceof ArrowNotFoundError || error instanceof ArrowRefusedError);
      if (signal.aborted || !mayEstimate) throw error;
    }
    try {
      const estimate = await this.gateway.getConsumptionEstimate(arrow, license, options);
      const { sellTotal: sell, buyTotal: buy, currency } = estimate;
      if (estimate.period !== period || sell === null || buy === null) return null;
      return { sell, buy, currency, isEstimate: true, lineCount: 0 };
    } catch (error) {
      if (signal.aborted || !(error instanceof ArrowNotFoundError)) throw error;
      return null;
    }
  }

  /** Linked now, or charged in that month before: a licence that was changed midway belongs to the month too. */
  private async linked(context: BillingContext, recorded: Iterable<string>): Promise<string[]> {
    const mapped = await this.payers.mapped(context);
    const resources = await this.resources.withBackendIdOf(mapped.map((mapping) => mapping.customerUuid));
    return [...new Set([...resources.map((resource) => resource.licenseReference), ...recorded])].sort();
  }
}

function partyOf(licenseReference: string, party: BillTo | undefined): ConsumptionBillTo | NoBillTo {
  if (!party) return { licenseReference, reason: 'customer_unknown' };
  const { arrowCustomer, customerUuid, projectUuid, resourceUuid, reason } = party;
  if (reason) return { licenseReference, reason };
  if (!customerUuid || !projectUuid || !resourceUuid) return { licenseReference, reason: 'not_linked' };
  return { licenseReference, arrowCustomer, customerUuid, projectUuid, resourceUuid };
}

/** What ArrowSphere cannot say is not zero: null. */
export function amountsOf(month: ArrowConsumptionMonth | undefined): ConsumedAmounts | null {
  if (!month || month.lineCount === 0 || month.sellTotal === null || month.buyTotal === null) return null;
  const { sellTotal, buyTotal, currency, lineCount } = month;
  return { sell: sellTotal, buy: buyTotal, currency, isEstimate: false, lineCount };
}

/** Throws `CurrencyUnknownError` where what ArrowSphere gives as the currency is none. */
export function consumedBy(
  party: ConsumptionBillTo,
  amounts: ConsumedAmounts,
  askedAt: Date,
  { rule }: BillingContext,
): Consumed {
  const currency = currencyOf(amounts.currency || rule.defaultCurrency);
  if (!currency.known) throw new CurrencyUnknownError(currency.code);
  return { ...party, ...amounts, currency: currency.code, askedAt };
}
