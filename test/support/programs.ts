import { join } from 'node:path';

/** What processes of tests run: modules of the folder that `compile` makes. */
export const PROGRAMS = {
  main: 'src/main.js',
  cli: 'src/cli.js',
  'job-process': 'test/jobs/support/job-process.js',
};

/** A process may end before it has called much of the embedded database's program: each part is compiled when it is. */
export const NODE_ARGUMENTS = ['--wasm-lazy-compilation'];

/** What Node is started with for a program: from its one file where that was made, from its modules otherwise. */
export function programArguments(name: keyof typeof PROGRAMS): string[] {
  const { TEST_BUNDLED, TEST_COMPILED } = process.env;
  return TEST_BUNDLED ? [...NODE_ARGUMENTS, join(TEST_BUNDLED, `${name}.mjs`)] : [join(TEST_COMPILED!, PROGRAMS[name])];
}
