import { setImmediate } from 'node:timers/promises';

/**
 * Asks at once for all that is asked for within one turn of the event loop. Nothing is kept: each answer was looked for
 * after its question.
 */
export class Gathered<Key, Value> {
  private open?: { readonly keys: Set<Key>; readonly found: Promise<ReadonlyMap<Key, Value>> };

  constructor(private readonly find: (keys: readonly Key[]) => Promise<ReadonlyMap<Key, Value>>) {}

  /** Rejects as `find` does, then for all that was asked for with it. */
  async get(key: Key): Promise<Value | undefined> {
    const { keys, found } = (this.open ??= this.begin());
    keys.add(key);
    return (await found).get(key);
  }

  private begin() {
    const keys = new Set<Key>();
    const found = setImmediate().then(() => {
      this.open = undefined;
      return this.find([...keys]);
    });
    return { keys, found };
  }
}
