import { availableParallelism } from 'node:os';

/** Started by test/run.ts, which prepares the databases and lets Node load ES modules in Jest. */
const base = {
  testEnvironment: '<rootDir>/test/support/shared-modules-environment.mjs',
  setupFiles: ['<rootDir>/test/support/share-modules.mjs'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': '@swc/jest' },
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
};

const endToEnd = (database) => ({
  ...base,
  displayName: `e2e-${database}`,
  testMatch: ['<rootDir>/test/**/*.e2e-spec.ts'],
  globals: { TEST_DATABASE: database },
});

export default {
  // For what hangs: no test is decided by it on a machine that is only busy.
  testTimeout: 300_000,
  // Modules of ended files are hard for the collector to free, and their heap makes everything after them slower.
  workerIdleMemoryLimit: '1GB',
  // Jest leaves one core idle by default, which on two cores is half of the machine; and a third of the time tests wait for
  // processes and databases, which another worker makes use of.
  maxWorkers: Math.max(3, availableParallelism() - 1),
  projects: [
    {
      ...base,
      displayName: 'unit',
      testMatch: ['<rootDir>/src/**/*.spec.ts', '<rootDir>/emulator/**/*.spec.ts', '<rootDir>/test/**/*.unit-spec.ts'],
    },
    endToEnd('pglite'),
    ...(process.env.TEST_DATABASE_URL ? [endToEnd('postgres')] : []),
  ],
};
