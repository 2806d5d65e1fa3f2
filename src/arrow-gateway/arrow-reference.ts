/**
 * Whether a text has the form of ArrowSphere's own references (`XSP661245`). Resources of other vendors carry ids of
 * their own, and mappings may hold short codes: those are nothing to ask ArrowSphere for, nor its business.
 */
export function isArrowReference(text: string): boolean {
  return /^\s*XSP[^/\\\p{C}]*$/iu.test(text);
}
