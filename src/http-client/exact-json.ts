import { wellFormed } from '../common/sanitize-text.js';

/**
 * Numbers of up to 15 significant digits come back unchanged from a double and its shortest text; longer ones may not.
 * Looks only where a number can begin: this is run over every answer, and costs a third of parsing it.
 */
const PERHAPS_LONG_NUMBER = /[[,:]\s*-?(?:[\d.]{16}|[\d.]+[eE])/;
/** A string that does not end is taken to the end of the text, or each quote in it would be tried as a beginning. */
const STRING_OR_NUMBER = /"[^"\\]*(?:\\[^][^"\\]*)*(?:"|\\?$)|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/** Escapes of NUL and of surrogates: the only way they get into a text, as raw ones are no JSON and no UTF-8. */
const UNSTORABLE = /\\u(?:0000|d[89a-f])/i;

/**
 * `JSON.parse` that loses no digit, and whose texts can be stored and looked up: no NUL, no half of a surrogate pair. A number a double might change is handed on as the text it was sent as. So a
 * reader of numbers has to take both numbers and text, and gets the exact value from either.
 */
export function parseExactJson(marked: string): unknown {
  // A byte order mark is no JSON, and some send one.
  const text = marked.startsWith('\ufeff') ? marked.slice(1) : marked;
  const value: unknown = JSON.parse(
    PERHAPS_LONG_NUMBER.test(text) ? text.replace(STRING_OR_NUMBER, quotedIfLong) : text,
  );
  return UNSTORABLE.test(text) ? cleaned(value) : value;
}

/** The value with every text in it, keys too, as a database takes it. */
function cleaned(value: unknown): unknown {
  if (typeof value === 'string') return wellFormed(value);
  if (Array.isArray(value)) return value.map(cleaned);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [wellFormed(key), cleaned(one)]));
}

function quotedIfLong(token: string): string {
  if (token.startsWith('"')) return token;
  const significant = token
    .replace(/[eE].*$/, '')
    .replace(/[-.]/g, '')
    .replace(/^0+/, '');
  return significant.length > 15 || /[eE]/.test(token) ? `"${token}"` : token;
}
