/** The time of day, injected wherever a rule depends on it, so that tests set it instead of waiting. */
export abstract class Clock {
  /** Now, UTC. */
  abstract now(): Date;
}

export class SystemClock extends Clock {
  now(): Date {
    return new Date();
  }
}
