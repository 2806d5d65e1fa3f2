import { type ArgumentMetadata, Injectable, type PipeTransform, type Type } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { type FieldErrors, InvalidFieldsError } from '../app.error.js';
import { UnreadBody } from '../unread-body.js';
import { bodyLimitOf, relationMissing, relationsIn } from './body-fields.js';
import { readDto } from './read-dto.js';

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
    const all = { ...errors, ...missing };
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
