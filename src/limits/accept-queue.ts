import type { EventEmitter } from 'node:events';

/** Where nobody waits, connections hardly come in so many turns one after another. */
const TURNS_OF_A_QUEUE = 3;

/**
 * Whether clients wait to be accepted. An event loop accepts one connection in each of its turns (libuv since 1.45), and
 * a turn takes as long as the work it finds: beside much work, clients wait in a queue of the operating system that
 * nobody sees, until they give up. Turns that each accept a connection, one after another, tell of it.
 */
export class AcceptQueue {
  private hasAccepted = false;
  private turns = 0;
  private isWatching = false;

  /** `onTurn`: told at the end of each turn that accepted, and of the first that did not. */
  constructor(private readonly onTurn: () => void) {}

  /** Connections of this server are of the queue from now on. */
  watch(server: EventEmitter): void {
    server.on('connection', () => {
      this.hasAccepted = true;
      this.watchTurn();
    });
  }

  get hasClients(): boolean {
    return this.turns >= TURNS_OF_A_QUEUE;
  }

  private watchTurn(): void {
    if (this.isWatching) return;
    this.isWatching = true;
    setImmediate(() => {
      this.isWatching = false;
      this.turns = this.hasAccepted ? this.turns + 1 : 0;
      if (this.hasAccepted) this.watchTurn();
      this.hasAccepted = false;
      this.onTurn();
    });
  }
}
