/** How a worker's life ended, for the question when the next one may start. */
export interface Life {
  spanMs: number
  wasReady: boolean
}

/** A worker that served so long did not fall over its start. */
const SOUND_LIFE_MS = 30_000
const FIRST_WAIT_MS = 250
const MAX_WAIT_MS = 10_000

/** How long to wait before the next worker of a slot: not at all after a sound life, else twice as long each time. */
export function judgeRestartWaitMs(livesOfSlot: readonly Life[]): number {
  let shortCount = 0
  for (const life of livesOfSlot.toReversed()) {
    if (life.wasReady && life.spanMs >= SOUND_LIFE_MS) break
    shortCount++
  }
  // One fall is an accident: the slot is needed now.
  return shortCount <= 1 ? 0 : Math.min(FIRST_WAIT_MS * 2 ** (shortCount - 2), MAX_WAIT_MS)
}

/** Lives remembered a slot: enough to reach the longest wait. */
export const MAX_LIVES = 8
