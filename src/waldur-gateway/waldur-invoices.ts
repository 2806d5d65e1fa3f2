import { z } from 'zod';
import { type DecimalString, isDecimalString, multiply } from '../common/money.js';
import { parseUuid } from '../common/uuid.js';
import type { YearMonth } from '../common/year-month.js';

/** Something to be put on a Waldur invoice: one of each name for an organisation and month. */
export interface UsageItem {
  readonly customerUuid: string;
  /** Of the invoice. */
  readonly month: YearMonth;
  readonly name: string;
  /** Net, in Waldur's one currency; negative for a credit. */
  readonly amount: DecimalString;
}

/** What Waldur did with it: put it there, found one of that name, or refused it with a sentence. */
export type UsageOutcome = { readonly is: 'created' | 'there' } | { readonly is: 'refused'; readonly said: string };

/** What stands on a Waldur invoice. */
export interface WaldurInvoiceItem {
  readonly uuid: string;
  readonly name: string;
  /** Net: price of one times how many. */
  readonly amount: DecimalString;
}

const count = z.coerce.number().int().nonnegative();

const Imported = z.object({ created: count, skipped: count, errors: z.array(z.object({ reason: z.string() })) });

/** Waldur answers 200 also where it refuses. Throws `z.ZodError`. */
export function readOutcome(body: unknown): UsageOutcome {
  const { created, skipped, errors } = Imported.refine(
    (answer) => answer.created + answer.skipped + answer.errors.length === 1,
    'says nothing of the one item that was sent',
  ).parse(body);
  const [refusal] = errors;
  if (refusal) return { is: 'refused', said: refusal.reason };
  return { is: created > skipped ? 'created' : 'there' };
}

const decimal = z.union([z.string(), z.number()]).transform(String).refine(isDecimalString, 'is no decimal number');

const Item = z
  .object({
    uuid: z.string().refine(parseUuid, 'is no UUID'),
    name: z.string().nullish(),
    unit_price: decimal,
    quantity: decimal,
  })
  .transform(({ uuid, name, unit_price, quantity }): WaldurInvoiceItem => ({
    uuid: parseUuid(uuid)!,
    name: name ?? '',
    amount: multiply(unit_price, quantity),
  }));

/** Throws `z.ZodError`. */
export const readItem = (row: unknown): WaldurInvoiceItem => Item.parse(row);

const Invoices = z.array(z.object({ items: z.array(Item) }));

/** Everything on the invoices of a list. Throws `z.ZodError`. */
export const readInvoices = (rows: unknown): WaldurInvoiceItem[] => Invoices.parse(rows).flatMap(({ items }) => items);
