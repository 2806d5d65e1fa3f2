import { addTo } from './group-by.js';

/**
 * Things that wait, in lanes that are served in turn: whoever brings many waits behind their own, and everybody else
 * behind one of them at most.
 */
export class Lanes<T> {
  private readonly lanes = new Map<string, T[]>();
  private count = 0;

  get size(): number {
    return this.count;
  }

  /** Everything that waits, lane by lane. */
  get all(): T[] {
    return [...this.lanes.values()].flat();
  }

  add(lane: string, item: T): void {
    addTo(this.lanes, lane, item);
    this.count += 1;
  }

  /** Takes out what is next, and puts its lane at the end of the line; `undefined`: nothing waits. */
  takeNext(): T | undefined {
    const [next] = this.lanes;
    if (!next) return undefined;
    const [lane, queue] = next;
    this.lanes.delete(lane);
    if (queue.length > 1) this.lanes.set(lane, queue);
    this.count -= 1;
    return queue.shift();
  }

  remove(lane: string, item: T): void {
    const queue = this.lanes.get(lane);
    const index = queue?.indexOf(item) ?? -1;
    if (!queue || index < 0) return;
    queue.splice(index, 1);
    this.count -= 1;
    if (queue.length === 0) this.lanes.delete(lane);
  }

  /** Where there is no room for one more of `lane`: takes out the newest of a lane that holds more than its share. */
  displaceFor(lane: string): T | undefined {
    const own = this.lanes.get(lane)?.length ?? 0;
    const [longest, queue] = [...this.lanes].reduce((a, b) => (b[1].length > a[1].length ? b : a), [lane, [] as T[]]);
    if (queue.length <= own + 1) return undefined;
    const newest = queue.at(-1)!;
    this.remove(longest, newest);
    return newest;
  }
}
