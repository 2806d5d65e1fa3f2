/** Fewer cost as much again: a transaction of few rows is mostly its beginning and its end. */
const ROWS = 2_000;
const MOST_WAITING = 3 * ROWS;

/**
 * Rows on their way into the database: one write at a time, of a whole batch, so that reading goes on while it writes,
 * and yet never gets far ahead of it.
 */
export class Batches<Row> {
  private waiting: Row[] = [];
  private writing: Promise<void> | undefined;
  private batch: Promise<void> | undefined;
  private failure: { readonly error: unknown } | undefined;

  constructor(private readonly write: (rows: readonly Row[]) => Promise<void>) {}

  /** Resolves when more may come. Throws what a write has thrown. */
  async add(rows: readonly Row[]): Promise<void> {
    this.waiting.push(...rows);
    if (this.waiting.length >= ROWS) this.writing ??= this.writeAll(ROWS);
    while (this.waiting.length > MOST_WAITING && !this.failure) await this.batch;
    if (this.failure) throw this.failure.error;
  }

  /** Resolves when everything is written. Throws what a write has thrown. */
  async end(): Promise<void> {
    await this.writing;
    await this.writeAll(1);
    if (this.failure) throw this.failure.error;
  }

  /** As long as there are so many. */
  private async writeAll(least: number): Promise<void> {
    try {
      while (this.waiting.length >= least && !this.failure) {
        this.batch = this.write(this.waiting.splice(0, ROWS));
        await this.batch;
      }
    } catch (error) {
      this.failure = { error };
    } finally {
      this.writing = undefined;
    }
  }
}
