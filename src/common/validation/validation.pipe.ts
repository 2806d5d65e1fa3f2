import { type ArgumentMetadata, Injectable, type PipeTransform, type Type } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { type FieldErrors, InvalidFieldsError } from '../app.error.js';
import { UnreadBody } from '../unread-body.js';
import { bodyLimitOf, relationMissing, relationsIn } from './body-fields.js';
import { parsersIn } from './field.js';
import { readDto } from './read-dto.js';

const knownNamesOnly = new WeakSet<object>();

/**
 * On the query of a route that Waldur does not have: a name it does not know is refused, as a misspelt filter would
 * silently answer everything. Waldur's own routes ignore such names, as Waldur does.
 */
export const KnownNamesOnly = (): ClassDecorator => (dto) => void knownNamesOnly.add(dto);

function unknownNames(dto: Type<object>, given: unknown): FieldErrors {
  if (!knownNamesOnly.has(dto)) return {};
  const known = parsersIn(dto);
  const unknown = Object.keys(given as object).filter((name) => !known.has(name));
  const sentence = `Unknown query parameter. Known are: ${[...known.keys()].sort().join(', ')}.`;
  return Object.fromEntries(unknown.map((name) => [name, [sentence]]));
}

/**
 * Turns bodies and queries into checked DTOs, with the sentences Waldur's clients know. Relations are looked up, so
 * that one answer names every wrong field, those that point at nothing included.
 */
@Injectable()
export class ValidationPipe implements PipeTransform {
  constructor(private readonly dataSource: DataSource) {}

  async transform(sent: unknown, { metatype, type }: ArgumentMetadata): Promise<unknown> {
    if (type !== 'body' && type !== 'query') return sent;
    const raw = sent instanceof UnreadBody ? await sent.read(bodyLimitOf(metatype)) : sent;
    if (!metatype || (metatype as unknown) === Object) return raw;
    const dto = metatype as Type<object>;
    const given: unknown = raw === undefined ? {} : raw;
    const { value, errors = {} } = readDto(dto, given);
    const missing = await this.missingRelations(
      dto,
      value as Record<string, unknown>,
      given as Record<string, unknown>,
    );
    const all = { ...errors, ...missing, ...(type === 'query' ? unknownNames(dto, given) : {}) };
    if (Object.keys(all).length) throw new InvalidFieldsError(all);
    return value;
  }

  private async missingRelations(
    dto: Type<object>,
    value: Record<string, unknown>,
    given: Record<string, unknown>,
  ): Promise<FieldErrors> {
    const errors: FieldErrors = {};
    await Promise.all(
      relationsIn(dto).map(async ({ property, to, form }) => {
        const uuid = value[property];
        if (typeof uuid !== 'string') return;
        const exists = await this.dataSource.getRepository(to()).existsBy({ uuid });
        if (!exists) errors[property] = [relationMissing(form, given[property])];
      }),
    );
    return errors;
  }
}
