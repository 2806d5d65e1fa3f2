import { DefaultNamingStrategy, type NamingStrategyInterface, type Table } from 'typeorm';

const MAX = 63;

/** Snake-case columns, and constraints named after what they hold: `uq_customer_mapping_settings_uuid_arrow_reference`. */
export class ReadableNamingStrategy extends DefaultNamingStrategy implements NamingStrategyInterface {
  override tableName(className: string, customName?: string): string {
    return customName ?? snake(className);
  }

  override columnName(property: string, customName: string | undefined, prefixes: string[]): string {
    return [...prefixes.map(snake), customName ?? snake(property)].join('_');
  }

  override joinColumnName(relation: string, column: string): string {
    return `${snake(relation)}_${snake(column)}`;
  }

  override primaryKeyName(table: Table | string): string {
    return checked(`pk_${tableOf(table)}`);
  }

  override foreignKeyName(table: Table | string, columns: string[]): string {
    return checked(`fk_${tableOf(table)}_${columns.join('_')}`);
  }

  override uniqueConstraintName(table: Table | string, columns: string[]): string {
    return checked(`uq_${tableOf(table)}_${columns.join('_')}`);
  }

  override relationConstraintName(table: Table | string, columns: string[]): string {
    return checked(`rel_${tableOf(table)}_${columns.join('_')}`);
  }

  override indexName(table: Table | string, columns: string[]): string {
    return checked(`ix_${tableOf(table)}_${columns.join('_')}`);
  }

  override checkConstraintName(table: Table | string, expression: string): string {
    throw new Error(`Give the check constraint "${expression}" on ${tableOf(table)} a name of its own.`);
  }
}

function tableOf(table: Table | string): string {
  return (typeof table === 'string' ? table : table.name).split('.').at(-1)!;
}

function snake(name: string): string {
  return name.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toLowerCase();
}

/** PostgreSQL cuts longer names silently, and then two of them can be the same. */
function checked(name: string): string {
  if (name.length > MAX) throw new Error(`The name ${name} has more than ${MAX} characters: name it by hand.`);
  return name;
}
