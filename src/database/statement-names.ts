import { createHash } from 'node:crypto';
import { Logger } from '@nestjs/common';
import { BoundedMap } from '../common/bounded-map.js';

/** Stands in SELECTs that look rows up by unique keys: how they are best run does not depend on which keys these are. */
export const BY_KEY = '/*by key*/';

/** With more of them another way may be the best. */
const MOST_KEYS = 100;

/** A connection of the server keeps in memory what it has worked out for each. */
const MOST_NAMES = 64;

/** Pages and page sizes make texts without end, most of which hardly ever come again. */
const USES_BEFORE = 5;
const MOST_COUNTED = 500;

/**
 * By which names the connections of a pool prepare statements: PostgreSQL then parses and plans each once for a
 * connection. Only of those that it does not run worse for not knowing their parameters: SELECTs that have none, and
 * look-ups {@link BY_KEY}. A name is a hash of the text, so that it never means another statement, whoever else uses a
 * connection.
 */
export class StatementNames {
  private readonly names = new Map<string, string>();
  private readonly uses = new BoundedMap<string, number>(MOST_COUNTED);
  private areOff = false;

  /** `undefined`: it is run without one. */
  nameOf(statement: string, parameters: readonly unknown[] = []): string | undefined {
    if (this.areOff || !statement.startsWith('SELECT ') || !isPlannedAlike(statement, parameters)) return undefined;
    return this.names.get(statement) ?? this.count(statement);
  }

  /** For good. `because`: of what, where that was met by surprise. */
  turnOff(because?: string): void {
    if (because && !this.areOff) new Logger('Database').log(`Statements are no longer prepared: ${because}.`);
    this.areOff = true;
  }

  private count(statement: string): string | undefined {
    // Several in one text cannot be prepared.
    if (this.names.size === MOST_NAMES || statement.includes(';')) return undefined;
    const uses = (this.uses.get(statement) ?? 0) + 1;
    this.uses.set(statement, uses);
    if (uses <= USES_BEFORE) return undefined;
    this.uses.delete(statement);
    const name = `arrow_${createHash('sha256').update(statement).digest('hex').slice(0, 32)}`;
    this.names.set(statement, name);
    return name;
  }
}

function isPlannedAlike(statement: string, parameters: readonly unknown[]): boolean {
  if (parameters.length === 0) return true;
  const areFew = parameters.every((value) => !Array.isArray(value) || value.length <= MOST_KEYS);
  return areFew && statement.startsWith(`SELECT ${BY_KEY}`);
}
