import { writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { Writable } from 'node:stream';

/**
 * For a service: it goes on where its output has no room, or nobody who reads it. What it would have written meanwhile
 * is lost. Otherwise the next line of its log would end it.
 */
export function bearLostOutput(): void {
  for (const [name, file] of [
    ['stdout', 1],
    ['stderr', 2],
  ] as const) {
    process[name].on('error', () => undefined);
    // Node's own writes to a file no more once it has failed.
    if (!(process[name] instanceof Socket)) Object.defineProperty(process, name, { value: fileOutput(file) });
  }
}

const fileOutput = (file: number) =>
  new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      try {
        writeSync(file, chunk);
      } catch {
        // The next line is tried again.
      }
      done();
    },
  });
