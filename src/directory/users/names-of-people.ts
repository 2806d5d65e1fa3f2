import { Injectable, type Type } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { ActorColumn } from '../../database/rename-actor.js';

/** Whose name is to be forgotten. */
export interface PersonToErase {
  readonly uuid: string;
  readonly username: string;
  readonly email: string;
}

/** Within the transaction that erases. Answers how many rows it changed, by column; throws where it is too early. */
export type Erase = (person: PersonToErase, manager: EntityManager) => Promise<Readonly<Record<string, number>>>;

/** Where names of users stand as text beside `core_user`. Features say so when they start. */
@Injectable()
export class NamesOfPeople {
  readonly columns: ActorColumn[] = [];
  readonly erasures: Erase[] = [];

  /** These properties hold what `actorOf` answers, or a user name. */
  standIn<T extends object>(entity: Type<T>, ...properties: (keyof T & string)[]): void {
    this.columns.push(...properties.map((property) => ({ entity, property })));
  }

  /** What else is to be done; it comes before the columns. */
  onErasure(erase: Erase): void {
    this.erasures.push(erase);
  }
}
