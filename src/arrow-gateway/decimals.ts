import { add, type DecimalString, isDecimalString } from '../common/money.js';

const PLAIN = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,3})?$/i;
const GROUPED = /^[+-]?\d{1,3}(,\d{3})+\.\d+$|^[+-]?\d{1,3}(,\d{3}){2,}$/;

/**
 * The exact decimal that ArrowSphere meant, or `null` where it gave none: null, blank, the text `"null"`, or anything
 * that is not surely a number. Currency marks and spaces around it are ignored. Commas are thousands marks only where
 * they cannot be a decimal comma (`1,234.50`; not `1,234`): a wrong factor of a thousand is worse than "unknown".
 */
export function toDecimal(cell: unknown): DecimalString | null {
  if (typeof cell === 'number') return Number.isFinite(cell) ? plainDecimal(String(cell)) : null;
  if (typeof cell !== 'string') return null;
  const text = cell.replace(/^[\s€$£]+|[\s€$£]+$/g, '').replace(/^([+-])[\s€$£]+/, '$1');
  if (PLAIN.test(text)) return plainDecimal(text);
  return GROUPED.test(text) ? plainDecimal(text.replaceAll(',', '')) : null;
}

/** The text of a cell; numbers as plain decimals, never with an exponent. */
export function toText(cell: string | number | boolean | null | undefined): string | null {
  if (cell === null || cell === undefined) return null;
  return typeof cell === 'number' ? (toDecimal(cell) ?? null) : String(cell);
}

function plainDecimal(text: string): DecimalString {
  return isDecimalString(text) ? text : add(text, '0');
}
