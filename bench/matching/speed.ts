/**
 * Matches two generated lists in a process of its own and prints what it took as JSON:
 * `speed.ts SIZE`. Everything counts, the compiler's and the collector's work too.
 */
import { readFileSync } from 'node:fs';
import { suggestMatches } from '../../src/mappings/matching/match-organisations.js';
import { generateParties } from './generate.js';

const size = Number(process.argv[2]);
const { arrow, waldur } = generateParties(size);
globalThis.gc?.();
const before = { memory: memoryOf('VmRSS'), cpu: process.cpuUsage(), at: performance.now() };
const suggestions = suggestMatches(arrow, waldur);
const cpu = process.cpuUsage(before.cpu);
const wall = performance.now() - before.at;

const partners = waldur.filter(({ key }) => key.startsWith('w')).length;
const figures = [0.5, 0.9].map((threshold) => {
  const claims = suggestions.filter(({ confidence }) => confidence >= threshold);
  const right = claims.filter(({ arrowKey, waldurKey }) => arrowKey.slice(1) === waldurKey.slice(1)).length;
  return { threshold, precision: right / claims.length, recall: right / partners };
});
console.log(
  JSON.stringify({
    size,
    cpuMs: (cpu.user + cpu.system) / 1000,
    wallMs: wall,
    // The highest it ever was, not what is left after.
    memoryMb: (memoryOf('VmHWM') - before.memory) / 1024,
    quality: figures,
  }),
);

/** Kilobytes, as Linux counts them; elsewhere what the process says of itself now. */
function memoryOf(what: 'VmRSS' | 'VmHWM'): number {
  try {
    return Number(new RegExp(`${what}:\\s+(\\d+)`).exec(readFileSync('/proc/self/status', 'utf8'))![1]);
  } catch {
    return process.memoryUsage().rss / 1024;
  }
}
