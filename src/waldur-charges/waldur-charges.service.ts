import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { SCHEDULE } from '../common/acts.js';
import { Clock } from '../common/clock.js';
import { inParallel } from '../common/in-parallel.js';
import { YearMonth } from '../common/year-month.js';
import { Env } from '../config/env.js';
import { JobIncompleteError } from '../jobs/job.errors.js';
import { type JobControl, JobHandlers } from '../jobs/job-handlers.js';
import type { JobRun } from '../jobs/job-run.entity.js';
import { JobsService } from '../jobs/jobs.service.js';
import type { WaldurGateway } from '../waldur-gateway/waldur-gateway.js';
import {
  WaldurError,
  WaldurNotAllowedError,
  WaldurNotFoundError,
  WaldurRefusedError,
  WaldurTokenRejectedError,
  WaldurTooOldError,
} from '../waldur-gateway/waldur-gateway.errors.js';
import { BesideWaldur } from '../waldur-gateway/waldur-gateway.module.js';
import { wasNotSent } from '../waldur-gateway/was-not-sent.js';
import type { UsageOutcome } from '../waldur-gateway/waldur-invoices.js';
import {
  type Conclusion,
  type DecidedItem,
  type DueInvoice,
  type IntendedItem,
  PushedItemsRepository,
  type PushRules,
} from './pushed-items.repository.js';
import { ChargesNotPushedError } from './waldur-charges.errors.js';

export const CHARGES_PUSH = 'charges-push';

/** What was sent is looked at once a day for a year. */
const LOOK_EVERY_MS = 20 * 3_600_000;
const MONTHS_LOOKED_AT = 12;
/** Schedules try once a day what Waldur refused. */
const RETRY_REFUSED_MS = 20 * 3_600_000;
/** How many names and invoices a result shows. */
const MOST_NAMED = 100;

/** How Waldur says that an invoice takes no items any more (its source of 2026, not translated). */
const INVOICE_CLOSED = /can only be added to mutable invoices/i;
/** How names of ours end. */
const NAME_OF_OURS = / arrow-[0-9a-f]{12}$/;

/** What a run is asked for. */
export interface PushRequest {
  /** Everything that was sent is looked at. */
  readonly check?: boolean;
  /** What Waldur refused is tried again, whenever that was. */
  readonly retryRefused?: boolean;
  /** What was sent is looked at, and sent again where it is not there. */
  readonly retryMissing?: boolean;
}

/** What came of a run, in items. */
class Tally {
  planned = 0;
  sent = 0;
  /** Already there when it was sent, or when it was in doubt. */
  found = 0;
  /** Never came, and will be sent. */
  lost = 0;
  refused = 0;
  /** To the current month, as Waldur had closed the invoice. */
  moved = 0;
  invoices = 0;
  /** Invoices that could not be read or written, and why: the first of them. */
  readonly failed: { readonly customer_uuid: string; readonly month: string; readonly why: string }[] = [];
  /** Names on invoices of Waldur that are like ours, and not known here. */
  readonly unknown: string[] = [];
}

/** A run: its job, by which rules it sends, and what came of it so far. */
interface PushRun {
  readonly control: JobControl;
  readonly rules: PushRules;
  readonly tally: Tally;
}

/** Puts charges of closed months on invoices of Waldur, each once, and looks whether they stay there. */
@Injectable()
export class WaldurChargesService implements OnModuleInit {
  private readonly logger = new Logger(WaldurChargesService.name);

  constructor(
    private readonly beside: BesideWaldur,
    private readonly items: PushedItemsRepository,
    private readonly dataSource: DataSource,
    private readonly jobs: JobsService,
    private readonly handlers: JobHandlers,
    private readonly env: Env,
    private readonly clock: Clock,
  ) {}

  get isOn(): boolean {
    return this.env.WALDUR_PUSH_CHARGES;
  }

  onModuleInit(): void {
    if (!this.isOn) return;
    this.handlers.register(CHARGES_PUSH, (control) => this.run(control));
    this.handlers.every({
      name: CHARGES_PUSH,
      everyHours: () => this.env.WALDUR_PUSH_INTERVAL_HOURS,
      start: async () => void (await this.request({}, SCHEDULE)),
    });
  }

  /** Queues a run. Throws {@link ChargesNotPushedError}, `OtherRunUnderWayError`. */
  async request({ check, retryRefused, retryMissing }: PushRequest, requestedBy: string): Promise<JobRun> {
    if (!this.isOn) throw new ChargesNotPushedError();
    const parameters = {
      check: check ?? false,
      retry_refused: retryRefused ?? false,
      retry_missing: retryMissing ?? false,
    };
    const wanted = { kind: CHARGES_PUSH, scope: 'waldur', parameters, requestedBy };
    return this.jobs.enqueueAll(wanted, 'The push of charges');
  }

  private async run(control: JobControl): Promise<Record<string, unknown>> {
    const { parameters } = control.run;
    const tally = new Tally();
    const rules = this.rules(parameters['retry_refused'] === true);
    const run = { control, rules, tally };
    // Items that are not shown are not gone.
    await this.gateway.ensureSeesAll(optionsOf(control));
    tally.planned = await this.writing(control, (manager) => this.items.plan(manager, rules, this.clock.now()));
    const isAll = parameters['check'] === true || parameters['retry_missing'] === true;
    const seenBefore = isAll ? this.clock.now() : this.ago(LOOK_EVERY_MS);
    await this.push(await this.due(seenBefore), run);
    if (tally.moved) {
      const current = this.current.firstDay;
      const due = await this.due(this.ago(LOOK_EVERY_MS));
      await this.push(
        due.filter(({ invoiceMonth, intended }) => invoiceMonth === current && intended > 0),
        run,
      );
    }
    const shortfalls = await this.items.shortfalls();
    const result = { ...tally, not_at_waldur: shortfalls };
    const inDoubt = shortfalls.filter(({ reason }) => reason === 'sending').reduce((all, { items }) => all + items, 0);
    const problems = tally.failed.map(
      ({ customer_uuid, month, why }) => `The invoice of ${customer_uuid} for ${month}: ${why}`,
    );
    if (inDoubt)
      problems.push(
        `Of ${inDoubt} items it is not known whether Waldur has them: they are looked for again, and not sent before.`,
      );
    if (problems.length) throw new JobIncompleteError(problems.join(' '), result);
    return result;
  }

  private rules(retryRefused: boolean): PushRules {
    const { WALDUR_PUSH_FROM: from, WALDUR_CURRENCY: currency, WALDUR_PUSH_PRICED_PLANS: mayHavePrice } = this.env;
    return {
      from: YearMonth.from(from!),
      current: this.current,
      currency: currency!,
      mayHavePrice,
      retryRefusedBefore: retryRefused ? this.clock.now() : this.ago(RETRY_REFUSED_MS),
    };
  }

  private due(seenBefore: Date): Promise<DueInvoice[]> {
    return this.items.due(seenBefore, this.current.plus(-MONTHS_LOOKED_AT));
  }

  private async push(due: readonly DueInvoice[], run: PushRun): Promise<void> {
    const { control, tally } = run;
    const total = due.reduce((sum, { intended }) => sum + intended + 1, 0);
    let done = 0;
    const step = () => control.progress('invoices of Waldur', done++, total);
    const failures: unknown[] = [];
    await inParallel(due, this.env.WALDUR_MAX_CONCURRENCY, async (invoice) => {
      try {
        await this.pushTo(invoice, run, step);
      } catch (error) {
        if (!isOfOneInvoice(error) || control.signal.aborted) throw error;
        failures.push(error);
        const { customerUuid: customer_uuid, invoiceMonth } = invoice;
        if (tally.failed.length < MOST_NAMED)
          tally.failed.push({ customer_uuid, month: invoiceMonth.slice(0, 7), why: error.message });
      }
    });
    if (failures.length && failures.length === due.length) throw failures[0];
  }

  /** One item after the other, as each of them would open the same invoice. */
  private async pushTo(invoice: DueInvoice, run: PushRun, step: () => Promise<void>): Promise<void> {
    await step();
    run.tally.invoices += 1;
    await this.look(invoice, run, run.control.run.parameters['retry_missing'] === true);
    const items = await this.items.intended(invoice);
    if (!items.length) return;
    for (const item of items) {
      await step();
      if (!(await this.send(item, invoice, run))) await this.look(invoice, run);
    }
    await this.look(invoice, run);
  }

  /** Reads what stands on the invoice and goes by it. `again`: what was sent and is not there is to be sent. */
  private async look(invoice: DueInvoice, { control, rules, tally }: PushRun, again = false): Promise<void> {
    const now = this.clock.now();
    const month = YearMonth.from(invoice.invoiceMonth);
    const there = await this.gateway.invoiceItems(invoice.customerUuid, month, optionsOf(control));
    const ours = there.map(({ name }) => name).filter((name) => NAME_OF_OURS.test(name));
    const unknown = ours.length ? await this.items.unknownNames(invoice.customerUuid, ours) : [];
    const decided = await this.writing(control, async (manager) => {
      const rows = await this.items.decide(manager, invoice, there, now, this.gateway.settledBefore(now));
      if (again) await this.items.sendMissingAgain(manager, invoice, now);
      // What comes back may be sent by the rules of long ago.
      if (again || rows.some(isLost)) await this.items.judge(manager, rules, now, invoice.customerUuid);
      if (unknown.length) await this.items.hold(manager, invoice, 'unknown_items', now);
      return rows;
    });
    tally.found += decided.filter(({ was, is }) => was !== 'sent' && is === 'sent').length;
    tally.lost += decided.filter(isLost).length;
    for (const name of unknown)
      if (tally.unknown.length < MOST_NAMED && !tally.unknown.includes(name)) tally.unknown.push(name);
  }

  /** Answers whether it is known what Waldur did. */
  private async send(item: IntendedItem, invoice: DueInvoice, { control, tally }: PushRun): Promise<boolean> {
    const now = this.clock.now();
    if (!(await this.writing(control, (manager) => this.items.claim(manager, item.uuid, control.run.uuid, now))))
      return true;
    const conclude = (conclusion: Conclusion) =>
      this.writing(control, (manager) => this.items.conclude(manager, item.uuid, conclusion, this.clock.now()));
    const month = YearMonth.from(invoice.invoiceMonth);
    const usage = { customerUuid: invoice.customerUuid, month, name: item.name, amount: item.amount };
    let outcome: UsageOutcome;
    try {
      outcome = await this.gateway.importUsage(usage, optionsOf(control));
    } catch (error) {
      if (error instanceof WaldurRefusedError) outcome = { is: 'refused', said: error.sentence };
      else if (wasNotDone(error)) {
        await conclude({ state: 'intended' });
        throw error;
      } else {
        this.logger.warn({ event: 'waldur_item_in_doubt', item: item.uuid, why: (error as Error).message });
        return false;
      }
    }
    if (outcome.is !== 'refused') {
      if (outcome.is === 'created') tally.sent += 1;
      else tally.found += 1;
      await conclude({ state: 'sent' });
      return true;
    }
    const isClosed = INVOICE_CLOSED.test(outcome.said);
    const mayMove = isClosed && month.isBefore(this.current);
    if (mayMove) tally.moved += 1;
    else tally.refused += 1;
    await conclude(
      mayMove
        ? { state: 'intended', said: outcome.said, invoiceMonth: this.current.firstDay }
        : { state: 'refused', reason: isClosed ? 'invoice_closed' : 'refused_by_waldur', said: outcome.said },
    );
    return true;
  }

  private writing<T>({ lease }: JobControl, work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.dataSource.transaction(async (manager) => {
      await lease.check(manager);
      return work(manager);
    });
  }

  private get gateway(): WaldurGateway {
    return this.beside.gateway!;
  }

  private get current(): YearMonth {
    return YearMonth.at(this.clock.now());
  }

  private ago(milliseconds: number): Date {
    return new Date(this.clock.now().getTime() - milliseconds);
  }
}

/** It was in doubt, and never came. */
const isLost = ({ was, is }: DecidedItem) => was === 'sending' && is === 'intended';

const optionsOf = ({ signal }: JobControl) => ({ signal, lane: CHARGES_PUSH });

/** As far as is known: others may go on. Where it is so of all, it is Waldur's. */
function isOfOneInvoice(error: unknown): error is WaldurError {
  return error instanceof WaldurError && !wasNotDone(error);
}

/** It is for the run to end: Waldur was not reached, or lets nobody do this. */
function wasNotDone(error: unknown): boolean {
  return (
    wasNotSent(error) ||
    error instanceof WaldurNotAllowedError ||
    error instanceof WaldurTokenRejectedError ||
    error instanceof WaldurNotFoundError ||
    error instanceof WaldurTooOldError
  );
}
