/** A point in time as Waldur writes it: UTC, six fraction digits unless they are zero, `+00:00`. */
export function renderDateTime(date: Date): string {
  const iso = date.toISOString();
  const fraction = iso.slice(20, 23);
  return `${iso.slice(0, 19)}${fraction === '000' ? '' : `.${fraction}000`}+00:00`;
}

/** A point in time as Waldur reads it, `YYYY-MM-DDThh:mm[:ss[.ffffff]][Z|±hh:mm]`; UTC without an offset. */
export function parseDateTime(text: string): Date | undefined {
  const [, day, time, offset = 'Z'] =
    /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?)(Z|[+-]\d\d:\d\d)?$/i.exec(text) ?? [];
  const date = day && isDate(day) ? new Date(`${day}T${time}${offset}`) : undefined;
  // An offset may lead out of the years that are written with four digits.
  const year = date?.getUTCFullYear() ?? 0;
  return year >= 1 && year <= 9999 ? date : undefined;
}

/** The calendar day, `YYYY-MM-DD`, that a point in time falls on in an IANA time zone such as `Europe/Tallinn`. */
export function dateIn(timeZone: string, instant: Date): string {
  // en-CA writes dates as YYYY-MM-DD.
  return new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' }).format(
    instant,
  );
}

const DAY_MINUTES = 1440;

/** The moment from which a day, `YYYY-MM-DD`, is over on the calendar of that time zone, to the minute. */
export function endOfDayIn(timeZone: string, day: string): Date {
  const utc = Date.parse(`${plusDays(day, 1)}T00:00:00Z`);
  // No zone is further from UTC than a day.
  let [before, after] = [-DAY_MINUTES, DAY_MINUTES];
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (dateIn(timeZone, new Date(utc + middle * 60_000)) > day) after = middle;
    else before = middle;
  }
  return new Date(utc + after * 60_000);
}

/** So many calendar days after a day, both `YYYY-MM-DD`. */
export function plusDays(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);
}

/** True for `YYYY-MM-DD` of a day that exists: `2026-02-30` is none. */
export function isDate(text: string): boolean {
  const date = /^\d{4}-\d{2}-\d{2}$/.test(text) && text >= '0001' ? new Date(`${text}T00:00:00Z`) : undefined;
  return date !== undefined && !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
}
