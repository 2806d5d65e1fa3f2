/**
 * Text from outside as a column of `max` characters takes it: without NUL, which PostgreSQL refuses, with halves of
 * surrogate pairs replaced, and cut between characters.
 */
export function storable(text: string, max: number): string {
  const clean = text.replaceAll('\0', '').toWellFormed();
  return clean.length <= max ? clean : Array.from(clean).slice(0, max).join('');
}
