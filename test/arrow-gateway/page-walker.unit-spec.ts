import { ArrowIncompleteAnswerError, ArrowNotFoundError } from '../../src/arrow-gateway/arrow-gateway.errors.js';
import { AnswerFault } from '../../src/arrow-gateway/answers.js';
import { type ListPage, walkPages } from '../../src/arrow-gateway/page-walker.js';
import fc from 'fast-check';
import { anyCase, PagedServer, rowsNamed } from './support/paged-server.js';

const walk = (server: PagedServer, { pageSize = 10, concurrency = 4, maxPages = 500 } = {}): Promise<string[]> =>
  walkPages({
    what: 'rows',
    pageSize,
    concurrency,
    maxPages,
    keyOf: (row) => row,
    fetch: (page) => server.fetch(page),
  });

describe('The page walker', () => {
  it('gives the whole list or an error, never a part, whatever the list, the page size, the dialect and the fault', async () => {
    await fc.assert(
      fc.asyncProperty(anyCase, async ({ rows, server, pageSize, concurrency }) => {
        const paged = new PagedServer(rowsNamed(rows), server);
        let result: string[];
        try {
          result = await walk(paged, { pageSize, concurrency });
        } catch (error) {
          expect([ArrowIncompleteAnswerError, ArrowNotFoundError, AnswerFault]).toContainEqual(
            (error as Error).constructor,
          );
          return;
        }
        // A list that grows meanwhile is whole as it was before or as it is now.
        expect([rowsNamed(rows), paged.dataset].map((list) => [...list].sort())).toContainEqual([...result].sort());
      }),
      { numRuns: 3000 },
    );
  });

  it('gives the whole list, in order, where nothing is wrong, whatever comes after the last page', async () => {
    await fc.assert(
      fc.asyncProperty(anyCase, async ({ rows, server, concurrency }) => {
        // Without any count, what comes after the last page is the only sign of its being the last.
        fc.pre(!['sizeOnly', 'none'].includes(server.dialect) || server.beyond === 'empty');
        const paged = new PagedServer(rowsNamed(rows), { ...server, fault: { kind: 'none' } });
        expect(await walk(paged, { pageSize: server.size, concurrency })).toEqual(paged.dataset);
        expect(paged.mostRunning).toBeLessThanOrEqual(concurrency);
      }),
      { numRuns: 1000 },
    );
  });

  it('asks for no page more than it needs when the last one is not full', async () => {
    const paged = new PagedServer(rowsNamed(25), {
      size: 10,
      dialect: 'customers',
      fault: { kind: 'none' },
      beyond: 'empty',
    });
    await walk(paged);
    expect(paged.calls).toBe(3);
  });

  it('looks behind a last page that is full, where a wrong total would hide more', async () => {
    const honest = new PagedServer(rowsNamed(20), {
      size: 10,
      dialect: 'customers',
      fault: { kind: 'none' },
      beyond: 'empty',
    });
    expect(await walk(honest)).toHaveLength(20);
    expect(honest.calls).toBe(3);
    const wrong = { kind: 'wrong-total', by: -10, pagesToo: true } as const;
    const lying = new PagedServer(rowsNamed(30), { size: 10, dialect: 'customers', fault: wrong, beyond: 'empty' });
    await expect(walk(lying)).rejects.toThrow('goes on after its last page');
  });

  it('walks again, twice at most, when the list changed while it was read', async () => {
    const fault = { kind: 'grows', afterCall: 3 } as const;
    const paged = new PagedServer(rowsNamed(35), { size: 10, dialect: 'search', fault, beyond: 'empty' });
    expect(await walk(paged)).toEqual(paged.dataset);
    expect(paged.dataset).toHaveLength(36);
    expect(paged.calls).toBeGreaterThan(4);

    const dropping = new PagedServer(rowsNamed(35), {
      size: 10,
      dialect: 'search',
      fault: { kind: 'drops-row', at: 12 },
      beyond: 'empty',
    });
    await expect(walk(dropping)).rejects.toThrow('35 were announced and 34 came');
    expect(dropping.calls).toBe(3 * 4);
  });

  it('says which page came when the server ignores the page asked for', async () => {
    const fault = { kind: 'ignores-page', admitsIt: true } as const;
    const paged = new PagedServer(rowsNamed(25), { size: 10, dialect: 'billing', fault, beyond: 'empty' });
    await expect(walk(paged)).rejects.toThrow(/page [23] was asked for and page 1 came/);
  });

  it('refuses a list of more pages than the cap instead of cutting it', async () => {
    const server = { size: 10, fault: { kind: 'none' }, beyond: 'empty' } as const;
    const counted = new PagedServer(rowsNamed(200), { ...server, dialect: 'customers' });
    await expect(walk(counted, { maxPages: 19 })).rejects.toThrow('it has 20 pages, more than the 19 that are read');
    expect(counted.calls).toBe(1);
    const uncounted = new PagedServer(rowsNamed(200), { ...server, dialect: 'none' });
    await expect(walk(uncounted, { maxPages: 19 })).rejects.toThrow('does not end within the 19 pages');
  });

  it('stops the other fetches when one fails, and when the caller stops', async () => {
    const aborted: number[] = [];
    const untilAborted = (page: number, signal: AbortSignal): Promise<never> =>
      new Promise((_, reject) => {
        const onAbort = (): void => {
          aborted.push(page);
          reject(signal.reason as Error);
        };
        if (signal.aborted) onAbort();
        else signal.addEventListener('abort', onAbort);
      });
    const fetch = (page: number, signal: AbortSignal): Promise<ListPage<string>> => {
      if (page === 1) return Promise.resolve({ rows: ['a'], claim: { totalPages: 9, totalRows: 9, pageSize: 1 } });
      if (page === 2) return Promise.reject(new Error('broken'));
      return untilAborted(page, signal);
    };
    const options = { what: 'rows', pageSize: 1, concurrency: 4, maxPages: 100, keyOf: (row: string) => row };
    await expect(walkPages({ ...options, fetch })).rejects.toThrow('broken');
    expect(aborted).toEqual([3, 4, 5]);

    const stop = new AbortController();
    const hanging = (page: number, signal: AbortSignal): Promise<ListPage<string>> =>
      page === 2 ? untilAborted(page, signal) : fetch(page, signal);
    const walking = walkPages({ ...options, fetch: hanging }, stop.signal);
    stop.abort(new Error('gone'));
    await expect(walking).rejects.toThrow('gone');
  });
});
