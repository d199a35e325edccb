import { MINUTE_MS } from '@plimsoll/core'
import type { Identity, Sample } from '@plimsoll/core/wire'
import { LineLog } from './line-log.ts'
import { HOT_MS, rowOf, type RowValues } from './series.ts'

/*
 * What a restart must not forget, and what no database needs: samples. One file for every five minutes.
 *
 *     1f0c93ab ["p",3,{"service":"web","instance":"web-2#4711-k3f9",…}]      who number 3 is, once in each file; with a true behind it: it began again
 *     88d1e20c ["s",3,118,61234567,[1683727200000,2000,…]]                   a sample of number 3: batch, bounded bytes, row
 *     0b5f77e1 ["l",3,{"atMs":1683727200000,…}]                              its latest sample in full, once a minute
 *     41d7c0aa ["g","web-2#4711-k3f9"]                                       its end is expected, or came
 */

const FILE_MS = 5 * MINUTE_MS
const MAX_FILE_BYTES = 32 * 1024 * 1024
const FULL_EVERY_MS = MINUTE_MS

export interface JournalOptions {
  /** Folder of its own. */
  dir: string
  /** For all files together; the oldest go first. */
  maxBytes: number
  log: (line: string) => void
}

/** What a journal remembers, in the order in which it happened. */
export interface JournalReader {
  /** @param isAgain what came before was of another life under the same name */
  process(identity: Identity, isAgain: boolean): void
  row(instance: string, sequence: number, boundedBytes: number, row: RowValues): void
  latest(instance: string, sample: Sample): void
  /** What follows says nothing new of it. */
  retired(instance: string): void
}

type Entry =
  | ['p', number, Identity, true?]
  | ['s', number, number, number, (number | null)[]]
  | ['l', number, Sample]
  | ['g', string]

/** Appends samples to files and reads them back after a restart. */
export class SampleJournal {
  readonly #log: LineLog
  #numbers = new Map<string, number>()
  #nextNumber = 0
  #fullAtMs = new Map<string, number>()

  constructor({ dir, maxBytes, log }: JournalOptions) {
    const bounds = { fileMs: FILE_MS, maxFileBytes: MAX_FILE_BYTES, keepMs: HOT_MS + 2 * FILE_MS, maxBytes }
    this.#log = new LineLog({ dir, name: 'samples', ...bounds, log })
  }

  /** Samples that found no room while the disk was slow or full. */
  get droppedCount(): number {
    return this.#log.droppedCount
  }

  add(identity: Identity, sequence: number, sample: Sample, boundedBytes: number, nowMs: number): void {
    this.#turnPage(nowMs)
    const { instance } = identity
    const number = this.#numbers.get(instance) ?? this.#introduce(identity)
    const row = rowOf(sample).map((value) => (Number.isNaN(value) ? null : value))
    this.#write(['s', number, sequence, boundedBytes, row])
    if (nowMs - (this.#fullAtMs.get(instance) ?? -Infinity) < FULL_EVERY_MS) return
    this.#fullAtMs.set(instance, nowMs)
    this.#write(['l', number, sample])
  }

  /** Who starts again under the name it had has nothing to do with what it was. */
  beginAgain(identity: Identity, nowMs: number): void {
    this.#turnPage(nowMs)
    this.#introduce(identity, true)
  }

  /** An instance's end is expected, or came. */
  retire(instance: string, nowMs: number): void {
    this.#turnPage(nowMs)
    this.#write(['g', instance])
  }

  /** Brings to disk what waits. To be called every second. */
  flush(): Promise<void> {
    return this.#log.flush()
  }

  stop(): Promise<void> {
    return this.#log.stop()
  }

  /** Tells a reader the last quarter of an hour. A line that is torn or was changed is left out. */
  read(reader: JournalReader, nowMs: number): Promise<void> {
    return this.#log.read<Entry>((entries) => {
      const names = new Map<number, string>()
      for (const entry of entries) {
        if (entry[0] === 'p') {
          names.set(entry[1], entry[2].instance)
          reader.process(entry[2], entry[3] ?? false)
        }
        if (entry[0] === 'g') reader.retired(entry[1])
        if (entry[0] === 'g') continue
        const instance = names.get(entry[1])
        if (instance === undefined) continue
        if (entry[0] === 's' && entry[4][0]! > nowMs - HOT_MS) {
          const row = Float64Array.from(entry[4], (value) => value ?? NaN)
          reader.row(instance, entry[2], entry[3], row)
        } else if (entry[0] === 'l' && entry[2].atMs > nowMs - HOT_MS) reader.latest(instance, entry[2])
      }
    })
  }

  #introduce(identity: Identity, ...isAgain: [true?]): number {
    const number = this.#nextNumber++
    this.#numbers.set(identity.instance, number)
    this.#fullAtMs.delete(identity.instance)
    this.#write(['p', number, identity, ...isAgain])
    return number
  }

  #turnPage(nowMs: number): void {
    if (!this.#log.turnPage(nowMs)) return
    this.#numbers = new Map()
    this.#nextNumber = 0
    this.#fullAtMs = new Map()
  }

  #write(entry: Entry): void {
    this.#log.write(entry)
  }
}
