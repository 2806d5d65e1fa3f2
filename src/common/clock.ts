/** The time of day, injected wherever a rule depends on it, so that tests set it instead of waiting. */
export abstract class Clock {
  /** Now, UTC. */
  abstract now(): Date;

  /** Whole seconds from then to now; 0 where it is still to come. */
  secondsSince(then: Date): number {
    return Math.max(0, Math.round((this.now().getTime() - then.getTime()) / 1000));
  }
}

export class SystemClock extends Clock {
  now(): Date {
    return new Date();
  }
}
