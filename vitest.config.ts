import { defineConfig } from 'vitest/config'

const everywhere = ['packages/*', 'apps/*', 'replay', '.']
const tests = (suffix: string) =>
  everywhere.flatMap((place) => [`${place}/src/**/*.${suffix}`, `${place}/test/**/*.${suffix}`])

export default defineConfig({
  test: {
    // Two files at a time, whatever the machine has: many start real servers, and a starved server is a flaky test.
    maxWorkers: 2,
    pool: 'forks',
    execArgv: ['--expose-gc'],
    setupFiles: ['scripts/property-seed.js'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // What is waited for by its state may take as long as a busy machine makes it.
    expect: { poll: { timeout: 20_000 } },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: tests('test.{ts,tsx}'),
          exclude: ['**/node_modules/**', '**/dist/**', '**/*.integration.test.ts'],
        },
      },
      {
        // Needs what Debian ships: Chromium, PostgreSQL, Redis. `.ci/run` installs it and runs these.
        extends: true,
        test: {
          name: 'integration',
          include: tests('integration.test.ts'),
          exclude: ['**/node_modules/**', '**/dist/**'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
    ],
  },
})
