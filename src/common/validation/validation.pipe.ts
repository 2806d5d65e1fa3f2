import { type ArgumentMetadata, Injectable, type PipeTransform, SetMetadata, type Type } from '@nestjs/common';
import { type FieldErrors, InvalidFieldsError } from '../app.error.js';
import { RequestError } from '../http-errors.js';
import { PublicAddress } from '../links.js';
import { UnreadBody } from '../unread-body.js';
import { bodyLimitOf } from './body-fields.js';
import { fieldsOf } from './field.js';
import { readDto } from './read-dto.js';
import { unkeptIn } from './unkept-filters.js';

const KNOWN_NAMES_ONLY = 'known-names-only';

/**
 * On the query of a route that Waldur does not have: a name it does not know is refused, as a misspelt filter would
 * silently answer everything. Waldur's own routes ignore such names, as Waldur does.
 */
export const KnownNamesOnly = () => SetMetadata(KNOWN_NAMES_ONLY, true);

function unknownNames(dto: Type<object>, given: object): FieldErrors {
  if (!Reflect.getMetadata(KNOWN_NAMES_ONLY, dto)) return {};
  const known = fieldsOf(dto);
  const unknown = Object.keys(given).filter((name) => !known.has(name));
  const sentence = `Unknown query parameter. Known are: ${[...known.keys()].sort().join(', ')}.`;
  return Object.fromEntries(unknown.map((name) => [name, [sentence]]));
}

/** A body that the handler reads itself; without one there is nothing to read. */
function unread(sent: unknown): UnreadBody {
  if (sent instanceof UnreadBody) return sent;
  throw new RequestError(415, 'Unsupported media type "" in request.');
}

/** Fields of a request are wrong by themselves. `value` is what could be read of the others. */
export class RefusedRequestError extends InvalidFieldsError {
  constructor(
    fields: FieldErrors,
    readonly dto: Type<object>,
    readonly value: object,
  ) {
    super(fields);
  }
}

/**
 * Turns bodies and queries into checked DTOs, with the sentences Waldur's clients know. Throws
 * {@link RefusedRequestError}, and what reading a body throws.
 */
@Injectable()
export class ValidationPipe implements PipeTransform {
  constructor(private readonly address: PublicAddress) {}

  async transform(sent: unknown, { metatype, type }: ArgumentMetadata): Promise<unknown> {
    if (type !== 'body' && type !== 'query') return sent;
    if ((metatype as unknown) === UnreadBody) return unread(sent);
    const given = sent instanceof UnreadBody ? await sent.read(bodyLimitOf(metatype)) : sent;
    if (!metatype || (metatype as unknown) === Object) return given;
    const dto = metatype as Type<object>;
    const { value, errors } = readDto(dto, given === undefined ? {} : given, this.address);
    const sentQuery = type === 'query' ? (given as object) : {};
    const all = {
      ...errors,
      ...unknownNames(dto, sentQuery),
      ...unkeptIn(dto, sentQuery, this.address.isBesideWaldur),
    };
    if (Object.keys(all).length) throw new RefusedRequestError(all, dto, value);
    return value;
  }
}
