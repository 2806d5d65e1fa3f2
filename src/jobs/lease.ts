import type { EntityManager } from 'typeorm';

/**
 * The right to go on with a run. A worker that was frozen or cut off for longer than its lease has lost it: somebody
 * else may be doing the same work by now.
 */
export interface Lease {
  /**
   * Inside the caller's transaction, before it writes: nobody takes the run over until that transaction has ended.
   * Throws `LeaseLostError`.
   */
  check(manager: EntityManager): Promise<void>;
}
