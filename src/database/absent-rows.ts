import { Injectable, type Type } from '@nestjs/common';
import type { AppError } from '../common/app.error.js';
import { inParallel } from '../common/in-parallel.js';
import { parseUuid } from '../common/uuid.js';

const BROUGHT_AT_ONCE = 4;

/** Brings a row from where it is kept, if it is there. Answers whether it is here now. */
export type BringRow = (entity: Type<object>, uuid: string) => Promise<boolean>;

/** Rows that are not here and may be elsewhere. Whoever keeps copies says how they are brought; without, none are. */
@Injectable()
export class AbsentRows {
  private bringRow: BringRow = () => Promise.resolve(false);

  bringWith(bringRow: BringRow): void {
    this.bringRow = bringRow;
  }

  /** Never inside a transaction: it may ask another service. */
  async bring(entity: Type<object>, uuid: string): Promise<boolean> {
    const known = parseUuid(uuid);
    return known !== undefined && this.bringRow(entity, known);
  }

  /** Those of these rows that `find` finds, now or once they have been brought. */
  async allOrBring<T extends { readonly uuid: string }>(
    entity: Type<object>,
    uuids: readonly string[],
    find: (uuids: readonly string[]) => Promise<T[]>,
  ): Promise<T[]> {
    const found = await find(uuids);
    const known = new Set(found.map(({ uuid }) => uuid));
    const missing = uuids.filter((uuid) => !known.has(uuid));
    const brought = await inParallel(missing, BROUGHT_AT_ONCE, (uuid) => this.bring(entity, uuid));
    const here = missing.filter((_, at) => brought[at]);
    return here.length ? [...found, ...(await find(here))] : found;
  }

  /** What `find` finds, now or once the row has been brought. Throws what `find` throws. */
  async orBring<T>(entity: Type<object>, uuid: string, find: () => Promise<T>): Promise<T> {
    try {
      return await find();
    } catch (error) {
      const isMissing = (error as Partial<AppError>).kind === 'no-such-object';
      if (!isMissing || !(await this.bring(entity, uuid))) throw error;
      return find();
    }
  }
}
