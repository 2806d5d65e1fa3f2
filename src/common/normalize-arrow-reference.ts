/**
 * A reference as ArrowSphere writes it: without characters that nobody sees and spaces at its ends, `XSP` before a number in capitals.
 * The same for two spellings of one reference; what only ArrowSphere knows (short codes) is `arrowCustomersBy`'s.
 */
export function normalizeArrowReference(text: string): string {
  const seen = text
    .normalize('NFKC')
    .replace(/[\p{Cf}\p{Cc}]/gu, '')
    .trim();
  return /^xsp\d+$/i.test(seen) ? seen.toUpperCase() : seen;
}

/** The same in SQL, of a text that was trimmed: what nobody sees stays in it. Of resources there is an index by it. */
export const normalizedReference = (text: string): string =>
  `CASE WHEN ${text} ~* '^xsp[0-9]+$' THEN upper(${text}) ELSE ${text} END`;
