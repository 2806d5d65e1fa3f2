import { Lanes } from '../../common/lanes.js';
import { LoginsBusyError } from '../directory.errors.js';

interface Waiting {
  start(): void;
  refuse(error: Error): void;
}

/**
 * Lets one login after the other through, the places they come from in turn. One at a time, because a guess is counted
 * before the next is made, and because hashing takes all of a processor.
 */
export class LoginQueue {
  private readonly lanes = new Lanes<Waiting>();
  private isBusy = false;

  constructor(private readonly mostWaiting: number) {}

  /** Runs `work` when it is the turn of `place`. Throws `LoginsBusyError` where too many wait. */
  async run<T>(place: string, work: () => Promise<T>): Promise<T> {
    if (this.isBusy) await this.turnOf(place);
    this.isBusy = true;
    try {
      return await work();
    } finally {
      const next = this.lanes.takeNext();
      if (next) next.start();
      else this.isBusy = false;
    }
  }

  private turnOf(place: string): Promise<void> {
    return new Promise((start, refuse) => {
      if (this.lanes.size >= this.mostWaiting) {
        const displaced = this.lanes.displaceFor(place);
        if (!displaced) return refuse(new LoginsBusyError());
        displaced.refuse(new LoginsBusyError());
      }
      this.lanes.add(place, { start, refuse });
    });
  }
}
