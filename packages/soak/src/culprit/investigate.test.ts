import { execFileSync } from 'node:child_process'
import { mkdtempSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { ProbeError, type Probe } from '../subject/probe-desk.ts'
import { Investigation } from './investigate.ts'

/** What `program` writes of itself, before.heapsnapshot and after.heapsnapshot, is what a look at it finds. */
function recordedProbe(folder: string, program: string): Probe {
  execFileSync(process.execPath, ['-e', program], { cwd: folder })
  const snapshots = ['before', 'after']
  return probeOf((file) => renameSync(join(folder, `${snapshots.shift()}.heapsnapshot`), file))
}

/** A process so starved that each look into its heap takes a minute. */
function starvedProbe(folder: string): Probe {
  return probeOf((file) => {
    const program = `require('node:v8').writeHeapSnapshot('now.heapsnapshot', { exposeNumericValues: true })`
    execFileSync(process.execPath, ['-e', program], { cwd: folder })
    renameSync(join(folder, 'now.heapsnapshot'), file)
  })
}

function probeOf(writeSnapshot: (file: string) => void): Probe {
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
      writeSnapshot(parameters.file)
      return Promise.resolve({ scripts: [], keepers: [] })
    },
  } as unknown as Probe
}

const outlook = { keyCount: null, mostKeys: Infinity, roomBytes: null }

test('who looks into a starved process waits as long for each answer as for a snapshot, and calls nobody hung for it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'plimsoll-investigate-'))
  try {
    const investigation = new Investigation(starvedProbe(folder), () => [], folder, folder)
    await investigation.begin()
    const { culprits } = await investigation.conclude(() => Promise.resolve(), outlook)
    expect(Array.isArray(culprits)).toBe(true)
  } finally {
    rmSync(folder, { recursive: true })
  }
}, 120_000)

test('functions that are compiled when they have been called often are no leak, and that is told', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'plimsoll-investigate-'))
  try {
    const probe = recordedProbe(
      folder,
      `const body = Array.from({ length: 40 }, (_, part) => 'row.p' + part + ' = name + row.p' + part).join('; ')
       const templates = Array.from({ length: 300 }, (_, turn) => new Function('row', 'name', body + '; return ' + turn))
       const snapshot = (name) => require('node:v8').writeHeapSnapshot(name + '.heapsnapshot', { exposeNumericValues: true })
       for (const template of templates) template({}, 'n')
       snapshot('before')
       for (let turn = 0; turn < 200; turn++) for (const template of templates) template({}, 'n')
       snapshot('after')`,
    )
    const investigation = new Investigation(probe, () => [], folder, folder)
    await investigation.begin()
    const { boundedShare, judgements } = await investigation.conclude(() => Promise.resolve(), outlook)
    expect(boundedShare).toBeGreaterThan(0.5)
    expect(judgements[0]).toMatchObject({ path: 'code of V8', judgement: { verdict: 'fills', cap: null } })
  } finally {
    rmSync(folder, { recursive: true })
  }
}, 120_000)

test('what only a server leads to is told by its path from the server on, not from Node’s own timer for its connections', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'plimsoll-investigate-'))
  try {
    const probe = recordedProbe(
      folder,
      `const messages = (() => {
         const app = () => {}
         app.services = { messages: { list: [] } }
         require('node:http').createServer(app).listen(0)
         return new WeakRef(app.services.messages.list)
       })()
       const snapshot = (name) => require('node:v8').writeHeapSnapshot(name + '.heapsnapshot', { exposeNumericValues: true })
       const grow = () => { for (let turn = 0; turn < 2000; turn++) messages.deref().push({ turn }) }
       setTimeout(() => {
         grow()
         snapshot('before')
         grow()
         snapshot('after')
         process.exit()
       }, 50)`,
    )
    const investigation = new Investigation(probe, () => [], folder, folder)
    await investigation.begin()
    const { judgements, timedShare } = await investigation.conclude(() => Promise.resolve(), outlook)
    expect(judgements[0]!.path).toBe('services.messages.list')
    // It may be that timer which lets go: time is made to pass before it is called a leak.
    expect(timedShare).toBeGreaterThan(0.9)
  } finally {
    rmSync(folder, { recursive: true })
  }
}, 120_000)
