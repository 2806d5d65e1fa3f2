const NAMES = new Intl.DisplayNames(['en'], { type: 'region' });

/** In English; the code itself where it is nobody's, `""` for none. */
export const countryName = (code: string): string =>
  // Anything else makes it throw, and a Waldur may hold whatever somebody wrote.
  /^[a-z]{2}$/i.test(code) ? NAMES.of(code.toUpperCase())! : code;
