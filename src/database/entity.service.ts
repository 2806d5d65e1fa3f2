import type { Count, Page, Paging } from '../common/page.js';
import type { BaseEntity } from './base.entity.js';
import type { EntityRepository } from './entity.repository.js';

/** Rows of one entity as other modules read them. A subclass decides what becomes of them. */
export abstract class EntityService<T extends BaseEntity, Filter extends Paging> {
  constructor(private readonly entities: EntityRepository<T, Filter>) {}

  /** Throws `PageNotFoundError`. */
  list(filter: Filter): Promise<Page<T>> {
    return this.entities.list(filter);
  }

  /** Throws `PageNotFoundError`. */
  count(filter: Filter): Promise<Count> {
    return this.entities.count(filter);
  }

  /** All that a filter leaves, oldest first, read as they are asked for. */
  each(filter: Filter): AsyncGenerator<T> {
    return this.entities.each(filter);
  }

  /** Throws the entity's own not-found error. */
  get(uuid: string): Promise<T> {
    return this.entities.get(uuid);
  }
}
