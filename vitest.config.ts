import { defineConfig } from 'vitest/config'

const ignored = ['**/node_modules/**', 'data/**']

/** What kills, fills or cuts off programs in the middle of their work has the machine for itself. */
const alone = ['cluster', 'crash', 'crash-points/*', 'full-disk'].map(
  (name) => `test/e2e/${name}.test.ts`,
)

/** Where `.ci/run` wants the outcome, to see that nothing was skipped. */
const report = process.env['TEST_REPORT']

export default defineConfig({
  test: {
    reporters: report === undefined ? ['default'] : ['default', ['json', { outputFile: report }]],
    projects: [
      {
        test: {
          name: 'unit',
          include: [
            '{actors,bench,events,gateways,infra,projections}/**/*.test.ts',
            'test/*.test.ts',
          ],
          exclude: ignored,
          testTimeout: 20_000,
        },
      },
      {
        test: {
          name: 'conformance',
          include: ['test/conformance/**/*.test.ts'],
          exclude: ignored,
          // They wait for sockets and disks more than they compute.
          maxWorkers: 2,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'simulation',
          include: ['test/simulation/**/*.test.ts'],
          exclude: ignored,
          // The seeds are cut in two; vitest alone would leave one of two cores to itself.
          maxWorkers: 2,
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          exclude: [...ignored, ...alone],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          maxWorkers: 2,
        },
      },
      {
        test: {
          name: 'e2e-alone',
          include: alone,
          exclude: ignored,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
    ],
  },
})
