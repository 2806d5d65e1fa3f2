import { ArrowExportShiftedError } from './arrow-gateway.errors.js';

const READS = 3;

/**
 * Reads an export that may move while it is paged: `read` reads all of it with the option it is given and throws away
 * what it had on an error. Read again at most twice. A row that stands on both sides of the same page border in two reads
 * is two lines, and the next read takes it for that. Throws `ArrowExportShiftedError` where it moved each time, and
 * whatever `read` throws.
 */
export async function readSteadily<T>(read: (options: { allowRepeatedRows: boolean }) => Promise<T>): Promise<T> {
  let before: ArrowExportShiftedError | undefined;
  let allowRepeatedRows = false;
  for (let reads = 1; ; reads += 1) {
    try {
      return await read({ allowRepeatedRows });
    } catch (error) {
      if (!(error instanceof ArrowExportShiftedError) || reads === READS) throw error;
      allowRepeatedRows = error.page === before?.page && error.rowHash === before.rowHash;
      before = error;
    }
  }
}
