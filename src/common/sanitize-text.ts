/**
 * Text from outside as a column of `max` characters takes it: without NUL, which PostgreSQL refuses, with halves of
 * surrogate pairs replaced, and cut between characters.
 */
export function sanitizeText(text: string, max: number): string {
  const clean = wellFormed(text);
  return clean.length <= max ? clean : Array.from(clean).slice(0, max).join('');
}

/** Text of any length as PostgreSQL takes it: without NUL, and with halves of surrogate pairs replaced. */
export function wellFormed(text: string): string {
  return text.replaceAll('\0', '').toWellFormed();
}
