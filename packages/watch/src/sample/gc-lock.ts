import { closeSync, openSync, statSync, unlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A holder that kept it longer than this has died with it: a provoked collection takes 200 ms at most. */
const STALE_MS = 2000

/** Lets one worker of a cluster collect at a time. Without a place for its file it answers yes: the budget still holds. */
export class GcLock {
  readonly #file: string | null

  /** `key` is shared by the workers of one primary; null for a process that has no siblings. */
  constructor(key: string | null) {
    this.#file = key === null ? null : join(tmpdir(), `plimsoll-gc-${key.replaceAll(/[^\w-]/g, '-')}.lock`)
  }

  /** Runs `act` unless a sibling is at it; tells whether it ran. */
  tryRun(act: () => void): boolean {
    if (this.#file === null) {
      act()
      return true
    }
    const hold = this.#take(this.#file, Date.now())
    if (hold === 'taken') return false
    try {
      act()
    } finally {
      if (hold === 'held') unlinkQuietly(this.#file)
    }
    return true
  }

  #take(file: string, nowMs: number): 'held' | 'taken' | 'unavailable' {
    try {
      closeSync(openSync(file, 'wx', 0o600))
      return 'held'
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code !== 'EEXIST') return 'unavailable'
    }
    try {
      if (nowMs - statSync(file).mtimeMs > STALE_MS) unlinkQuietly(file)
    } catch {
      // It was given back in between; the next try will find it free.
    }
    return 'taken'
  }
}

function unlinkQuietly(file: string): void {
  try {
    unlinkSync(file)
  } catch {
    // Gone already.
  }
}
