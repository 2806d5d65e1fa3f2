/** Numbers that look random and are the same on every run (mulberry32). */
export class Seeded {
  constructor(private state: number) {}

  /** From 0 up to, not including, 1. */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }

  /** A whole number, both ends included. */
  between(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  pick<T>(list: readonly T[]): T {
    return list[this.between(0, list.length - 1)] as T;
  }
}

/** Amounts as whole hundred-thousandths, so that consumption and export agree to the last place. */
export type Units = number;

const PER_ONE = 100_000;

/** The JSON number that consumption carries. */
export const unitsToNumber = (units: Units): number => units / PER_ONE;

/** The text that exports carry: dot decimal, five places. */
export function unitsToText(units: Units): string {
  const sign = units < 0 ? '-' : '';
  const whole = Math.abs(units);
  return `${sign}${Math.floor(whole / PER_ONE)}.${String(whole % PER_ONE).padStart(5, '0')}`;
}

/** `YYYY-MM` of the month that many months before `now` (UTC). */
export function monthsBefore(now: Date, months: number): string {
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - months, 1)).toISOString().slice(0, 7);
}
