/**
 * Numbers of up to 15 significant digits come back unchanged from a double and its shortest text; longer ones may not.
 * Looks only where a number can begin: this is run over every answer, and costs a third of parsing it.
 */
const PERHAPS_LONG_NUMBER = /[[,:]\s*-?(?:[\d.]{16}|[\d.]+[eE])/;
/** A string that does not end is taken to the end of the text, or each quote in it would be tried as a beginning. */
const STRING_OR_NUMBER = /"[^"\\]*(?:\\[^][^"\\]*)*(?:"|\\?$)|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/**
 * `JSON.parse` that loses no digit: a number a double might change is handed on as the text it was sent as. So a
 * reader of numbers has to take both numbers and text, and gets the exact value from either.
 */
export function parseExactJson(text: string): unknown {
  return JSON.parse(PERHAPS_LONG_NUMBER.test(text) ? text.replace(STRING_OR_NUMBER, quotedIfLong) : text);
}

function quotedIfLong(token: string): string {
  if (token.startsWith('"')) return token;
  const significant = token
    .replace(/[eE].*$/, '')
    .replace(/[-.]/g, '')
    .replace(/^0+/, '');
  return significant.length > 15 || /[eE]/.test(token) ? `"${token}"` : token;
}
