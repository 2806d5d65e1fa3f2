import type { Type } from '@nestjs/common';
import type { ApiPropertyOptions } from '@nestjs/swagger';
import { IsBoolean, IsDate, IsIn, IsInt, IsUUID, Matches, Validate } from 'class-validator';
import { type Addressable, parseLink } from '../links.js';
import { parseDateTime } from '../date-time.js';
import { NO_MATCH_UUID, parseUuid } from '../uuid.js';
import { Day, Storable } from './constraints.js';
import { Field, type FieldOptions, type Reading, saysQuoting } from './field.js';

export type FilterOptions = Pick<FieldOptions, 'description'> & { readonly example?: string | number };

/** An example in words: Swagger UI would send one that stands for itself, and every list would look empty. */
const inWords = ({ description, example }: FilterOptions): FieldOptions => ({
  description: example ? [description, `for example \`${example}\``].filter(Boolean).join(' – ') : description,
});

/** A filter takes the last of repeated values; spaces around it go; an empty one is as good as none. */
export const filterOf =
  (
    openApi: ApiPropertyOptions,
    coerce: (text: string, reading: Reading) => unknown = (text) => text,
    ...rules: PropertyDecorator[]
  ) =>
  (options: FilterOptions = {}) =>
    Field(
      openApi,
      (sent, reading) => {
        const last: unknown = Array.isArray(sent) ? sent.at(-1) : sent;
        const text = typeof last === 'string' ? last.trim() : '';
        if (text.includes('\0')) return text;
        return text === '' ? undefined : coerce(text.toWellFormed(), reading);
      },
      inWords(options),
      Validate(Storable),
      ...rules,
    );

/** `page` and `page_size`: numbers to clients, but what is no number is not refused as a field. */
export const PagingFilter = filterOf({ type: 'integer' });

/** Free text; how it is compared is the list's business. */
export const TextFilter = filterOf({ type: String });

export const UuidFilter = filterOf(
  { type: String, format: 'uuid' },
  (text) => parseUuid(text) ?? text,
  IsUUID('loose', { message: 'Enter a valid UUID.' }),
);

const YES = ['true', '1', 'yes'];
const NO = ['false', '0', 'no'];

/** What a filter reads as true or false; anything else as it is. */
export const readBooleanFilter = (text: string): boolean | string =>
  YES.includes(text.toLowerCase()) || (NO.includes(text.toLowerCase()) ? false : text);

/** `true/false/1/0/yes/no` in any case; anything else is refused rather than silently ignored. */
export const BooleanFilter = filterOf(
  { type: Boolean },
  readBooleanFilter,
  IsBoolean({ message: 'Must be a valid boolean.' }),
);

export const IntegerFilter = filterOf(
  { type: 'integer' },
  (text) => (/^-?\d{1,9}$/.test(text) ? Number(text) : text),
  IsInt({ message: 'Enter a number.' }),
);

/** A calendar date, `YYYY-MM-DD`. */
export const DateFilter = filterOf({ type: String, format: 'date' }, undefined, Validate(Day));

/** A point in time, or a day, which begins at midnight UTC. */
export const DateTimeFilter = filterOf(
  { type: String, format: 'date-time' },
  (text) => parseDateTime(text) ?? parseDateTime(`${text}T00:00Z`) ?? text,
  IsDate({ message: 'Enter a valid date/time.' }),
);

/** A calendar month, `YYYY-MM`, of the years 2000 to 2100. */
export const MonthFilter = filterOf(
  { type: String, pattern: '^\\d{4}-(0[1-9]|1[0-2])$' },
  undefined,
  Matches(/^(20\d\d|2100)-(0[1-9]|1[0-2])$/, { message: 'Enter a month as YYYY-MM, from 2000-01 to 2100-12.' }),
);

/** Hyperlink (or UUID) of another object; one that leads nowhere gives an empty list. */
export const LinkFilter = (
  to: () => Type<object> & Addressable,
  options: FilterOptions & { aliases?: readonly string[] } = {},
) =>
  filterOf({ type: String, format: 'uri' }, (text, { pathPrefix }) => {
    const link = parseLink(text, to(), { pathPrefix, aliases: options.aliases });
    return link.kind === 'object' ? link.uuid : NO_MATCH_UUID;
  })(options);

/** How the description says that a list is written `k=a,b`; repeating the key works as well. */
const JOINED = { style: 'form', explode: false };

/** A filter that takes all of repeated values. An empty list is as good as none. */
export const listFilterOf =
  (
    items: { format?: string; enum?: readonly string[] },
    coerce: (texts: string[]) => readonly unknown[],
    ...rules: PropertyDecorator[]
  ) =>
  ({ joined = false, ...options }: FilterOptions & { joined?: boolean } = {}) =>
    Field(
      { type: 'array', items: { type: 'string', ...items }, ...(joined ? JOINED : {}) } as never,
      (sent) => {
        const texts = [sent].flat().flatMap((text) => (typeof text === 'string' ? text.trim() || [] : []));
        const list = coerce(texts);
        return list.length ? list : undefined;
      },
      inWords(options),
      ...rules,
    );

/** Repeated values, all of them kept; unknown words are refused as Waldur refuses them. */
export const ChoicesFilter = (choices: readonly string[], options: FilterOptions = {}) =>
  AliasedChoicesFilter(choices, {}, options);

/** As {@link ChoicesFilter}; other words for some of the choices are read as those. */
export const AliasedChoicesFilter = (
  choices: readonly string[],
  aliases: Readonly<Record<string, string>>,
  options: FilterOptions = {},
) =>
  listFilterOf(
    { enum: [...choices, ...Object.keys(aliases)] },
    (words) => words.map((word) => (Object.hasOwn(aliases, word) ? aliases[word] : word)),
    IsIn(choices, {
      each: true,
      ...saysQuoting((words) => {
        const unknown = (words as string[]).find((word) => !choices.includes(word))!;
        return `Select a valid choice. ${unknown.slice(0, 100)} is not one of the available choices.`;
      }),
    }),
  )(options);

/** Repeated texts: any of them will do. */
export const TextsFilter = listFilterOf({}, (texts) => texts.map((text) => text.toWellFormed()), Validate(Storable));

const splitAtCommas = (texts: readonly string[]) => texts.flatMap((text) => text.split(','));

/** What is joined by commas, at most 200 of it. */
export function namesIn(texts: readonly string[]): string[] {
  return splitAtCommas(texts)
    .map((name) => name.trim())
    .slice(0, 200);
}

/** UUIDs, repeated or joined by commas. */
export const UuidsFilter = (options: FilterOptions = {}) =>
  listFilterOf(
    { format: 'uuid' },
    (texts) => splitAtCommas(texts).map((text) => parseUuid(text) ?? text),
    IsUUID('loose', { each: true, message: 'Enter a valid UUID.' }),
  )({ ...options, joined: true });

/** Names, repeated or joined by commas: what `o` and `field` take. `joined`: clients write them joined. */
export const NamesFilter = listFilterOf({}, namesIn);
