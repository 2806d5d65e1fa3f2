import { ArrowReferenceNotUsableError } from './arrow-gateway.errors.js';

const MAX_LENGTH = 512;

/**
 * One part of an ArrowSphere path, encoded, so that a reference can never reach another path than its own.
 * Throws `ArrowReferenceNotUsableError` where no encoding can do that. `what` is for the sentence: `licence reference`.
 */
export function pathPart(value: string, what: string): string {
  const text = value.trim();
  if (text === '') throw new ArrowReferenceNotUsableError(what, 'it is empty');
  // Not even encoded: URLs drop %2e%2e as they drop "..".
  if (text === '.' || text === '..') throw new ArrowReferenceNotUsableError(what, 'it is not a reference but a path');
  if (text.length > MAX_LENGTH)
    throw new ArrowReferenceNotUsableError(what, `it is longer than ${MAX_LENGTH} characters`);
  if (text !== Buffer.from(text, 'utf8').toString('utf8'))
    throw new ArrowReferenceNotUsableError(what, 'it is not well-formed text');
  // eslint-disable-next-line no-control-regex -- control characters are what this looks for
  if (/[\u0000-\u001f\u007f]/.test(text))
    throw new ArrowReferenceNotUsableError(what, 'it contains control characters');
  return encodeURIComponent(text);
}
