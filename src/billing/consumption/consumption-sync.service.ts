import { Injectable } from '@nestjs/common';
import { ArrowGateway, type ArrowConsumptionMonth } from '../../arrow-gateway/arrow-gateway.js';
import { ArrowError, ArrowNotFoundError, ArrowRefusedError } from '../../arrow-gateway/arrow-gateway.errors.js';
import { AppError } from '../../common/app.error.js';
import type { DecimalString } from '../../common/money.js';
import { ResourcesService } from '../../directory/resources.service.js';
import { BillingAccountsService } from '../accounts/billing-accounts.service.js';
import type { LicenseParty } from '../matching/match-licenses.js';
import { PartiesService } from '../matching/parties.service.js';
import type { BillingContext } from '../statement/billing-context.js';
import type { RunControl } from '../statement/statement-sync.service.js';
import { ConsumptionLedgerService, type Consumed, type ConsumptionOutcome } from './consumption-ledger.service.js';
import { ConsumptionRecordsService } from './consumption-records.service.js';

/** Licences that are asked for together and then written in one transaction. */
const BATCH = 64;

export interface ConsumptionReport {
  readonly period: string;
  readonly changed: number;
  readonly unchanged: number;
  /** ArrowSphere has nothing for the month, or cannot say: nothing was changed by that. */
  readonly no_data: number;
  readonly skipped: number;
  readonly failed: number;
  /** Of those skipped and failed. */
  readonly reasons: readonly { readonly license_reference: string; readonly reason: string }[];
}

type Kind = 'changed' | 'unchanged' | 'no_data' | 'skipped' | 'failed';
type Note = (kind: Kind, license: string, reason?: string) => void;

/** Amounts of a month, or why there are none. */
export type ConsumptionAnswer = Amounts | { readonly nothing: 'no_data' } | { readonly error: string };
interface Amounts {
  readonly sell: DecimalString;
  readonly buy: DecimalString;
  readonly currency: string | null;
  readonly isEstimate: boolean;
  readonly lineCount: number;
}

/** The consumption of every linked licence in one month, from ArrowSphere into records and ledger. */
@Injectable()
export class ConsumptionSyncService {
  constructor(
    private readonly gateway: ArrowGateway,
    private readonly accounts: BillingAccountsService,
    private readonly resources: ResourcesService,
    private readonly records: ConsumptionRecordsService,
    private readonly parties: PartiesService,
    private readonly ledger: ConsumptionLedgerService,
  ) {}

  /** `licenses`: only these, where given. One licence that fails does not keep the others. Throws `BillingPausedError`, the gateway's errors on finding owners. */
  async run(
    context: BillingContext,
    licenses: readonly string[] | null,
    control: RunControl,
  ): Promise<ConsumptionReport> {
    const recorded = await this.records.partiesOf(context);
    const asked = licenses ?? (await this.linked(context, [...recorded.keys()]));
    const resolved = await this.parties.resolve(
      context,
      asked.map((license) => ({ license_reference: license, stated: null })),
      control.signal,
    );
    // Whoever was charged for a licence in a month is charged for all of it.
    const parties = resolved.map((party) => recorded.get(party.licenseReference) ?? party);
    const outcomes: Record<Kind, number> = {
      changed: 0,
      unchanged: 0,
      no_data: 0,
      skipped: 0,
      failed: 0,
    };
    const reasons: { license_reference: string; reason: string }[] = [];
    const note: Note = (kind, license, reason) => {
      outcomes[kind]++;
      if (reason) reasons.push({ license_reference: license, reason });
    };
    const billable = parties.filter((party) => {
      const reason = party.reason ?? (party.resourceUuid ? undefined : 'not_linked');
      if (reason) note('skipped', party.licenseReference, reason);
      return !reason;
    });
    for (let start = 0; start < billable.length; start += BATCH) {
      await this.accounts.ensureRunning(context.account.uuid, 'consumption');
      await control.progress('consumption', start, billable.length);
      await this.batch(context, billable.slice(start, start + BATCH), control, note);
    }
    return { period: context.month.toString(), ...outcomes, reasons };
  }

  private async batch(
    context: BillingContext,
    parties: readonly LicenseParty[],
    { signal }: RunControl,
    note: Note,
  ): Promise<void> {
    const answers = await Promise.all(parties.map((party) => this.ask(context, party.licenseReference, signal)));
    const consumed = parties.flatMap((party, i): Consumed[] => {
      const answer = answers[i]!;
      if ('error' in answer) note('failed', party.licenseReference, answer.error);
      else if ('nothing' in answer) note('no_data', party.licenseReference);
      else return [consumedBy(party, answer, context)];
      return [];
    });
    if (consumed.length) await this.store(context, consumed, note);
  }

  /** One customer's fault must not keep the others from being charged: a batch that fails is tried customer by customer. */
  private async store(context: BillingContext, consumed: readonly Consumed[], note: Note): Promise<void> {
    const customers = new Set(consumed.map((entry) => entry.customerUuid));
    try {
      for (const [license, outcome] of await this.ledger.store(context, consumed)) {
        const kind = KINDS[outcome];
        note(kind, license, ['skipped', 'failed'].includes(kind) ? outcome : undefined);
      }
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
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
  ): Promise<ConsumptionAnswer> {
    const options = { signal, lane: `billing:${account.uuid}` };
    const running = month.equals(currentMonth);
    try {
      const { months } = await this.gateway.getMonthlyConsumption(
        arrow,
        license,
        month.toString(),
        month.toString(),
        options,
      );
      const amounts = amountsOf(months.find((entry) => entry.period === month.toString()));
      if (!('nothing' in amounts) || !running) return amounts;
    } catch (error) {
      const mayEstimate = running && (error instanceof ArrowNotFoundError || error instanceof ArrowRefusedError);
      if (signal.aborted || !(error instanceof ArrowError)) throw error;
      if (!mayEstimate) return { error: error.message };
    }
    try {
      const estimate = await this.gateway.getConsumptionEstimate(arrow, license, options);
      if (estimate.period !== month.toString() || estimate.sellTotal === null || estimate.buyTotal === null)
        return { nothing: 'no_data' };
      return {
        sell: estimate.sellTotal,
        buy: estimate.buyTotal,
        currency: estimate.currency,
        isEstimate: true,
        lineCount: 0,
      };
    } catch (error) {
      if (signal.aborted || !(error instanceof ArrowError)) throw error;
      return error instanceof ArrowNotFoundError ? { nothing: 'no_data' } : { error: error.message };
    }
  }

  /** Linked now, or charged in that month before: a licence that was changed midway belongs to the month too. */
  private async linked(context: BillingContext, recorded: readonly string[]): Promise<string[]> {
    const mapped = await this.parties.mapped(context);
    const resources = await this.resources.withBackendIdOf(mapped.map((mapping) => mapping.customerUuid));
    return [...new Set([...resources.map((resource) => resource.backendId), ...recorded])].sort();
  }
}

const KINDS: Record<ConsumptionOutcome, Kind> = {
  changed: 'changed',
  unchanged: 'unchanged',
  finalized: 'skipped',
  better_known: 'skipped',
  currency_conflict: 'failed',
};

/** What ArrowSphere cannot say is not zero. */
export function amountsOf(month: ArrowConsumptionMonth | undefined): Amounts | { readonly nothing: 'no_data' } {
  if (!month || month.lineCount === 0 || month.sellTotal === null || month.buyTotal === null)
    return { nothing: 'no_data' };
  return {
    sell: month.sellTotal,
    buy: month.buyTotal,
    currency: month.currency,
    isEstimate: false,
    lineCount: month.lineCount,
  };
}

/** `party` must have a resource. */
export function consumedBy(party: LicenseParty, amounts: Amounts, { account }: BillingContext): Consumed {
  return {
    licenseReference: party.licenseReference,
    resourceUuid: party.resourceUuid!,
    projectUuid: party.projectUuid!,
    customerUuid: party.customerUuid!,
    ...amounts,
    currency: amounts.currency ?? account.defaultCurrency,
  };
}
