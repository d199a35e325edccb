import { execFileSync } from 'node:child_process'
import { mkdtempSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { ProbeError, type Probe } from '../subject/probe-desk.ts'
import { Investigation } from './investigate.ts'

/** A process so starved that each look into its heap takes a minute. */
function starvedProbe(folder: string): Probe {
  const answers: Record<string, unknown> = {
    trap: [],
    readTraps: [],
    readSampling: [],
    stopTracing: { sites: [], ran: [] },
  }
  return {
    hello: { pid: 1 },
    isGone: false,
    call(name: string, parameters: { file: string }, withinMs = 30_000) {
      if (withinMs < 60_000) return Promise.reject(new ProbeError('silent', `${name} was not answered`))
      if (name !== 'snapshot') return Promise.resolve(answers[name] ?? null)
      const program = `require('node:v8').writeHeapSnapshot('now.heapsnapshot', { exposeNumericValues: true })`
      execFileSync(process.execPath, ['-e', program], { cwd: folder })
      renameSync(join(folder, 'now.heapsnapshot'), parameters.file)
      return Promise.resolve({ scripts: [], keepers: [] })
    },
  } as unknown as Probe
}

test('who looks into a starved process waits as long for each answer as for a snapshot, and calls nobody hung for it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'plimsoll-investigate-'))
  try {
    const investigation = new Investigation(starvedProbe(folder), () => [], folder, folder)
    await investigation.begin()
    const { culprits } = await investigation.conclude(() => Promise.resolve(), null)
    expect(Array.isArray(culprits)).toBe(true)
  } finally {
    rmSync(folder, { recursive: true })
  }
}, 120_000)
