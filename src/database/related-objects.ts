import { Injectable, type Type } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { type FieldErrors, InvalidFieldsError } from '../common/app.error.js';
import { relationMissing } from '../common/validation/body-fields.js';
import { fieldsOf } from '../common/validation/field.js';
import { parseUuid } from '../common/uuid.js';

/** The objects that the relation fields of a DTO name. */
@Injectable()
export class RelatedObjects {
  constructor(private readonly dataSource: DataSource) {}

  /** For the service that is about to refer to them. Throws `InvalidFieldsError` that names all that are not there. */
  async mustExist<T extends object>(dto: Type<T>, value: Partial<T>): Promise<void> {
    const errors = await this.missing(dto, value);
    if (Object.keys(errors).length) throw new InvalidFieldsError(errors);
  }

  /** Whether there is an object of this kind; a text that is no UUID names none. */
  async exists(entity: Type<object>, text: unknown): Promise<boolean> {
    const uuid = parseUuid(text);
    return uuid !== undefined && (await this.dataSource.getRepository(entity).existsBy({ uuid }));
  }

  /** By field, those that are not there; fields that could not be read are passed over. */
  async missing(dto: Type<object>, value: object): Promise<FieldErrors> {
    const faults = [...fieldsOf(dto)].map(async ([field, { relation }]): Promise<FieldErrors> => {
      const uuid = parseUuid((value as Record<string, unknown>)[field]);
      if (!relation || !uuid) return {};
      return (await this.exists(relation.to(), uuid)) ? {} : { [field]: [relationMissing(relation.form, uuid)] };
    });
    return Object.assign({}, ...(await Promise.all(faults))) as FieldErrors;
  }
}
