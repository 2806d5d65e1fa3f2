/**
 * Whether a text has the form of ArrowSphere's references of customers (`XSP661245`). Mappings may hold other texts, such
 * as short codes: those are nothing to ask ArrowSphere for by name.
 */
export function isCustomerReference(text: string): boolean {
  return /^\s*XSP[^/\\\p{C}]*$/iu.test(text);
}

/**
 * Whether a text may be ArrowSphere's reference of a licence. All that were seen begin with `XSP`, but nothing says that
 * they must: one word that begins with a letter or digit is asked for. Paths of other vendors' things are not.
 */
export function mayBeLicenseReference(text: string): boolean {
  return /^\s*[\p{L}\p{N}][^\s/\\\p{C}]*\s*$/u.test(text);
}
