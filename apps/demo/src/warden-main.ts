import { rmSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { messageOf } from '@plimsoll/core'
import { endDatabases } from './end-everything.ts'
import { end, type ProcessMark } from './leftovers.ts'

// What `startWarden` starts: it hears of parts, one a line, waits until the pipe from its starter ends, and then ends them.
const [dataDir = ''] = process.argv.slice(2)
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})
const marks: ProcessMark[] = []
let isStarterThere = false
for await (const line of createInterface({ input: process.stdin })) {
  if (line === 'stop') isStarterThere = true
  else marks.push(JSON.parse(line) as ProcessMark)
}
try {
  for (const mark of marks) await end(mark)
  await endDatabases(dataDir)
  if (!isStarterThere) rmSync(dataDir, { recursive: true, force: true })
} catch (error) {
  process.stderr.write(`Something may still run on ${dataDir}: ${messageOf(error)}\n`)
  process.exitCode = 1
}
