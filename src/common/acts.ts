import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { createContextKey } from '@opentelemetry/api';
import { Contexts } from './contexts.js';

/** Who acts where no user does. */
export const SCHEDULE = 'schedule';
export const COMMAND_LINE = 'command line';
export const SERVICE_START = 'start of the service';

/** Whether it is the name of a user, and not what acts without one. */
export const isPerson = (actor: string): boolean =>
  ![SCHEDULE, COMMAND_LINE, SERVICE_START].includes(actor) && !actor.startsWith('database user ');

/** Who does something, and what it is called: what the audit trail says of it besides what was changed. */
export interface ActFields {
  /** User name; where there is no user, what it is: `command line`, `schedule`. */
  readonly actor: string;
  /** Who really calls, where staff acts as the actor. */
  readonly impersonator?: string;
  /** Name of the token, never its value. */
  readonly token?: string;
  readonly address?: string;
  readonly requestId?: string;
  /** `<object>.<verb>`, such as `customer_mapping.create`. */
  readonly action: string;
  readonly objectType?: string;
  readonly objectUuid?: string;
}

/** One request, job or command that may change something. */
export class Act {
  /** Whether the database has written an event of it, as far as is known. */
  isRecorded = false;
  private text?: string;

  /** `job`: the end of the job writes the event, whatever is changed before. */
  constructor(
    private fields: ActFields,
    readonly created: Date,
    readonly uuid: string = randomUUID(),
    private readonly job?: string,
  ) {}

  /** As the triggers of the audit trail read it. */
  get values(): object {
    const { uuid, created, job } = this;
    return { uuid, created, job, ...this.fields };
  }

  /**
   * What a statement begins with, so that the triggers which it fires know who does it. Without a slash nothing in it
   * ends the comment or begins one within it.
   */
  get mark(): string {
    return (this.text ??= `/*audit:${JSON.stringify(this.values).replaceAll('/', '\\u002f')}*/ `);
  }

  /** Who it is turned out later, as at a login. */
  isBy(actor: string): void {
    this.fields = { ...this.fields, actor };
    this.text = undefined;
  }
}

const ACT = createContextKey('act');

/** What the code now running does it for. The pools of the database write it into each statement that may change something. */
@Injectable()
export class Acts {
  constructor(private readonly contexts: Contexts) {}

  /** `undefined` where nothing is to be changed, and in what is no part of the service. */
  get current(): Act | undefined {
    return this.contexts.active().getValue(ACT) as Act | undefined;
  }

  /** Runs `work` as part of an act. */
  run<T>(act: Act, work: () => T): T {
    return this.contexts.with(this.contexts.active().setValue(ACT, act), work);
  }
}

/** SQLSTATE by which the triggers tell that an event was written. */
export const RECORDED = 'WA001';

/** A statement as it is sent: with the mark of the act, where it may change something. */
export function marked(act: Act | undefined, statement: string): string {
  if (!act) return statement;
  // What was recorded in it is gone with it.
  if (/^\s*ROLLBACK/i.test(statement)) act.isRecorded = false;
  return /^\s*(INSERT|UPDATE|DELETE|MERGE|WITH)\b/i.test(statement) ? act.mark + statement : statement;
}
