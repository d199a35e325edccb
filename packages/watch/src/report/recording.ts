import { appendFileSync, openSync } from 'node:fs'
import { messageOf, MiB } from '@plimsoll/core'
import type { Moment } from '../detect/detector.ts'
import type { MainMessage } from '../watchdog/messages.ts'

/** First line of a recording: what verdicts depend on and what does not change. */
export interface RecordingHead {
  node: string
  workingDirectory: string
  heapLimitBytes: number
  machineBytes: number | null
  memoryLimitBytes: number | null
  descriptorLimit: number | null
}

/** A recording ends at this size. An hour under suspicion makes some twenty megabytes. */
const MAX_BYTES = 256 * MiB

/**
 * Writes down all that the lookout is told, one line of JSON each, so that a wrong verdict can be judged again elsewhere and in
 * seconds (`PLIMSOLL_RECORD=FILE`). It holds numbers, names of variables, paths and lines; no value of the host's. Ends, and says so,
 * where it cannot be written: what is recorded must never keep the watch from seeing it. Each process has a file of its own, since
 * nobody can tell two series in one file apart: workers share the setting, and so does a process with the one it replaces.
 */
export class Recording {
  readonly #tell: (sentence: string) => void
  #descriptor: number | null = null
  readonly #known = new Map<number, string>()
  #byteCount = 0

  constructor(file: string, head: RecordingHead, tell: (sentence: string) => void) {
    this.#tell = tell
    this.#attempt(() => (this.#descriptor = openOwn(file)))
    this.#write(['head', head])
  }

  noteMoment(moment: Moment, cgroupLimitBytes: number | null): void {
    this.#write(['moment', moment, cgroupLimitBytes])
  }

  note(message: MainMessage, nowMs: number): void {
    if (message.kind === 'floor') this.#write(['floor', message.floor])
    else if (message.kind === 'writers') this.#write(['writers', message.holderId, message.sites, nowMs])
    else if (message.kind === 'profile') this.#write(['profile', message.report])
    else if (message.kind === 'census') {
      const { atMs, requestTotal, holders } = message.report
      const counts = holders.map(({ id, kind, path, script, bound, isReplaced, ...counted }) => {
        this.#define(id, { kind, path, script, bound, isReplaced })
        const { count, hasLetGo, entryBytes, entryExternalBytes, deadlineMs } = counted
        return [id, count, hasLetGo, entryBytes, entryExternalBytes, deadlineMs]
      })
      this.#write(['census', atMs, requestTotal, counts])
    }
  }

  /** What seldom changes about a collection is written when it does. */
  #define(id: number, definition: object): void {
    const text = JSON.stringify(definition)
    if (this.#known.get(id) === text) return
    this.#known.set(id, text)
    this.#write(['holder', id, definition])
  }

  #write(line: unknown): void {
    const descriptor = this.#descriptor
    if (descriptor === null || this.#byteCount >= MAX_BYTES) return
    const text = `${JSON.stringify(line, round)}\n`
    this.#byteCount += text.length
    this.#attempt(() => appendFileSync(descriptor, text))
  }

  #attempt(act: () => void): void {
    try {
      act()
    } catch (thrown) {
      this.#descriptor = null
      this.#tell(`the recording ends: ${messageOf(thrown)}. The watch goes on; name another file in PLIMSOLL_RECORD.`)
    }
  }
}

/** `file`, or where another process took it already, `file` with our number at its end. */
function openOwn(file: string): number {
  try {
    return openSync(file, 'wx')
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'EEXIST') throw thrown
    return openSync(`${file}.${process.pid}`, 'wx')
  }
}

function round(_key: string, value: unknown): unknown {
  return typeof value === 'number' ? Math.round(value * 1000) / 1000 : value
}
