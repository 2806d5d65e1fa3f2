import { dateIn, endOfDayIn } from './date-time.js';

const PATTERN = /^(\d{4})-(0[1-9]|1[0-2])$/;

/** A calendar month, written `YYYY-MM`: the unit in which everything is billed. Years 2000 to 2100. */
export class YearMonth {
  private constructor(
    readonly year: number,
    /** 1 to 12. */
    readonly month: number,
  ) {}

  /** Reads `YYYY-MM` and nothing else: `2024-1`, `2024-13` and `2024-01-01` are `undefined`. */
  static parse(text: unknown): YearMonth | undefined {
    const match = typeof text === 'string' ? PATTERN.exec(text) : null;
    return match ? YearMonth.of(Number(match[1]), Number(match[2])) : undefined;
  }

  /** A month known to be one, as the database keeps it (`YYYY-MM-DD`) or as code writes it. Throws on anything else. */
  static from(text: string): YearMonth {
    const month = YearMonth.parse(text.slice(0, 7));
    if (!month) throw new RangeError(`${text} is not a month from 2000-01 to 2100-12.`);
    return month;
  }

  static of(year: number, month: number): YearMonth | undefined {
    const whole = Number.isInteger(year) && Number.isInteger(month);
    return whole && year >= 2000 && year <= 2100 && month >= 1 && month <= 12 ? new YearMonth(year, month) : undefined;
  }

  /** The month that a point in time falls into, in an IANA time zone such as `Europe/Tallinn`. */
  static at(instant: Date, timeZone = 'UTC'): YearMonth {
    return YearMonth.from(dateIn(timeZone, instant));
  }

  /** The months from `first` to `last`, both inclusive; empty when they are the wrong way round. */
  static range(first: YearMonth, last: YearMonth): YearMonth[] {
    return Array.from({ length: Math.max(0, first.monthsUntil(last) + 1) }, (_, i) => first.plus(i));
  }

  /** Also over the end of a year; stays within the years allowed. */
  plus(months: number): YearMonth {
    const index = Math.min(Math.max(this.year * 12 + this.month - 1 + months, 2000 * 12), 2100 * 12 + 11);
    return new YearMonth(Math.floor(index / 12), (index % 12) + 1);
  }

  /** How many months `other` comes after this one; negative when before. */
  monthsUntil(other: YearMonth): number {
    return (other.year - this.year) * 12 + other.month - this.month;
  }

  isBefore(other: YearMonth): boolean {
    return this.monthsUntil(other) > 0;
  }

  equals(other: YearMonth): boolean {
    return this.monthsUntil(other) === 0;
  }

  /** `YYYY-MM-DD`: what the database keeps, and what Waldur calls the billing period. */
  get firstDay(): string {
    return `${this.toString()}-01`;
  }

  /** `YYYY-MM-DD` */
  get lastDay(): string {
    return new Date(Date.UTC(this.year, this.month, 0)).toISOString().slice(0, 10);
  }

  /** True once `days` whole days have passed after the month's last day, on the calendar of that time zone. */
  isOver(now: Date, timeZone = 'UTC', days = 0): boolean {
    return Date.parse(dateIn(timeZone, now)) >= Date.UTC(this.year, this.month, 1 + days);
  }

  /** The moment from which it is over on the calendar of that time zone, to the minute. */
  endIn(timeZone: string): Date {
    return endOfDayIn(timeZone, this.lastDay);
  }

  toString(): string {
    return `${this.year}-${String(this.month).padStart(2, '0')}`;
  }

  toJSON(): string {
    return this.toString();
  }
}

/** True for a time zone that this runtime knows. */
export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** A range of months, both ends belonging to it. */
export interface MonthRange {
  readonly from: YearMonth;
  readonly to: YearMonth;
}
