import { Decimal } from 'decimal.js';

/** A decimal number as text, `-?digits[.digits]`, never a float: `"12.5000000000"`. Its currency travels beside it. */
export type DecimalString = string;

/** Enough for `numeric(22,10)` products and for sums of a billion of them, exactly. */
const Exact = Decimal.clone({ precision: 60, rounding: Decimal.ROUND_HALF_UP, toExpNeg: -40, toExpPos: 60 });

const DECIMAL = /^-?\d+(\.\d+)?$/;

/** True for text that is a plain decimal number: no exponent, no thousands marks, no spaces. */
export function isDecimalString(value: unknown): value is DecimalString {
  return typeof value === 'string' && DECIMAL.test(value);
}

/** Exact sum; `"0"` for none. */
export function sum(values: Iterable<DecimalString>): DecimalString {
  let total = new Exact(0);
  for (const value of values) total = total.plus(value);
  return total.toFixed();
}

/** Exact `a + b`. */
export function add(a: DecimalString, b: DecimalString): DecimalString {
  return new Exact(a).plus(b).toFixed();
}

/** Exact `a - b`. */
export function subtract(a: DecimalString, b: DecimalString): DecimalString {
  return new Exact(a).minus(b).toFixed();
}

/** Exact `a * b`. */
export function multiply(a: DecimalString, b: DecimalString): DecimalString {
  return new Exact(a).times(b).toFixed();
}

/** -1, 0 or 1 as `a` is less than, equal to or greater than `b`, whatever their scales. */
export function compare(a: DecimalString, b: DecimalString): -1 | 0 | 1 {
  return new Exact(a).comparedTo(b) as -1 | 0 | 1;
}

/** Same number, whatever the scales: `"1.50"` and `"1.5"`. */
export function equal(a: DecimalString, b: DecimalString): boolean {
  return compare(a, b) === 0;
}

/** Without zeros at the end: `"12.5000"` is `"12.5"`. */
export function trimmed(value: DecimalString): DecimalString {
  return new Exact(value).toFixed();
}

/** True for zero of any scale and sign. */
export function isZero(value: DecimalString): boolean {
  return new Exact(value).isZero();
}

/** `-value`; zero stays `"0"`. */
export function negate(value: DecimalString): DecimalString {
  return subtract('0', value);
}

/**
 * The one rounding rule of the service: half up, halves away from zero, to `scale` decimals, always written out
 * (`round("1.005", 2)` is `"1.01"`, `round("-1.005", 2)` is `"-1.01"`, `round("3", 2)` is `"3.00"`).
 */
export function round(value: DecimalString, scale: number): DecimalString {
  const rounded = new Exact(value).toFixed(scale, Decimal.ROUND_HALF_UP);
  return /^-0(\.0+)?$/.test(rounded) ? rounded.slice(1) : rounded;
}
