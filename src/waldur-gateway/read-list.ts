import { WaldurNotFoundError } from './waldur-gateway.errors.js';

/** One page of a list. */
export interface WaldurPage<Row> {
  readonly rows: readonly Row[];
  /** `X-Result-Count`: rows of the whole list. */
  readonly total: number;
  /** Waldur's clock when it answered; `undefined` where it does not say. */
  readonly date?: Date;
}

export interface ListReading<Row> {
  readonly pageSize: number;
  /** Pages that are fetched and taken over at once. */
  readonly concurrency: number;
  readonly fetch: (page: number, signal: AbortSignal) => Promise<WaldurPage<Row>>;
  /** Takes over the rows of a page; the next one is asked for when it resolves. A row may come more than once. */
  readonly take: (rows: readonly Row[]) => Promise<void>;
}

/** What came of reading a list. */
export interface ListRead {
  /** UUIDs of all rows that came in the last reading. */
  readonly seen: ReadonlySet<string>;
  /** Why it cannot be said that these are all rows there are; `undefined` where it can. */
  readonly incomplete?: string;
  /** Waldur's clock when it answered first. */
  readonly began?: Date;
}

const READINGS = 3;

/**
 * Reads a list that is ordered by when its rows were made, page by page, and gives rows as they come. New rows stand at
 * the end and are read too. The list is complete where exactly the announced rows came, each once, and it never became
 * shorter on the way; otherwise it is read again, three times in all. Throws what `fetch` and `take` throw.
 */
export async function readList<Row extends { readonly uuid: string }>(
  reading: ListReading<Row>,
  signal: AbortSignal,
): Promise<ListRead> {
  let began: Date | undefined;
  for (let readings = 1; ; readings += 1) {
    const once = await readOnce(reading, signal);
    began ??= once.began;
    if (!once.incomplete || readings === READINGS) return { ...once, began };
  }
}

async function readOnce<Row extends { readonly uuid: string }>(
  { pageSize, concurrency, fetch, take }: ListReading<Row>,
  outer: AbortSignal,
): Promise<ListRead> {
  const stop = new AbortController();
  const signal = AbortSignal.any([outer, stop.signal]);
  const seen = new Set<string>();
  let incomplete: string | undefined;
  let total = 0;
  let next = 1;
  let began: Date | undefined;
  const look = async (page: number): Promise<void> => {
    const { rows, total: announced, date } = await fetch(page, signal);
    began ??= date;
    if (announced < total) incomplete = 'it became shorter while it was read';
    total = Math.max(total, announced);
    const isLast = page * pageSize >= total;
    if (rows.length > pageSize || (rows.length < pageSize && !isLast)) incomplete ??= `page ${page} is not full`;
    for (const { uuid } of rows) {
      if (seen.has(uuid)) incomplete ??= 'a row came twice, so that another may be missing';
      seen.add(uuid);
    }
    await take(rows);
  };
  const work = async (): Promise<void> => {
    while (!incomplete && (next - 1) * pageSize < total) await look(next++);
  };
  // The address of the list itself is there, or this throws.
  await look(next++);
  try {
    await Promise.all(Array.from({ length: concurrency }, work));
    // A total that is too small would hide the rest.
    if (!incomplete && total > 0 && total % pageSize === 0) await look(next);
  } catch (error) {
    stop.abort(error);
    // No such page: the one behind the last, or the list has become shorter, which the count of rows shows.
    if (!(error instanceof WaldurNotFoundError)) throw error;
  }
  if (seen.size !== total) incomplete ??= `${total} were announced and ${seen.size} came`;
  return { seen, incomplete, began };
}
