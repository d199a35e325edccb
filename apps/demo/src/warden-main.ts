import { readdirSync, rmdirSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { createInterface } from 'node:readline'
import { messageOf, Reader } from '@plimsoll/core'
import { endDatabases } from './end-everything.ts'
import { end, readMark, type ProcessMark } from './leftovers.ts'

// What `startWarden` starts: it hears of parts, one a line, waits until the pipe from its starter ends, and then ends them.
const [dataDir = ''] = process.argv.slice(2)
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})
const marks: ProcessMark[] = []
let isToldToStop = false
for await (const line of createInterface({ input: process.stdin })) {
  if (line === 'stop') isToldToStop = true
  else hear(line)
}
// Each by itself: one that can't be ended keeps none of the others alive, and no database.
await Promise.all(marks.map((mark) => end(mark).catch(tell)))
await endDatabases(dataDir).catch(tell)
if (process.exitCode === undefined && !isToldToStop) removeFolder()

function tell(fault: unknown): void {
  process.stderr.write(`Something may still run on ${dataDir}: ${messageOf(fault)}\n`)
  process.exitCode = 1
}

/** A line that was cut off by the death of its writer tells of nothing. */
function hear(line: string): void {
  try {
    const reader = new Reader(JSON.parse(line))
    const mark = readMark(reader)
    reader.finish('part')
    marks.push(mark)
  } catch (error) {
    tell(error)
  }
}

/** And the one around it, when nothing else is left there: its maker is gone, too. */
function removeFolder(): void {
  try {
    rmSync(dataDir, { recursive: true, force: true })
    if (readdirSync(dirname(dataDir)).length === 0) rmdirSync(dirname(dataDir))
  } catch (error) {
    tell(error)
  }
}
