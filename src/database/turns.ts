import { DatabaseBusyError } from '../common/database-fault.js';

interface Lane {
  taken: number;
  readonly waiting: (() => void)[];
}

/** Lets at most so many of each lane in at once; the others of that lane wait, first come, first served. */
export class Turns {
  private readonly lanes = new Map<string, Lane>();

  constructor(
    private readonly most: number,
    private readonly timeoutMs: number,
  ) {}

  /** Those of all lanes that wait. */
  get waiting(): number {
    return [...this.lanes.values()].reduce((count, { waiting }) => count + waiting.length, 0);
  }

  /** Answers what gives the turn back, to be called once. Throws `DatabaseBusyError` for one that does not come in time. */
  async take(name: string): Promise<() => void> {
    const lane = this.lanes.get(name) ?? { taken: 0, waiting: [] };
    this.lanes.set(name, lane);
    if (lane.taken < this.most) lane.taken++;
    else await this.turnIn(lane);
    return () => {
      const next = lane.waiting.shift();
      if (next) next();
      else if (--lane.taken === 0) this.lanes.delete(name);
    };
  }

  private turnIn({ waiting }: Lane): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        waiting.splice(waiting.indexOf(turn), 1);
        reject(new DatabaseBusyError());
      }, this.timeoutMs);
      const turn = () => {
        clearTimeout(timer);
        resolve();
      };
      waiting.push(turn);
    });
  }
}
