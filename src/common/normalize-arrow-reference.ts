/**
 * A reference as ArrowSphere writes it: without characters that nobody sees and spaces at its ends, `XSP` before a number in capitals.
 * The same for two spellings of one reference; what only ArrowSphere knows (short codes) is `arrowCustomersBy`'s.
 */
export function normalizeArrowReference(text: string): string {
  return arrowSpelling(visibleText(text.normalize('NFKC')));
}

/** Without characters that nobody sees, and spaces at its ends. */
export function visibleText(text: string): string {
  return text.replace(/[\p{Cf}\p{Cc}]/gu, '').trim();
}

/** What is a reference but for its letter case as ArrowSphere writes it; other texts as they are. */
export function arrowSpelling(text: string): string {
  return /^xsp\d+$/i.test(text) ? text.toUpperCase() : text;
}

/** {@link arrowSpelling} in SQL. Of resources there is an index by it. */
export const normalizedReference = (text: string): string =>
  `CASE WHEN ${text} ~* '^xsp[0-9]+$' THEN upper(${text}) ELSE ${text} END`;
