import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository, type SelectQueryBuilder } from 'typeorm';
import type { Paging } from '../../common/page.js';
import { EntityRepository } from '../../database/entity.repository.js';
import { findByOrThrow } from '../../database/find-or-throw.js';
import { narrow } from '../../database/paginate.js';
import { PersonalAccessTokenNotFoundError } from '../directory.errors.js';
import { AuthToken } from './auth-token.entity.js';

/** Which personal access tokens are meant; what is left out does not matter. */
export interface PersonalAccessTokenFilter extends Paging {
  readonly userUuid?: string;
}

/** The tokens that have names, with their `user`. */
@Injectable()
export class PersonalAccessTokensRepository extends EntityRepository<AuthToken, PersonalAccessTokenFilter> {
  constructor(@InjectRepository(AuthToken) rows: Repository<AuthToken>) {
    super(rows, PersonalAccessTokenNotFoundError, { user: true });
  }

  override get(uuid: string): Promise<AuthToken> {
    const named = async (known: string) => (await this.findAll([known])).find(({ name }) => name !== null);
    return findByOrThrow(named, uuid, PersonalAccessTokenNotFoundError);
  }

  /** Gives the place of a token to another one. Throws `PersonalAccessTokenNotFoundError` where it is not there any more. */
  async replace({ uuid, tokenHash }: AuthToken, newHash: string): Promise<void> {
    const { affected } = await this.rows.update({ uuid, tokenHash }, { tokenHash: newHash, lastUsedAt: null });
    if (!affected) throw new PersonalAccessTokenNotFoundError();
  }

  protected filtered({ userUuid }: PersonalAccessTokenFilter): SelectQueryBuilder<AuthToken> {
    const named = this.rows.createQueryBuilder('token').where('token.name IS NOT NULL');
    return narrow(named, { 'token.userUuid = :userUuid': userUuid });
  }
}
