const NAMES = new Intl.DisplayNames(['en'], { type: 'region' });

/** In English; the code itself where it is nobody's, `""` for none. */
export const countryName = (code: string): string => (code ? (NAMES.of(code) ?? code) : '');
