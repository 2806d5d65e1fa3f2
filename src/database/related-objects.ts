import { type ArgumentMetadata, Injectable, type PipeTransform, type Type } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { type FieldErrors, InvalidFieldsError } from '../common/app.error.js';
import { relationMissing } from '../common/validation/body-fields.js';
import { fieldsOf } from '../common/validation/field.js';
import { parseUuid } from '../common/uuid.js';

/** The objects that the relation fields of a DTO name. As a pipe, `@Body(RelatedObjects)`: refuses what names others. */
@Injectable()
export class RelatedObjects implements PipeTransform {
  constructor(private readonly dataSource: DataSource) {}

  async transform<T extends object>(value: T, { metatype }: ArgumentMetadata): Promise<T> {
    await this.mustExist(metatype as Type<T>, value);
    return value;
  }

  /** For the service that is about to refer to them. Throws `InvalidFieldsError` that names all that are not there. */
  async mustExist<T extends object>(dto: Type<T>, value: Partial<T>): Promise<void> {
    const errors = await this.missing(dto, value);
    if (Object.keys(errors).length) throw new InvalidFieldsError(errors);
  }

  /** By field, those that are not there; fields that could not be read are passed over. */
  async missing(dto: Type<object>, value: object): Promise<FieldErrors> {
    const faults = [...fieldsOf(dto)].map(async ([field, { relation }]): Promise<FieldErrors> => {
      const uuid = parseUuid((value as Record<string, unknown>)[field]);
      if (!relation || !uuid) return {};
      const exists = await this.dataSource.getRepository(relation.to()).existsBy({ uuid });
      return exists ? {} : { [field]: [relationMissing(relation.form, uuid)] };
    });
    return Object.assign({}, ...(await Promise.all(faults))) as FieldErrors;
  }
}
