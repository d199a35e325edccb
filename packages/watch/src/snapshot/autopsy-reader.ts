import { unlinkSync, writeFileSync } from 'node:fs'
import { formatBytes, messageOf } from '@plimsoll/core'
import { sayLine } from '../report/stderr.ts'
import { summarizeSnapshot } from './snapshot-summary.ts'

// Started by a process that has ended: reads its heap snapshot, keeps what it found, says it in a line, deletes the snapshot.
const [file, report] = process.argv.slice(2)
if (file !== undefined && report !== undefined) readHeap(file, report)

function readHeap(snapshot: string, into: string): void {
  try {
    const summary = summarizeSnapshot(snapshot)
    writeFileSync(into, JSON.stringify(summary, null, 1), { mode: 0o600 })
    const [first] = summary.holders
    const share = first ? Math.round(first.share * 100) : 0
    const held = first?.holds[0]
    const most = first
      ? ` ${first.variable ?? first.what} (${first.what}) held ${formatBytes(first.retainedBytes)}, ${share} % of it${held ? `: ${held.count.toLocaleString('en')} ${held.what}` : ''}.`
      : ''
    say(`the autopsy found ${formatBytes(summary.totalBytes)}.${most} More in ${into}`)
  } catch (thrown) {
    say(`the autopsy failed: ${messageOf(thrown)}`)
  } finally {
    unlinkSync(snapshot)
  }
}

function say(line: string): void {
  sayLine(`plimsoll: ${line}`)
}
