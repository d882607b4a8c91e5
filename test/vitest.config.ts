import { defineConfig } from 'vitest/config';

// One configuration for every suite; `npm test` chooses folders (test/run.ts). Two workers: CI has two cores, and
// process tests need one for the processes they start.
export default defineConfig({
  test: {
    root: new URL('..', import.meta.url).pathname,
    include: ['test/**/*.test.ts', 'test/**/*.test.tsx'],
    exclude: ['**/node_modules/**', '**/dist/**', 'test/architecture/planted/**'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    passWithNoTests: false,
    allowOnly: false,
  },
});
