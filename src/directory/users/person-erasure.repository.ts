import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { type ActorColumn, renameActor } from '../../database/rename-actor.js';

/** An organisation whose contact the person is. */
const ERASE_CONTACT = `
  UPDATE customer
  SET email = ''
  WHERE lower(email) = lower($1)`;

/** Columns that only this may write: until the transaction ends, the database lets names be replaced, and nothing else. */
const LET_NAMES_GO = `SELECT set_config('waldur_arrow.erasing', 'on', true)`;

@Injectable()
export class PersonErasureRepository {
  async begin(manager: EntityManager): Promise<void> {
    await manager.query(LET_NAMES_GO);
  }

  rename(manager: EntityManager, column: ActorColumn, from: string, to: string) {
    return renameActor(manager, column, from, to);
  }

  /** Answers how many organisations had this address. */
  async eraseContact(manager: EntityManager, email: string): Promise<number> {
    const [, rows] = await manager.query<[unknown[], number]>(ERASE_CONTACT, [email]);
    return rows;
  }
}
