import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { expect, test, vi } from 'vitest'

vi.setConfig({ testTimeout: 120_000 })

// Built, and in a process of its own: what the inspector evaluates is to see the same global object.
const script = `
  const { heapIdOf, takeObjects } = await import(${JSON.stringify(new URL('../../dist/probe/holder.js', import.meta.url).href)})
  const { openSession } = await import(${JSON.stringify(new URL('../../dist/probe/inspector.js', import.meta.url).href)})
  const session = openSession()
  const list = [undefined, { id: 1 }]
  const map = new Map()
  // Before the first snapshot nothing has an id.
  const v8 = await import('node:v8')
  v8.writeHeapSnapshot('first.heapsnapshot')
  const ids = [list, map].map((object) => heapIdOf(session, object))
  const found = takeObjects(session, [ids[0], '999999999', ids[1]])
  console.log(JSON.stringify(found.map((object) => object === list || object === map)))
`

test('objects are found by their ids in a snapshot, a list as one thing; those that are gone are left out', async () => {
  const cwd = mkdtempSync(join(tmpdir(), 'plimsoll-holder-'))
  try {
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], { cwd })
    expect(JSON.parse(stdout)).toEqual([true, true])
  } finally {
    rmSync(cwd, { recursive: true })
  }
})
