import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { systemClock } from '@plimsoll/core'
import { afterAll, beforeAll } from 'vitest'

// Built, since service and traffic load files of it.
import { runSoak, type Progress, type SoakConfig, type SoakResult } from '../dist/index.js'

/** Where the services of a test file stand. */
export let folder: string
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'plimsoll-failures-'))))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const hasBegun = (phase: Progress['phase']) => `require('node:fs').existsSync('has-begun-${phase}')`

/** What a service of these tests asks to learn that it is warm and batches of load have begun, … */
export const isSoaked = hasBegun('soak')
/** … and that its knee is looked for. */
export const isPressed = hasBegun('knee')

/** Soaks a service of one file in a folder of its own, started as `node server.cjs`. */
export async function soak(source: string, config: Partial<SoakConfig> = {}): Promise<SoakResult> {
  const cwd = mkdtempSync(join(folder, 'service-'))
  writeFileSync(join(cwd, 'server.cjs'), source)
  const start = `${JSON.stringify(process.execPath)} server.cjs`
  return runSoak({
    config: { start, get: ['/x/{1..5000}'], readyWithin: '60s', cap: '60s', ...config },
    cwd,
    clock: systemClock,
    onProgress: ({ phase }) => writeFileSync(join(cwd, `has-begun-${phase}`), ''),
  })
}

/** Every service tells its process id, so that a test can see that it is gone. */
export const serve = (answer: string) =>
  `console.log('pid', process.pid); let count = 0
   require('node:http').createServer((request, response) => { count++; ${answer} }).listen(process.env.PORT, '127.0.0.1')`
