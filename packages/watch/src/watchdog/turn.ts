import { closeSync, openSync, statSync, unlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Longer than any action may take: a holder that kept it so long has died with it. */
const staleMs = 45_000

/**
 * Lets one worker of a cluster act at a time: the first one's effect is seen before the next is touched. Without a place for its file
 * it answers yes, since an action that helps must not fail for want of a lock.
 */
export class Turn {
  readonly #file: string | null
  #isMine = false

  /** `key` is shared by the workers of one primary; null for a process that has no siblings. */
  constructor(key: string | null, folder = tmpdir()) {
    this.#file = key === null ? null : join(folder, `plimsoll-act-${key.replaceAll(/[^\w-]/g, '-')}.lock`)
  }

  /** Whether it is ours now; ask again later if not. */
  take(nowMs = Date.now()): boolean {
    if (this.#file === null || this.#isMine) return true
    try {
      closeSync(openSync(this.#file, 'wx', 0o600))
      this.#isMine = true
      return true
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code !== 'EEXIST') return true
    }
    try {
      if (nowMs - statSync(this.#file).mtimeMs > staleMs) unlinkSync(this.#file)
    } catch {
      // Given back in between: free at the next look.
    }
    return false
  }

  give(): void {
    if (this.#file === null || !this.#isMine) return
    this.#isMine = false
    try {
      unlinkSync(this.#file)
    } catch {
      // Taken for stale and removed.
    }
  }
}
