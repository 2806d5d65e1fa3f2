import { Injectable } from '@nestjs/common';
import { BesideWaldur } from '../../waldur-gateway/waldur-gateway.module.js';
import { OwnedByWaldurError } from '../directory.errors.js';
import type { MirroredEntity } from '../mirrored.entity.js';

type Owned = Pick<MirroredEntity, 'owner'>;

/** Beside a Waldur the directory is a copy of it: what is Waldur's is made and changed there. */
@Injectable()
export class WaldurOwnership {
  constructor(private readonly beside: BesideWaldur) {}

  /** `what`: plural, `organisations`. Throws {@link OwnedByWaldurError} beside a Waldur. */
  ensureMadeHere(what: string): void {
    if (this.beside.gateway) throw new OwnedByWaldurError(what, this.beside.gateway.url);
  }

  /** What is said of such a change where it is not asked for alone; `undefined`: there is no Waldur. `what`: plural. */
  refusalOf(what: string): string | undefined {
    return this.beside.gateway && new OwnedByWaldurError(what, this.beside.gateway.url).sentence;
  }

  /** Of the one row with that UUID. Throws what reading it throws, and {@link OwnedByWaldurError} where it is Waldur's. */
  ensureOneOurs(what: string, rows: { get(uuid: string): Promise<Owned> }, uuid: string): Promise<void> {
    return this.ensureOurs(what, async () => [await rows.get(uuid)]);
  }

  /** `find` is asked beside a Waldur only. Throws {@link OwnedByWaldurError} where one of the rows is Waldur's. */
  async ensureOurs(what: string, find: () => Promise<readonly Owned[]>): Promise<void> {
    if (!this.beside.gateway) return;
    if ((await find()).some(({ owner }) => owner === 'waldur'))
      throw new OwnedByWaldurError(what, this.beside.gateway.url);
  }
}
