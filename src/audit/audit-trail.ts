import { Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { Act, type ActFields, Acts } from '../common/acts.js';
import { Clock } from '../common/clock.js';
import { AuditTrailRepository } from './audit-trail.repository.js';

/** Partitions are there for so many months, the running one included. */
const MONTHS_AHEAD = 3;
const LOOK_EVERY_MS = 24 * 3_600_000;

/**
 * The audit trail as those who act know it. What changes a row that is audited writes its event by itself; here stands
 * what writes an event alone.
 */
@Injectable()
export class AuditTrail implements OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger(AuditTrail.name);
  private timer?: NodeJS.Timeout;

  constructor(
    private readonly events: AuditTrailRepository,
    private readonly acts: Acts,
    private readonly clock: Clock,
  ) {}

  async onModuleInit(): Promise<void> {
    await this.makePartitions();
    this.timer = setInterval(() => void this.makePartitions(), LOOK_EVERY_MS).unref();
  }

  onModuleDestroy(): void {
    clearInterval(this.timer);
  }

  /** Does `work` as an act of something that is no request; once it is done there is an event, whatever it changed. */
  async during<T>(fields: ActFields, work: () => Promise<T>): Promise<T> {
    const act = new Act(fields, this.clock.now());
    const result = await this.acts.run(act, work);
    await this.complete(act);
    return result;
  }

  /** The same, where nothing is worth an event but a change. */
  changing<T>(fields: ActFields, work: () => Promise<T>): Promise<T> {
    return this.acts.run(new Act(fields, this.clock.now()), work);
  }

  /** Writes the event of an act that changed nothing. */
  async complete(act: Act): Promise<void> {
    if (act.isRecorded) return;
    await this.events.write(act, 'done');
    act.isRecorded = true;
  }

  /** What was asked for is not done, as who asks may not. */
  async refused(act: Act): Promise<void> {
    await this.events.write(act, 'refused');
  }

  /** The default partition takes what has none, so that it is no reason not to serve. */
  private async makePartitions(): Promise<void> {
    await this.events.makePartitions(this.clock.now(), MONTHS_AHEAD).catch((error: Error) => {
      this.logger.warn(`Partitions of the audit trail could not be made: ${error.message}`);
    });
  }
}
