const MOST_WAITING = 1_000;

/**
 * Rows on their way into the database: one write at a time, of everything that came meanwhile, so that reading goes on
 * while it writes, and yet never gets far ahead of it.
 */
export class Batches<Row> {
  private waiting: Row[] = [];
  private writing: Promise<void> | undefined;
  private failure: { readonly error: unknown } | undefined;

  constructor(private readonly write: (rows: readonly Row[]) => Promise<void>) {}

  /** Resolves when more may come. Throws what a write has thrown. */
  async add(rows: readonly Row[]): Promise<void> {
    this.waiting.push(...rows);
    this.writing ??= this.writeAll();
    if (this.waiting.length > MOST_WAITING) await this.writing;
    if (this.failure) throw this.failure.error;
  }

  /** Resolves when everything is written. Throws what a write has thrown. */
  async end(): Promise<void> {
    await this.writing;
    if (this.failure) throw this.failure.error;
  }

  private async writeAll(): Promise<void> {
    try {
      while (this.waiting.length && !this.failure) await this.write(this.waiting.splice(0, MOST_WAITING));
    } catch (error) {
      this.failure = { error };
    } finally {
      this.writing = undefined;
    }
  }
}
