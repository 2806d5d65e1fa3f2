/**
 * The URL that a text is, `undefined` when it is none. Stands in for `URL.canParse`, which on Node 20 begins to refuse
 * good URLs with letters such as `ü` once it has been called a few thousand times.
 */
export function parseUrl(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}
