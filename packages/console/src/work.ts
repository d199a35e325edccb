import { messageOf } from '@plimsoll/core'

/** Work that runs beside the loop. A failure is told and never ends the console; the next look tries again. */
export class Work {
  readonly #log: (line: string) => void
  readonly #running = new Set<Promise<unknown>>()
  #lastFailure = ''

  constructor(log: (line: string) => void) {
    this.#log = log
  }

  track(work: Promise<unknown>): void {
    const tracked = work
      .then(
        () => (this.#lastFailure = ''),
        (error: unknown) => this.#tell(messageOf(error)),
      )
      .finally(() => this.#running.delete(tracked))
    this.#running.add(tracked)
  }

  /** Resolves when nothing runs any more, what was begun meanwhile included. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running)
  }

  /** A store that is down fails every second; that is told once. */
  #tell(failure: string): void {
    if (failure === this.#lastFailure) return
    this.#lastFailure = failure
    this.#log(`Something failed and will be tried again: ${failure}`)
  }
}
