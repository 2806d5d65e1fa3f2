import fc from 'fast-check';
import { AnswerFault } from '../../src/arrow-gateway/answers.js';
import {
  ArrowExportShiftedError,
  ArrowIncompleteAnswerError,
  ArrowNotFoundError,
} from '../../src/arrow-gateway/arrow-gateway.errors.js';
import { type ExportWalk, streamPages } from '../../src/arrow-gateway/export-stream.js';
import { noneThere } from '../../src/arrow-gateway/page-walker.js';
import { readSteadily } from '../../src/arrow-gateway/read-steadily.js';
import type { ExportAnswer } from '../../src/arrow-gateway/table-answers.js';
import { anyCase, PagedServer, type PagedServerOptions, rowsNamed } from './support/paged-server.js';

const HEADERS = ['Line', 'Constant'];

function walkOf(
  server: PagedServer,
  { pageSize = 10, maxPages = 500 } = {},
  headers = (_page: number) => HEADERS,
): ExportWalk {
  const fetch = async (page: number): Promise<ExportAnswer> => {
    const { rows, claim } = await server.fetch(page);
    return { headers: headers(page), rows: rows.map((row) => [row, 'x']), claim };
  };
  return {
    what: 'lines',
    pageSize,
    maxPages,
    fetch,
    fetchBeyond: (page) => fetch(page).catch(noneThere),
  };
}

async function linesOf(walk: ExportWalk): Promise<string[]> {
  const lines: string[] = [];
  for await (const { rows } of streamPages(walk)) for (const [line] of rows) lines.push(String(line));
  return lines;
}

/**
 * Lines have no key, so a line in the place of another cannot be noticed; nor, where ArrowSphere does not say both how
 * many lines there are and how many make a page, a line that comes twice. (It says both in every recorded export.)
 */
function isNoticeable({ fault, dialect }: PagedServerOptions): boolean {
  if (fault.kind === 'swaps-row-for-another') return false;
  const isCounted = ['customers', 'search', 'billing', 'asText'].includes(dialect);
  return isCounted || !['doubles-row', 'grows'].includes(fault.kind);
}

describe('The export stream', () => {
  it('ends well only when it gave every line once, whatever the export, the page size, the dialect and the fault', async () => {
    await fc.assert(
      fc.asyncProperty(anyCase, async ({ rows, server, pageSize }) => {
        fc.pre(isNoticeable(server));
        const paged = new PagedServer(rowsNamed(rows), server);
        let lines: string[];
        try {
          lines = await linesOf(walkOf(paged, { pageSize }));
        } catch (error) {
          expect([ArrowIncompleteAnswerError, ArrowExportShiftedError, ArrowNotFoundError, AnswerFault]).toContainEqual(
            (error as Error).constructor,
          );
          return;
        }
        expect([rowsNamed(rows), paged.dataset]).toContainEqual(lines);
      }),
      { numRuns: 3000 },
    );
  });

  it('gives all lines in order where nothing is wrong', async () => {
    await fc.assert(
      fc.asyncProperty(anyCase, async ({ rows, server }) => {
        fc.pre(!['sizeOnly', 'none'].includes(server.dialect) || server.beyond === 'empty');
        const paged = new PagedServer(rowsNamed(rows), { ...server, fault: { kind: 'none' } });
        expect(await linesOf(walkOf(paged, { pageSize: server.size }))).toEqual(paged.dataset);
        // One page is being read ahead while one is used; more would fill the memory.
        expect(paged.mostRunning).toBe(1);
      }),
      { numRuns: 1000 },
    );
  });

  const healthy = { size: 10, dialect: 'billing', fault: { kind: 'none' }, beyond: 'empty' } as const;

  it('asks for a page only when the one before it is being used', async () => {
    const paged = new PagedServer(rowsNamed(95), healthy);
    const stream = streamPages(walkOf(paged));
    await stream.next();
    expect(paged.calls).toBe(2);
    await stream.next();
    expect(paged.calls).toBe(3);
    await stream.return();
    expect(paged.calls).toBe(3);
  });

  it('says of each page where it stands', async () => {
    const pages = [];
    for await (const page of streamPages(walkOf(new PagedServer(rowsNamed(25), healthy)))) pages.push(page);
    expect(pages.map(({ page, totalPages, totalRows, rows }) => [page, totalPages, totalRows, rows.length])).toEqual([
      [1, 3, 25, 10],
      [2, 3, 25, 10],
      [3, 3, 25, 5],
    ]);
  });

  it('gives one page without lines for an export without lines', async () => {
    const pages = [];
    for await (const page of streamPages(walkOf(new PagedServer([], healthy)))) pages.push(page);
    expect(pages).toEqual([{ page: 1, totalPages: 1, totalRows: 0, headers: HEADERS, rows: [] }]);
  });

  it('refuses a page with other columns than the first', async () => {
    const headers = (page: number): string[] => (page === 2 ? ['Constant', 'Line'] : HEADERS);
    await expect(linesOf(walkOf(new PagedServer(rowsNamed(25), healthy), {}, headers))).rejects.toThrow(
      'page 2 has other columns than page 1',
    );
  });

  it('refuses more pages than the cap instead of cutting', async () => {
    await expect(linesOf(walkOf(new PagedServer(rowsNamed(200), healthy), { maxPages: 19 }))).rejects.toThrow(
      'it has 20 pages',
    );
  });

  describe('where a row of one page is at the top of the next', () => {
    const named = (names: string[], allowRepeatedRows?: boolean) => ({
      ...walkOf(new PagedServer(names, healthy)),
      allowRepeatedRows,
    });
    const repeated = (away: number) => {
      const names = rowsNamed(35);
      names[10] = names[10 - away]!;
      return names;
    };

    it.each([[1], [2], [7], [10]])('ends with an error of its own, %i rows further on', async (away) => {
      const error = await linesOf(named(repeated(away))).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(ArrowExportShiftedError);
      expect(error).toMatchObject({ code: 'arrow_export_shifted', page: 2, rowHash: expect.stringMatching(/.{20}/) });
    });

    it('does not hand on the page that begins with it', async () => {
      const stream = streamPages(named(repeated(1)));
      expect((await stream.next()).value).toMatchObject({ page: 1 });
      await expect(stream.next()).rejects.toThrow('page 2 begins with a row of page 1');
    });

    it('gives both rows to who knows that they are real', async () => {
      expect(await linesOf(named(repeated(1), true))).toEqual(repeated(1));
    });

    it('lets equal rows within a page be, and rows that differ in one cell', async () => {
      const names = rowsNamed(35);
      names[4] = names[3]!;
      names[11] = names[9]!;
      expect(await linesOf(named(names))).toEqual(names);
    });

    it('is read again: once where it has come to rest, with both rows where they stand there each time', async () => {
      const moving = [repeated(1), rowsNamed(35)];
      const options: unknown[] = [];
      const read = (worlds: string[][]) =>
        readSteadily(({ allowRepeatedRows }) => {
          options.push(allowRepeatedRows);
          return linesOf(named(worlds.shift()!, allowRepeatedRows));
        });
      expect(await read(moving)).toEqual(rowsNamed(35));
      expect(await read([repeated(1), repeated(1), repeated(1)])).toEqual(repeated(1));
      expect(options).toEqual([false, false, false, false, true]);
    });

    it('is given up after three reads that each found it elsewhere, and at once for any other error', async () => {
      let reads = 0;
      const read = (worlds: string[][]) =>
        readSteadily(({ allowRepeatedRows }) => {
          reads += 1;
          return linesOf(named(worlds[reads - 1] ?? [], allowRepeatedRows));
        });
      await expect(read([repeated(1), repeated(2), repeated(3)])).rejects.toThrow(ArrowExportShiftedError);
      expect(reads).toBe(3);
      reads = 0;
      await expect(
        readSteadily(() => {
          reads += 1;
          return Promise.reject(new ArrowIncompleteAnswerError('lines', 'it is short'));
        }),
      ).rejects.toThrow('it is short');
      expect(reads).toBe(1);
    });
  });
});
