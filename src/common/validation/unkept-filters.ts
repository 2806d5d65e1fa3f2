import { SetMetadata, type Type } from '@nestjs/common';
import type { FieldErrors } from '../app.error.js';
import { readBooleanFilter } from './query-fields.js';

/**
 * Which values of a filter leave every row in the list: `true`, `false`, `any` of them, or `none`. All others would need
 * data that is not kept.
 */
export type TakenValues = 'true' | 'false' | 'any' | 'none';

/** Parameters of a list in Waldur that this service has no data for. */
export interface UnkeptParameters {
  readonly filters: Readonly<Record<string, TakenValues>>;
  /**
   * Which of them are taken where rows are copies of Waldur's, which has data of them that is not copied; all others are
   * refused there. A name that is not among `filters` is answered here, and refused there.
   */
  readonly ofCopies?: Readonly<Record<string, TakenValues>>;
  /** Names that `o` takes in Waldur. */
  readonly orders?: readonly string[];
}

const UNKEPT = 'unkept-parameters';

/**
 * On the query of a list: Waldur's parameters that it cannot answer. Where they would narrow or order the list they are
 * refused, as a client would otherwise take all rows for those it asked for.
 */
export const Unkept = (parameters: UnkeptParameters): ClassDecorator => SetMetadata(UNKEPT, parameters);

/** Which values leave every row in, by parameter. `areCopies`: rows are copies of Waldur's. */
export function takenBy({ filters, ofCopies }: UnkeptParameters, areCopies: boolean): Record<string, TakenValues> {
  const refused = Object.fromEntries(Object.keys(filters).map((name) => [name, 'none' as const]));
  return areCopies ? { ...refused, ...ofCopies } : { ...filters };
}

/** What is told of the parameters of a query that are {@link Unkept}, by name. `areCopies`: rows are copies of Waldur's. */
export function unkeptIn(dto: Type<object>, given: object, areCopies: boolean): FieldErrors {
  const unkept = Reflect.getMetadata(UNKEPT, dto) as UnkeptParameters | undefined;
  if (!unkept) return {};
  const taken = takenBy(unkept, areCopies);
  const errors = Object.entries(given).flatMap(([name, sent]) => {
    const texts = [sent as unknown].flat().filter((text): text is string => typeof text === 'string' && !!text.trim());
    const sentence =
      name === 'o'
        ? orderRefused(texts, unkept.orders)
        : Object.hasOwn(taken, name)
          ? valueRefused(name, texts, taken[name]!)
          : undefined;
    return sentence ? [[name, [sentence]]] : [];
  });
  return Object.fromEntries(errors) as FieldErrors;
}

/** As of every filter, the last of repeated values counts where there is one that is taken. */
function valueRefused(name: string, texts: readonly string[], taken: TakenValues): string | undefined {
  if (texts.length === 0 || taken === 'any' || String(readBooleanFilter(texts.at(-1)!.trim())) === taken)
    return undefined;
  const way = taken === 'none' ? 'Leave it out.' : `Leave it out, or send \`${taken}\`, which is so of every row.`;
  return `This service does not keep what \`${name}\` asks for, so it cannot narrow the list by it. ${way}`;
}

function orderRefused(texts: readonly string[], orders: readonly string[] = []): string | undefined {
  const names = texts.flatMap((text) => text.split(',')).map((name) => name.trim().replace(/^-/, ''));
  const unknown = names.find((name) => orders.includes(name));
  return unknown && `This service does not keep \`${unknown}\`, so it cannot order the list by it. Leave it out.`;
}
