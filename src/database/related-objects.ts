import { Injectable, type Type } from '@nestjs/common';
import { DataSource, IsNull } from 'typeorm';
import { type FieldErrors, InvalidFieldsError } from '../common/app.error.js';
import { relationMissing } from '../common/validation/body-fields.js';
import { fieldsOf, type Relation } from '../common/validation/field.js';
import { parseUuid } from '../common/uuid.js';
import { AbsentRows } from './absent-rows.js';

/** Fields name objects that are not there. Thrown before the object at the address has been looked for. */
export class RelatedObjectsMissingError extends InvalidFieldsError {}

/** What a field names: of which kind, and its UUID if one is given. */
export type NamedObject = readonly [entity: Type<object>, uuid: string | null | undefined];

/** The objects that fields of a request name. */
@Injectable()
export class RelatedObjects {
  constructor(
    private readonly dataSource: DataSource,
    private readonly absent: AbsentRows,
  ) {}

  /**
   * For the service that is about to refer to them: what each field of the request names. `form` is how faults are
   * worded, see `RelationField`. Throws {@link RelatedObjectsMissingError} with all that are not there.
   */
  async assertExist(named: Readonly<Record<string, NamedObject>>, form: Relation['form'] = 'link'): Promise<void> {
    const faults = Object.entries(named).map(([field, object]) => this.fault(field, form, object));
    refuseIfAny(merged(await Promise.all(faults)));
  }

  /** Whether there is an object of this kind; a text that is no UUID names none. */
  async exists(entity: Type<object>, text: unknown): Promise<boolean> {
    const uuid = parseUuid(text);
    if (uuid === undefined) return false;
    const rows = this.dataSource.getRepository(entity);
    const mayBeGone = rows.metadata.columns.some(({ propertyName }) => propertyName === 'goneAt');
    const isHere = () => rows.existsBy({ uuid, ...(mayBeGone && { goneAt: IsNull() }) });
    return (await isHere()) || ((await this.absent.bring(entity, uuid)) && isHere());
  }

  /** By field, those that are not there; fields that could not be read are passed over. */
  async missing(dto: Type<object>, value: object): Promise<FieldErrors> {
    const faults = [...fieldsOf(dto)].map(async ([field, { relation }]) => {
      const uuid = parseUuid((value as Record<string, unknown>)[field]);
      return relation ? this.fault(field, relation.form, [relation.to(), uuid]) : {};
    });
    return merged(await Promise.all(faults));
  }

  private async fault(field: string, form: Relation['form'], [entity, uuid]: NamedObject): Promise<FieldErrors> {
    if (!uuid || (await this.exists(entity, uuid))) return {};
    return { [field]: [relationMissing(form, uuid)] };
  }
}

function merged(errors: readonly FieldErrors[]): FieldErrors {
  return Object.assign({}, ...errors) as FieldErrors;
}

function refuseIfAny(errors: FieldErrors): void {
  if (Object.keys(errors).length) throw new RelatedObjectsMissingError(errors);
}
