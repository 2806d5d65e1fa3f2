import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { type EntityManager, Repository } from 'typeorm';
import type { MirroredKind } from '../directory/mirror/mirrored-rows.service.js';
import { WaldurMark } from './waldur-mark.entity.js';

@Injectable()
export class WaldurMarksRepository {
  constructor(@InjectRepository(WaldurMark) private readonly marks: Repository<WaldurMark>) {}

  /** Of this Waldur. */
  all(url: string): Promise<WaldurMark[]> {
    return this.marks.findBy({ url });
  }

  of(kind: MirroredKind, url: string): Promise<WaldurMark | null> {
    return this.marks.findOneBy({ kind, url });
  }

  /** Everything is read anew from then on. */
  async clear(manager: EntityManager): Promise<void> {
    await manager.deleteAll(WaldurMark);
  }

  /** `mayWrite`: first inside its transaction. */
  async set(mark: WaldurMark, mayWrite: (manager: EntityManager) => Promise<void>): Promise<void> {
    await this.marks.manager.transaction(async (manager) => {
      await mayWrite(manager);
      await manager.save(WaldurMark, mark);
    });
  }
}
