import type { EventEmitter } from 'node:events';
import { AcceptQueue } from './accept-queue.js';
import { OverloadedError } from './limits.errors.js';

/** While clients wait to be accepted, as many of them are for each request that begins. */
const ACCEPTED_PER_START = 4;

/** One for all: to be refused has to cost less than to be served. */
const REFUSAL = new OverloadedError();

/** Who comes first where not everybody can be served. Health checks come before all, and never wait. */
export const PRIORITIES = ['read', 'write', 'bulk'] as const;
export type Priority = (typeof PRIORITIES)[number];

/** How much one process does at once. */
export interface LoadBounds {
  /** Requests served at once; 0: as many as come. Bulk work has half of them. */
  readonly atOnce: number;
  /** Requests that may wait. */
  readonly waiting: number;
  /** How long one of them waits at most. */
  readonly waitMs: number;
}

/** As much of an answer as is needed to know when it is over: out, or its client gone. */
export interface Closing {
  once(event: 'close', listener: () => void): unknown;
}

/**
 * One request's share of what the process does at once. It is held by the answer until that is out or its client gone,
 * and by guard and handler until these are done: work that nobody waits for any more is work all the same.
 */
export class Place {
  private holders = 0;

  constructor(
    private readonly take: () => void,
    private readonly leave: () => void,
  ) {
    this.hold();
  }

  /** Also after it was given back: a handler that begins when its client has gone takes it anew. */
  hold(): void {
    this.holders += 1;
    if (this.holders === 1) this.take();
  }

  release(): void {
    this.holders -= 1;
    if (this.holders === 0) this.leave();
  }
}

interface Waiting {
  readonly timer: NodeJS.Timeout;
  start(): void;
  refuse(): void;
}

/**
 * Lets as many requests in as the process can serve; some of the others wait, the rest is refused, bulk work first. Those
 * that the process has not even accepted count too, where it watches its server: they are accepted first, so that they
 * can be refused.
 */
export class LoadGate {
  private readonly inside: Record<Priority, number> = { read: 0, write: 0, bulk: 0 };
  private readonly toAccept = new AcceptQueue(() => this.afterTurn());
  /** Since the last request began. */
  private accepted = 0;
  private readonly queues: Record<Priority, Set<Waiting>> = { read: new Set(), write: new Set(), bulk: new Set() };

  constructor(
    private readonly bounds: LoadBounds,
    private readonly onShed: (priority: Priority) => void = () => undefined,
  ) {}

  /** Clients that wait to be accepted by this server come before work. */
  watch(server: EventEmitter): void {
    this.toAccept.watch(server);
  }

  get running(): number {
    return this.inside.read + this.inside.write + this.inside.bulk;
  }

  get waiting(): number {
    return this.queues.read.size + this.queues.write.size + this.queues.bulk.size;
  }

  /** A place, at once or after a while. `answer` gives it back. Throws {@link OverloadedError}. */
  enter(priority: Priority, answer: Closing): Place | Promise<Place> {
    if (!this.bounds.atOnce || this.hasRoomFor(priority)) {
      const place = this.placeFor(priority);
      answer.once('close', () => place.release());
      return place;
    }
    this.makeRoomToWait(priority);
    return new Promise((resolve, reject) => {
      const queue = this.queues[priority];
      const refuse = () => {
        this.takeOut(queue, waiting);
        this.onShed(priority);
        reject(REFUSAL);
      };
      let place: Place | undefined;
      const start = () => {
        this.takeOut(queue, waiting);
        resolve((place = this.placeFor(priority)));
      };
      const waiting: Waiting = { timer: setTimeout(refuse, this.bounds.waitMs).unref(), start, refuse };
      queue.add(waiting);
      answer.once('close', () => {
        if (place) place.release();
        else if (this.takeOut(queue, waiting)) reject(REFUSAL);
      });
    });
  }

  private hasRoomFor(priority: Priority): boolean {
    const { atOnce } = this.bounds;
    if (this.toAccept.hasClients && this.accepted < ACCEPTED_PER_START) return false;
    return this.running < atOnce && (priority !== 'bulk' || this.inside.bulk < Math.ceil(atOnce / 2));
  }

  private placeFor(priority: Priority): Place {
    return new Place(
      () => {
        this.inside[priority] += 1;
        this.accepted = 0;
      },
      () => {
        this.inside[priority] -= 1;
        this.letNextIn();
      },
    );
  }

  private afterTurn(): void {
    this.accepted += 1;
    this.letNextIn();
  }

  private letNextIn(): void {
    for (const priority of PRIORITIES) {
      for (const next of this.queues[priority]) {
        if (!this.hasRoomFor(priority)) break;
        next.start();
      }
    }
  }

  /** Where as many are inside or wait as may, the newest of those that come last makes room. Throws {@link OverloadedError}. */
  private makeRoomToWait(priority: Priority): void {
    if (this.running + this.waiting < this.bounds.atOnce + this.bounds.waiting) return;
    const lower = PRIORITIES.slice(PRIORITIES.indexOf(priority) + 1);
    const last = lower.findLast((each) => this.queues[each].size);
    if (last) return [...this.queues[last]].at(-1)!.refuse();
    this.onShed(priority);
    throw REFUSAL;
  }

  /** Whether it still waited. */
  private takeOut(queue: Set<Waiting>, waiting: Waiting): boolean {
    clearTimeout(waiting.timer);
    return queue.delete(waiting);
  }
}
