import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

// What one process of the tests has compiled, the next one reads. https://nodejs.org/api/module.html#module-compile-cache
process.env.NODE_COMPILE_CACHE ??= fileURLToPath(
  new URL('./node_modules/.cache/node-compile-cache', import.meta.url),
);

/** Suites that run parts in the wrong, and have to find each of them out: only `npm run test:proofs` runs them. */
const PROOFS = ['test/**/*defects.test.ts'];

/** What needs nothing but itself shares a process: modules keep no state, and the setup takes back what a test put over them. */
const SHARED = { isolate: false, setupFiles: ['test/support/shared-process.setup.ts'] };

/** Unit, simulator and template tests need no engine; integration tests share one real broker and real DynamoDB engines. */
export default defineConfig({
  test: {
    // Most tests wait for a broker or a child process: four of them leave a quarter of two cores idle.
    maxWorkers: 5,
    projects: [
      { test: { name: 'unit', include: ['test/unit/**/*.test.ts'], testTimeout: 30_000, ...SHARED } },
      {
        test: {
          name: 'simulator',
          include: ['test/simulator/**/*.test.ts'],
          exclude: PROOFS,
          testTimeout: 120_000,
          provide: { deployments: [1] },
        },
      },
      {
        test: {
          name: 'template',
          ...SHARED,
          include: ['test/template/**/*.test.ts'],
          globalSetup: ['test/support/templates.global.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'integration',
          ...SHARED,
          include: ['test/{integration,conformance}/**/*.test.ts'],
          exclude: PROOFS,
          globalSetup: ['test/support/engines.global.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'proofs',
          include: [...PROOFS, 'test/simulator/deployments.test.ts'],
          provide: { deployments: [1, 2, 3] },
          globalSetup: ['test/support/engines.global.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
