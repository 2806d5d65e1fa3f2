/** Loaded before the service: troubles of its own process, which begin with POST /<name> and end with DELETE /<name>. */
import { Buffer } from 'node:buffer';
import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { performance } from 'node:perf_hooks';
import { setImmediate } from 'node:timers';

const kept = [];
let isBusy = false;
let pipe;
let reading;

const TROUBLES = {
  'busy-loop': {
    begin() {
      isBusy = true;
      const work = () => {
        const end = performance.now() + 50;
        while (performance.now() < end);
        if (isBusy) setImmediate(work);
      };
      work();
    },
    end: () => (isBusy = false),
  },
  'memory-that-is-kept': {
    begin: () =>
      kept.push(
        Array.from({ length: 256 }, () => Buffer.alloc(2 ** 20, 1)),
        Array.from({ length: 2_000_000 }, (_, n) => ({ n })),
      ),
    end: () => (kept.length = 0),
  },
  garbage: {
    begin() {
      for (let n = 0; n < 200; n++) Array.from({ length: 10_000 }, (_, at) => ({ at }));
    },
    end: () => undefined,
  },
  'file-that-does-not-come': {
    begin() {
      const folder = mkdtempSync(join(tmpdir(), 'waldur-arrow-pipe-'));
      pipe = join(folder, 'pipe');
      execFileSync('mkfifo', [pipe]);
      reading = readFile(pipe).finally(() => rmSync(folder, { recursive: true }));
    },
    async end() {
      if (pipe) closeSync(openSync(pipe, 'w'));
      pipe = undefined;
      await reading;
    },
  },
};

const server = createServer(async ({ method, url }, response) => {
  const { begin, end } = TROUBLES[url.slice(1)];
  try {
    await (method === 'POST' ? begin() : end());
  } catch (error) {
    response.writeHead(500).write(String(error));
  }
  response.end();
});
server
  .listen(0, '127.0.0.1', () => process.stdout.write(`Troubles on http://127.0.0.1:${server.address().port}\n`))
  .unref();
