import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { systemClock } from '@plimsoll/core'
import { afterAll, beforeAll } from 'vitest'

// Built, since service and traffic load files of it.
import { runSoak, type SoakConfig, type SoakResult } from '../dist/index.js'

/** Where the services of a test file stand. */
export let folder: string
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'plimsoll-failures-'))))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Soaks a service of one file, started as `node server.cjs`. */
export async function soak(source: string, config: Partial<SoakConfig> = {}): Promise<SoakResult> {
  writeFileSync(join(folder, 'server.cjs'), source)
  const start = `${JSON.stringify(process.execPath)} server.cjs`
  return runSoak({
    config: { start, get: ['/x/{1..5000}'], readyWithin: '60s', cap: '60s', ...config },
    cwd: folder,
    clock: systemClock,
  })
}

/** Every service tells its process id, so that a test can see that it is gone. */
export const serve = (answer: string) =>
  `console.log('pid', process.pid); let count = 0
   require('node:http').createServer((request, response) => { count++; ${answer} }).listen(process.env.PORT, '127.0.0.1')`
