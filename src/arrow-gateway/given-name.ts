/** The friendly name somebody gave; `""` for none, or for the `XSP…|SKU|XSP…` that ArrowSphere makes up without one. */
export function givenName(friendlyName: string | null | undefined): string {
  const name = friendlyName?.trim() ?? '';
  return /\bXSP\d+\|/.test(name) || /\|XSP\d+\b/.test(name) ? '' : name;
}
