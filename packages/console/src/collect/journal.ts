import { MINUTE_MS, messageOf } from '@plimsoll/core'
import type { Identity, Sample } from '@plimsoll/core/wire'
import { appendFile, mkdir, readdir, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { HOT_MS, rowOf, type RowValues } from './series.ts'

/*
 * What a restart must not forget, and what no database needs: samples. One file for every five minutes; each entry stands in a
 * line of its own behind its checksum, so that a line that was torn by a crash is found and only it is lost.
 *
 *     1f0c93ab ["p",3,{"service":"web","instance":"web-2#4711-k3f9",…}]      who number 3 is, once in each file
 *     88d1e20c ["s",3,118,61234567,[1683727200000,2000,…]]                   a sample of number 3: batch, bounded bytes, row
 *     0b5f77e1 ["l",3,{"atMs":1683727200000,…}]                              its latest sample in full, once a minute
 *     41d7c0aa ["g","web-2#4711-k3f9"]                                       its end is expected, or came
 */

/** A file holds so much time, or so many bytes. */
const FILE_MS = 5 * MINUTE_MS
const MAX_FILE_BYTES = 32 * 1024 * 1024
/** What may wait for the disk; beyond it samples are dropped and counted, never the console. */
const MAX_WAITING_BYTES = 8 * 1024 * 1024
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
  process(identity: Identity): void
  row(instance: string, sequence: number, boundedBytes: number, row: RowValues): void
  latest(instance: string, sample: Sample): void
  /** What follows says nothing new of it. */
  retired(instance: string): void
}

type Entry =
  ['p', number, Identity] | ['s', number, number, number, (number | null)[]] | ['l', number, Sample] | ['g', string]

/** Appends samples to files and reads them back after a restart. Writing never delays who reports and never fails him. */
export class SampleJournal {
  readonly #options: JournalOptions
  #file: { path: string; startedAtMs: number; bytes: number } | null = null
  #numbers = new Map<string, number>()
  #fullAtMs = new Map<string, number>()
  #waiting: { path: string; lines: string[] }[] = []
  #waitingBytes = 0
  #writing: Promise<void> | null = null
  #isFailing = false
  /** Samples that found no room while the disk was slow or full. */
  droppedCount = 0

  constructor(options: JournalOptions) {
    this.#options = options
  }

  add(identity: Identity, sequence: number, sample: Sample, boundedBytes: number, nowMs: number): void {
    this.#turnPage(nowMs)
    const { instance } = identity
    let number = this.#numbers.get(instance)
    if (number === undefined) {
      this.#numbers.set(instance, (number = this.#numbers.size))
      this.#write(['p', number, identity])
    }
    this.#write([
      's',
      number,
      sequence,
      boundedBytes,
      rowOf(sample).map((value) => (Number.isNaN(value) ? null : value)),
    ])
    if (nowMs - (this.#fullAtMs.get(instance) ?? -Infinity) < FULL_EVERY_MS) return
    this.#fullAtMs.set(instance, nowMs)
    this.#write(['l', number, sample])
  }

  /** An instance's end is expected, or came. */
  retire(instance: string, nowMs: number): void {
    this.#turnPage(nowMs)
    this.#write(['g', instance])
  }

  /** Brings to disk what waits. To be called every second. */
  flush(): Promise<void> {
    if (this.#writing) return this.#writing
    const chunks = this.#waiting
    if (chunks.length === 0) return Promise.resolve()
    this.#waiting = []
    this.#waitingBytes = 0
    const append = async (): Promise<void> => {
      await mkdir(this.#options.dir, { recursive: true, mode: 0o700 })
      for (const { path, lines } of chunks) await appendFile(path, lines.join(''), { mode: 0o600 })
    }
    this.#writing = append()
      .then(
        () => void (this.#isFailing = false),
        (error: unknown) => {
          if (!this.#isFailing) this.#options.log(`Samples are not kept on disk for now: ${messageOf(error)}`)
          this.#isFailing = true
        },
      )
      .finally(() => (this.#writing = null))
    return this.#writing
  }

  async stop(): Promise<void> {
    await this.flush()
    await this.flush()
  }

  /** Tells a reader the last quarter of an hour. A line that is torn or was changed is left out. */
  async read(reader: JournalReader, nowMs: number): Promise<void> {
    for (const { path } of await this.#files()) {
      const text = await readFile(path, 'utf8').catch(() => '')
      const names = new Map<number, string>()
      for (const line of text.split('\n')) {
        const entry = parseLine(line)
        if (entry?.[0] === 'p') {
          names.set(entry[1], entry[2].instance)
          reader.process(entry[2])
        }
        if (entry?.[0] === 'g') reader.retired(entry[1])
        if (entry === null || entry[0] === 'g') continue
        const instance = names.get(entry[1])
        if (instance === undefined) continue
        if (entry[0] === 's' && entry[4][0]! > nowMs - HOT_MS) {
          reader.row(
            instance,
            entry[2],
            entry[3],
            Float64Array.from(entry[4], (value) => value ?? NaN),
          )
        } else if (entry[0] === 'l' && entry[2].atMs > nowMs - HOT_MS) reader.latest(instance, entry[2])
      }
    }
  }

  #turnPage(nowMs: number): void {
    const file = this.#file
    if (file && nowMs - file.startedAtMs < FILE_MS && file.bytes < MAX_FILE_BYTES) return
    this.#file = { path: join(this.#options.dir, `samples-${nowMs}.log`), startedAtMs: nowMs, bytes: 0 }
    this.#numbers = new Map()
    this.#fullAtMs = new Map()
    void this.flush().then(() => this.#makeRoom(nowMs))
  }

  #write(entry: Entry): void {
    const { path } = this.#file!
    const json = JSON.stringify(entry)
    const line = `${crc32(json).toString(16).padStart(8, '0')} ${json}\n`
    if (this.#waitingBytes + line.length > MAX_WAITING_BYTES) {
      this.droppedCount++
      return
    }
    if (this.#waiting.at(-1)?.path !== path) this.#waiting.push({ path, lines: [] })
    this.#waiting.at(-1)!.lines.push(line)
    this.#waitingBytes += line.length
    this.#file!.bytes += line.length
  }

  async #files(): Promise<{ path: string; startedAtMs: number }[]> {
    const names = await readdir(this.#options.dir).catch(() => [])
    return names
      .flatMap((name) => {
        const match = /^samples-(\d+)\.log$/.exec(name)
        return match ? [{ path: join(this.#options.dir, name), startedAtMs: Number(match[1]) }] : []
      })
      .sort((one, other) => one.startedAtMs - other.startedAtMs)
  }

  async #makeRoom(nowMs: number): Promise<void> {
    const files = await this.#files()
    const sizes = await Promise.all(
      files.map(({ path }) =>
        stat(path).then(
          ({ size }) => size,
          () => 0,
        ),
      ),
    )
    let total = sizes.reduce((sum, size) => sum + size, 0)
    for (const [index, { path, startedAtMs }] of files.entries()) {
      const isOld = startedAtMs < nowMs - HOT_MS - 2 * FILE_MS
      if (!isOld && total <= this.#options.maxBytes - MAX_FILE_BYTES) break
      if (path === this.#file?.path) break
      await rm(path, { force: true }).catch(() => {})
      total -= sizes[index]!
    }
  }
}

function parseLine(line: string): Entry | null {
  const json = line.slice(9)
  if (line.length < 10 || crc32(json).toString(16).padStart(8, '0') !== line.slice(0, 8)) return null
  return JSON.parse(json) as Entry
}
