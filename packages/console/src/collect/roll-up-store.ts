import { DAY_MS, HOUR_MS } from '@plimsoll/core'
import { LineLog } from './line-log.ts'
import { ROLL_UP_KEEP_MS, type RollUpValues } from './roll-up.ts'

const FILE_MS = 6 * HOUR_MS
const MAX_FILE_BYTES = 16 * 1024 * 1024

export interface RollUpStoreOptions {
  /** Folder; may be that of the samples. */
  dir: string
  /** For all files together; the oldest go first. */
  maxBytes: number
  log: (line: string) => void
}

/** `["n",3,"web-2#4711-k3f9"]` tells who number 3 is, once in each file; `["r",3,[…]]` is ten minutes of it. */
type Entry = ['n', number, string] | ['r', number, RollUpValues]

/** Keeps a week of roll-ups in files, a few bytes for ten minutes of a process: what days are judged by, restarts or not. */
export class RollUpStore {
  readonly #log: LineLog
  #numbers = new Map<string, number>()

  constructor({ dir, maxBytes, log }: RollUpStoreOptions) {
    const bounds = { fileMs: FILE_MS, maxFileBytes: MAX_FILE_BYTES, keepMs: ROLL_UP_KEEP_MS + DAY_MS, maxBytes }
    this.#log = new LineLog({ dir, name: 'roll-ups', ...bounds, log })
  }

  add(instance: string, rollUp: RollUpValues, nowMs: number): void {
    if (this.#log.turnPage(nowMs)) this.#numbers = new Map()
    let number = this.#numbers.get(instance)
    if (number === undefined) {
      this.#numbers.set(instance, (number = this.#numbers.size))
      this.#log.write(['n', number, instance] satisfies Entry)
    }
    this.#log.write(['r', number, rollUp] satisfies Entry)
  }

  /** Tells what is kept, instance by instance in order of time. */
  read(take: (instance: string, rollUp: RollUpValues) => void): Promise<void> {
    return this.#log.read<Entry>((entries) => {
      const names = new Map<number, string>()
      for (const entry of entries) {
        if (entry[0] === 'n') names.set(entry[1], entry[2])
        else if (names.has(entry[1])) take(names.get(entry[1])!, entry[2])
      }
    })
  }

  flush(): Promise<void> {
    return this.#log.flush()
  }

  stop(): Promise<void> {
    return this.#log.stop()
  }
}
