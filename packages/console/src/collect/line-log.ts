import { messageOf } from '@plimsoll/core'
import { appendFile, mkdir, readdir, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'

export interface LineLogOptions {
  /** Folder; may hold logs of other names. */
  dir: string
  /** Files are called `NAME-<begin>.log`. */
  name: string
  /** A file holds so much time, or so many bytes. */
  fileMs: number
  maxFileBytes: number
  /** A file that began so long ago goes. */
  keepMs: number
  /** For all files together; the oldest go first. */
  maxBytes: number
  log: (line: string) => void
}

/** What may wait for the disk; beyond it lines are dropped and counted, never the console. */
const MAX_WAITING_BYTES = 8 * 1024 * 1024

/**
 * Entries as JSON, one a line behind its checksum, so that a line that was torn by a crash is found and only it is lost. Writing
 * never delays who has something to say and never fails him.
 */
export class LineLog {
  readonly #options: LineLogOptions
  #file: { path: string; startedAtMs: number; bytes: number } | null = null
  #waiting: { path: string; lines: string[] }[] = []
  #waitingBytes = 0
  #writing: Promise<void> | null = null
  #isFailing = false
  /** Lines that found no room while the disk was slow or full. */
  droppedCount = 0

  constructor(options: LineLogOptions) {
    this.#options = options
  }

  /** To be called before entries are written; answers whether a new file begins, which knows nothing of those before. */
  turnPage(nowMs: number): boolean {
    const { fileMs, maxFileBytes, dir, name } = this.#options
    const file = this.#file
    if (file && nowMs - file.startedAtMs < fileMs && file.bytes < maxFileBytes) return false
    this.#file = { path: join(dir, `${name}-${nowMs}.log`), startedAtMs: nowMs, bytes: 0 }
    void this.flush().then(() => this.#makeRoom(nowMs))
    return true
  }

  write(entry: unknown): void {
    const { path } = this.#file!
    const json = JSON.stringify(entry)
    const line = `${checksumOf(json)} ${json}\n`
    if (this.#waitingBytes + line.length > MAX_WAITING_BYTES) {
      this.droppedCount++
      return
    }
    if (this.#waiting.at(-1)?.path !== path) this.#waiting.push({ path, lines: [] })
    this.#waiting.at(-1)!.lines.push(line)
    this.#waitingBytes += line.length
    this.#file!.bytes += line.length
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

  /** Tells the files one after the other, the oldest first, each with its entries in the order they were written. */
  async read<Entry>(take: (entries: Iterable<Entry>) => void): Promise<void> {
    for (const { path } of await this.#files()) {
      const text = await readFile(path, 'utf8').catch(() => '')
      take(parseLines<Entry>(text))
    }
  }

  async #files(): Promise<{ path: string; startedAtMs: number }[]> {
    const { dir, name } = this.#options
    const names = await readdir(dir).catch(() => [])
    return names
      .flatMap((file) => {
        const startedAtMs = file.startsWith(`${name}-`)
          ? /^(\d+)\.log$/.exec(file.slice(name.length + 1))?.[1]
          : undefined
        return startedAtMs === undefined ? [] : [{ path: join(dir, file), startedAtMs: Number(startedAtMs) }]
      })
      .sort((one, other) => one.startedAtMs - other.startedAtMs)
  }

  async #makeRoom(nowMs: number): Promise<void> {
    const { keepMs, maxBytes, maxFileBytes } = this.#options
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
      if (startedAtMs >= nowMs - keepMs && total <= maxBytes - maxFileBytes) break
      if (path === this.#file?.path) break
      await rm(path, { force: true }).catch(() => {})
      total -= sizes[index]!
    }
  }
}

function* parseLines<Entry>(text: string): Iterable<Entry> {
  for (const line of text.split('\n')) {
    const json = line.slice(9)
    if (line.length >= 10 && checksumOf(json) === line.slice(0, 8)) yield JSON.parse(json) as Entry
  }
}

function checksumOf(json: string): string {
  return crc32(json).toString(16).padStart(8, '0')
}
