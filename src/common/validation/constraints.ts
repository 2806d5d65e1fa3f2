import { ValidatorConstraint, type ValidationArguments, type ValidatorConstraintInterface } from 'class-validator';
import { isDate } from '../date-time.js';
import { parseUrl } from '../parse-url.js';

/** Text that PostgreSQL can store. Filters are of other kinds, too, which the library's `NotContains` would refuse. */
@ValidatorConstraint({ name: 'storable' })
export class Storable implements ValidatorConstraintInterface {
  validate(value: unknown): boolean {
    const text = String(value);
    return !text.includes('\0') && text.isWellFormed();
  }

  defaultMessage({ value }: ValidationArguments): string {
    return String(value).includes('\0') ? 'Null characters are not allowed.' : 'Not a valid string.';
  }
}

/** An address that the HTTP client can read. The library's `IsUrl` has rules of its own on hosts and user names. */
@ValidatorConstraint({ name: 'httpUrl' })
export class HttpUrl implements ValidatorConstraintInterface {
  validate(value: string): boolean {
    return /^https?:\/\/[^\s/?#]+/i.test(value) && parseUrl(value) !== undefined;
  }

  defaultMessage(): string {
    return 'Enter a valid URL.';
  }
}

/** A day that exists, `YYYY-MM-DD`. The library's strict `IsISO8601` refuses the years before 100, Python's `date.min` too. */
@ValidatorConstraint({ name: 'day' })
export class Day implements ValidatorConstraintInterface {
  validate(value: unknown): boolean {
    return typeof value === 'string' && isDate(value);
  }

  defaultMessage(): string {
    return 'Enter a valid date.';
  }
}
