import { messageOf, type Clock } from '@plimsoll/core'
import {
  batchPath,
  MAX_BATCH_BYTES,
  parseBatchReply,
  WIRE_VERSION,
  type Batch,
  type Command,
  type CommandResult,
  type Farewell,
  type Identity,
  type Sample,
  type Signal,
} from '@plimsoll/core/wire'
import { postJson } from './post-json.ts'

/** What waits while the console is away: ten minutes of samples; the oldest goes first. Signals and results outlive samples. */
const MAX_WAITING_SAMPLES = 300
const MAX_WAITING_SIGNALS = 100
const MAX_WAITING_RESULTS = 100
const MAX_SAMPLES_PER_BATCH = 60
const MAX_BACK_OFF_MS = 30_000
/** A post that is under way may finish before the farewell overtakes it; an end does not wait longer. */
const FAREWELL_PATIENCE_MS = 150

export interface HttpReporterOptions {
  consoleUrl: string
  /** Asked before every post, so that a renewed token is found. The token is never logged. */
  readToken(): string | null
  identity(): Identity
  clock: Clock
  /** One plain sentence for the terminal; the same trouble is told once. */
  tell(sentence: string): void
}

/**
 * Posts batches to the console and brings back its commands. A batch that was not answered is posted again unchanged, under
 * the same sequence, so nothing is counted twice and no signal is lost while there is room to keep it.
 */
export class HttpReporter {
  readonly #options: HttpReporterOptions
  #samples: Sample[] = []
  #signals: Signal[] = []
  #results: CommandResult[] = []
  #unanswered: Batch | null = null
  #sequence = 0
  #posting: Promise<Command[]> | null = null
  #failureCount = 0
  #notBeforeMs = 0
  #toldTrouble: string | null = null
  #lastAnswerAtMs: number | null = null

  constructor(options: HttpReporterOptions) {
    this.#options = options
  }

  addSample(sample: Sample): void {
    push(this.#samples, sample, MAX_WAITING_SAMPLES)
  }

  addSignal(signal: Signal): void {
    push(this.#signals, signal, MAX_WAITING_SIGNALS)
  }

  addResult(result: CommandResult): void {
    push(this.#results, result, MAX_WAITING_RESULTS)
  }

  /** Signals and results that wait. */
  get waitingCount(): number {
    return this.#signals.length + this.#results.length
  }

  /** Monotonic time of the console's latest answer; null before the first. */
  get lastAnswerAtMs(): number | null {
    return this.#lastAnswerAtMs
  }

  /** Posts what waits and answers the console's commands: none when it is away, or while an earlier post is under way. */
  async post(): Promise<Command[]> {
    if (this.#posting || this.#options.clock.monotonicMs() < this.#notBeforeMs) return []
    this.#posting = this.#postNow().finally(() => (this.#posting = null))
    return this.#posting
  }

  /** Says once, with what still waits, that this instance ends. Never rejects: nobody is left who could do anything about it. */
  async sayFarewell(farewell: Farewell): Promise<void> {
    const { clock } = this.#options
    if (this.#posting) {
      await Promise.race([
        this.#posting,
        new Promise<void>((resolve) => void clock.after(FAREWELL_PATIENCE_MS, resolve)),
      ])
    }
    // A batch that was not answered may have arrived: it goes again under its number, and the farewell counts in any case.
    const batch = { ...(this.#unanswered ?? this.#nextBatch()), farewell }
    await this.#send(batch).catch(() => {})
  }

  async #postNow(): Promise<Command[]> {
    const { clock } = this.#options
    try {
      const batch = (this.#unanswered ??= this.#nextBatch())
      const { status, body } = await this.#send(batch)
      if (status === 400 || status === 413) {
        // The console will never take this one; keeping it would stop all that follow.
        this.#unanswered = null
        throw new Error(`it refused a batch with status ${status}: ${body.slice(0, 200)}`)
      }
      if (status === 401 || status === 403) {
        const fault = this.#options.readToken() === null ? 'asks for a token, and none was found' : 'refused our token'
        throw new Error(`it ${fault} (status ${status}); check --token-file or PLIMSOLL_TOKEN_FILE`)
      }
      if (status !== 200) throw new Error(`it answered with status ${status}`)
      this.#unanswered = null
      const { commands } = parseBatchReply(JSON.parse(body))
      this.#failureCount = 0
      this.#lastAnswerAtMs = clock.monotonicMs()
      if (this.#toldTrouble !== null) this.#tellOnce(null, `The console at ${this.#options.consoleUrl} answers again.`)
      return commands
    } catch (thrown) {
      this.#failureCount++
      this.#notBeforeMs =
        clock.monotonicMs() + Math.min(MAX_BACK_OFF_MS, 1000 * 2 ** Math.min(5, this.#failureCount - 1))
      const trouble = messageOf(thrown)
      this.#tellOnce(
        trouble,
        `The console at ${this.#options.consoleUrl} is not reached: ${trouble}. Trying on; the watch goes on without it.`,
      )
      return []
    }
  }

  #send(batch: Batch): Promise<{ status: number; body: string }> {
    const { consoleUrl, readToken, clock } = this.#options
    const token = readToken()
    const headers: Record<string, string> = token === null ? {} : { authorization: `Bearer ${token}` }
    return postJson(new URL(consoleUrl + batchPath), JSON.stringify(batch), { clock, headers })
  }

  #nextBatch(): Batch {
    const batch: Batch = {
      version: WIRE_VERSION,
      from: this.#options.identity(),
      sequence: ++this.#sequence,
      samples: this.#samples.splice(0, MAX_SAMPLES_PER_BATCH),
      signals: this.#signals.splice(0),
      results: this.#results.splice(0),
    }
    while (batch.samples.length > 1 && JSON.stringify(batch).length > MAX_BATCH_BYTES / 2)
      batch.samples.splice(0, batch.samples.length >> 1)
    return batch
  }

  #tellOnce(trouble: string | null, sentence: string): void {
    if (trouble === this.#toldTrouble) return
    this.#toldTrouble = trouble
    this.#options.tell(sentence)
  }
}

function push<T>(list: T[], item: T, maxCount: number): void {
  list.push(item)
  if (list.length > maxCount) list.shift()
}
