import { SetMetadata, type Type } from '@nestjs/common';
import { type ApiPropertyOptions, PartialType } from '@nestjs/swagger';
import {
  Allow,
  ArrayMaxSize,
  ArrayNotEmpty,
  IsArray,
  IsBoolean,
  IsDate,
  IsEmail,
  IsIn,
  IsInt,
  IsNumber,
  IsString,
  IsUUID,
  Matches,
  Max,
  Min,
  NotEquals,
  Validate,
  ValidateBy,
  ValidateIf,
  ValidateNested,
} from 'class-validator';
import { parseDateTime } from '../date-time.js';
import { parseLink } from '../links.js';
import { isDecimalString } from '../money.js';
import { NO_MATCH_UUID, parseUuid } from '../uuid.js';
import { Day, HttpUrl, Storable } from './constraints.js';
import {
  type Coerce,
  Field,
  fieldOf,
  fieldsOf,
  type FieldOptions,
  type Reading,
  type Relation,
  type Say,
  says,
  saysQuoting,
} from './field.js';
import { coerceFields, pythonType } from './read-dto.js';

export interface TextRules {
  /** In characters. */
  readonly max?: number;
  /** Takes `""`. */
  readonly blank?: boolean;
  /** Spaces at both ends go, unless false. */
  readonly trim?: boolean;
  /** Makes one spelling of several. */
  readonly clean?: (text: string) => string;
  /** What is wrong with a text of the right length, as a sentence. */
  readonly check?: (text: string) => string | undefined;
}

const canBeStored = new Storable();

/** Text as Waldur reads it: numbers become text, spaces at both ends go, null, lists and objects are refused. */
const toText =
  ({ trim = true, clean = (text) => text }: TextRules): Coerce =>
  (sent) => {
    if (typeof sent !== 'string' && !Number.isFinite(sent)) return sent;
    const text = trim ? String(sent).trim() : String(sent);
    // Cleaning could take out what has to be refused.
    return canBeStored.validate(text) ? clean(text) : text;
  };

const textRules = ({ max, blank = false, check }: TextRules) => [
  IsString(says('Not a valid string.')),
  Validate(Storable),
  ...(blank ? [] : [Matches(/\S/, { message: 'This field may not be blank.' })]),
  // `MaxLength` does not count the variation selectors of emoji; PostgreSQL does.
  ...(max === undefined
    ? []
    : [Matches(RegExp(`^[^]{0,${max}}$`, 'u'), { message: `Ensure this field has no more than ${max} characters.` })]),
  ...(check
    ? [
        ValidateBy(
          { name: 'check', validator: { validate: (text: string) => !check(text) } },
          { message: ({ value }) => check(value as string)! },
        ),
      ]
    : []),
];

/** Text by {@link TextRules}; `secret` is never shown. */
export const TextField = (options: FieldOptions & TextRules & { secret?: boolean } = {}) =>
  Field(
    {
      type: String,
      maxLength: options.max,
      minLength: options.blank ? undefined : 1,
      // Otherwise Swagger UI fills in "string", and somebody sends it.
      ...(options.blank ? { example: '' } : {}),
      writeOnly: options.secret || undefined,
      format: options.secret ? 'password' : undefined,
    },
    toText(options),
    options,
    ...textRules(options),
  );

/** An e-mail address, or `""`. */
export const EmailField = (options: FieldOptions & { max?: number } = {}) =>
  Field(
    { type: String, format: 'email', maxLength: options.max },
    toText(options),
    options,
    ...textRules({ ...options, blank: true }),
    ValidateIf((_, value) => value !== ''),
    IsEmail({}, { message: 'Enter a valid email address.' }),
  );

const isScalar = (sent: unknown) => ['string', 'number', 'boolean'].includes(typeof sent);

const YES = ['t', 'true', 'y', 'yes', 'on', '1'];
const NO = ['f', 'false', 'n', 'no', 'off', '0'];

/** A boolean, also as the words and digits that HTML forms and scripts send. */
export const BooleanField = fieldOf(
  { type: Boolean },
  (sent) => {
    const word = isScalar(sent) ? String(sent).trim().toLowerCase() : '';
    return YES.includes(word) || (NO.includes(word) ? false : sent);
  },
  IsBoolean(says('Must be a valid boolean.')),
);

const decimalRules = ({ decimals }: { decimals?: number }) =>
  decimals === undefined
    ? []
    : [
        IsNumber(
          { allowInfinity: true, maxDecimalPlaces: decimals },
          says(`Ensure that there are no more than ${decimals} decimal places.`),
        ),
      ];

const numberField =
  (type: 'integer' | typeof Number, isOne: (text: string) => boolean, rule: PropertyDecorator) =>
  (options: FieldOptions & { min: number; max: number; decimals?: number }) =>
    Field(
      { type, minimum: options.min, maximum: options.max },
      (sent) => {
        if (typeof sent !== 'number' && typeof sent !== 'string') return sent;
        const text = String(sent).trim();
        return isOne(text) ? Number(text) : text;
      },
      options,
      rule,
      ...decimalRules(options),
      Min(options.min, { message: `Ensure this value is greater than or equal to ${options.min}.` }),
      Max(options.max, { message: `Ensure this value is less than or equal to ${options.max}.` }),
    );

/** A whole number within bounds, also as text. */
export const IntegerField = numberField(
  'integer',
  (text) => /^-?\d{1,15}(\.0+)?$/.test(text),
  IsInt(says('A valid integer is required.')),
);

/** A plain number within bounds, for shares and scores; never for money. */
export const NumberField = numberField(
  Number,
  isDecimalString,
  IsNumber({ allowInfinity: true }, says('A valid number is required.')),
);

/** What is said of a value that is none of those that a field takes. */
export const notAChoice = (value: unknown) => {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return `"${text.slice(0, 100)}" is not a valid choice.`;
};

/** One of a few words. */
export const ChoiceField = (choices: readonly string[], options: FieldOptions & { enumName?: string } = {}) =>
  Field(
    { enum: [...choices], enumName: options.enumName },
    (sent) => (isScalar(sent) ? String(sent) : sent),
    options,
    IsIn(choices, saysQuoting(notAChoice)),
  );

const isAList = () => IsArray(saysQuoting((value) => `Expected a list of items but got type "${pythonType(value)}".`));

/** A list of at least one of a few words. */
export const ChoicesField = (choices: readonly string[], options: FieldOptions = {}) =>
  Field(
    { type: 'array', items: { type: 'string', enum: [...choices] }, minItems: 1 } as never,
    (sent) => sent,
    options,
    isAList(),
    ArrayNotEmpty({ message: 'This list may not be empty.' }),
    IsIn(choices, {
      each: true,
      ...saysQuoting((words) => notAChoice((words as unknown[]).find((word) => !choices.includes(word as string)))),
    }),
  );

/** A list of Waldur's that nothing here goes by: one that has something in it is refused, not passed over. */
export const EmptyListField = (options: FieldOptions = {}) =>
  Field(
    { type: 'array', items: {}, maxItems: 0 } as never,
    (sent) => sent,
    options,
    isAList(),
    ArrayMaxSize(0, { message: 'This is not supported here: leave the list empty.' }),
  );

/** A calendar day, `YYYY-MM-DD`, that exists. */
export const DateField = fieldOf(
  { type: String, format: 'date' },
  (sent) => (typeof sent === 'string' ? sent.trim() : sent),
  Validate(Day, says('Enter a day that exists, as YYYY-MM-DD.')),
);

/** A point in time with an offset, or of UTC; null is "none". */
export const DateTimeOrNullField = (options: FieldOptions = {}) =>
  Field(
    { type: String, format: 'date-time', nullable: true },
    (sent) => (typeof sent === 'string' && parseDateTime(sent.trim())) || sent,
    options,
    ValidateIf((_, value) => value !== null),
    IsDate(
      says(
        'Datetime has wrong format. Use one of these formats instead: YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z].',
      ),
    ),
  );

/** A UUID in any of the usual spellings; read as the dashed one. */
export const UuidField = fieldOf(
  { type: String, format: 'uuid' },
  (sent) => parseUuid(sent) ?? sent,
  IsUUID('loose', says('Must be a valid UUID.')),
);

/** The UUID that a new object shall have, where it comes from another system; without one it is given one. */
export const OwnUuidField = () =>
  Field(
    { type: String, format: 'uuid' },
    (sent) => parseUuid(sent) ?? sent,
    { description: 'Of the new object, where it has one elsewhere already; refused if it is taken here' },
    IsUUID('loose', says('Must be a valid UUID.')),
    NotEquals(NO_MATCH_UUID, { message: 'Must be a valid UUID.' }),
  );

/** An absolute http(s) URL as text; what it may point at is for its owner to check. */
export const UrlField = (options: FieldOptions & { max: number }) =>
  Field(
    { type: String, format: 'uri', maxLength: options.max, minLength: 1 },
    toText({}),
    options,
    ...textRules({ max: options.max }),
    Validate(HttpUrl),
  );

const EXAMPLE_UUID = '08f0ed93-d85d-404e-a3b7-9a6877edaeea';

/** What an unknown object is called in the answer, in the form the relation was asked for. */
export const relationMissing = (form: Relation['form'], named: unknown) =>
  form === 'uuid'
    ? `Object with uuid=${String(named).slice(0, 100)} does not exist.`
    : 'Invalid hyperlink - Object does not exist.';

/**
 * Another object, given as its UUID or as Waldur's hyperlink, whichever the client has; read as the dashed UUID. Whether
 * it exists is for the service to say that needs it. `form` decides how faults are worded and what the description says:
 * `uuid` as Waldur's create operations, `link` as its updates. `nullable` takes null and `""` as "none".
 */
export function RelationField(
  to: Relation['to'],
  options: FieldOptions & { form: Relation['form']; nullable?: boolean; aliases?: readonly string[] },
): PropertyDecorator {
  const { form, nullable = false, aliases } = options;
  const follow = (text: string, { pathPrefix }: Reading) => parseLink(text.trim(), to(), { pathPrefix, aliases });
  const coerce: Coerce = (sent, reading) => {
    if (typeof sent !== 'string') return sent;
    const link = sent === '' ? undefined : follow(sent, reading);
    return link?.kind === 'object' ? link.uuid : sent || null;
  };
  const say: Say = (sent, reading) => {
    if (form === 'uuid') return relationMissing(form, typeof sent === 'string' ? sent : JSON.stringify(sent));
    if (typeof sent !== 'string') return `Incorrect type. Expected URL string, received ${pythonType(sent)}.`;
    const { kind } = follow(sent, reading);
    if (kind === 'not-a-uuid') return relationMissing(form, sent);
    return `Invalid hyperlink - ${kind === 'no-match' ? 'No URL match.' : 'Incorrect URL match.'}`;
  };
  return Field(
    {
      type: String,
      format: form === 'link' ? 'uri' : 'uuid',
      nullable: nullable || undefined,
      example: form === 'link' ? `https://waldur.example${to().path}${EXAMPLE_UUID}/` : EXAMPLE_UUID,
    },
    coerce,
    options,
    Allow({ context: { coerce, relation: { to, form } satisfies Relation } }),
    ...(nullable ? [ValidateIf((_, value) => value !== null)] : []),
    IsUUID('loose', saysQuoting(say)),
  );
}

/** A list of objects, each read as `item`; at most `max` of them. Faults come one entry per item, `{}` for good ones. */
export const ListField = <T extends object>(item: Type<T>, options: FieldOptions & { max: number }) =>
  Field(
    { type: [item] } as never,
    (sent, reading) =>
      Array.isArray(sent) && sent.length <= options.max
        ? sent.map((entry) => coerceFields(item, entry, reading))
        : sent,
    options,
    isAList(),
    ArrayMaxSize(options.max, { message: `Ensure this field has no more than ${options.max} elements.` }),
    ValidateNested(),
  );

/** What `@ApiProperty()` keeps its options under. */
const SHOWN_BY_SWAGGER = 'swagger/apiModelProperties';

/**
 * The same DTO with every field optional, as PATCH takes it; null stays refused where the field refuses it. What is left
 * out stays as it is, so nothing has a default: Swagger UI would fill it in, and somebody sends it.
 */
export function PartialDto<T extends object>(dto: Type<T>): Type<Partial<T>> {
  const partial = PartialType(dto, { skipNullProperties: false });
  const prototype = partial.prototype as object;
  for (const field of fieldsOf(partial).keys()) {
    const shown = { ...(Reflect.getMetadata(SHOWN_BY_SWAGGER, prototype, field) as ApiPropertyOptions) };
    delete shown.default;
    Reflect.defineMetadata(SHOWN_BY_SWAGGER, shown, prototype, field);
  }
  return partial;
}

/** Room for ten thousand rows, nicely indented. */
export const MANY_ROWS_BYTES = 2_097_152;
/** Room for every field of an object at its longest. */
const USUAL_BYTES = 131_072;
const BODY_LIMIT = 'body-limit';

/** On a DTO: how many bytes its body may have. Without it, 128 KB. */
export const BodyLimit = (bytes: number) => SetMetadata(BODY_LIMIT, bytes);

/** In bytes. */
export function bodyLimitOf(dto: object | undefined): number {
  return ((dto && Reflect.getMetadata(BODY_LIMIT, dto)) as number | undefined) ?? USUAL_BYTES;
}
