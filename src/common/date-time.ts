/** A point in time as Waldur writes it: UTC, six fraction digits unless they are zero, `+00:00`. */
export function renderDateTime(date: Date): string {
  const iso = date.toISOString();
  const fraction = iso.slice(20, 23);
  return `${iso.slice(0, 19)}${fraction === '000' ? '' : `.${fraction}000`}+00:00`;
}
