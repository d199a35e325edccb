/** The first walks, in seconds after the start: what a service sets up lazily is there after its first requests. */
const FIRST_WALKS = [2, 8, 20]
/** Afterwards a calm process is walked when it has grown since the last time, a minute after that at the soonest … */
const MIN_CALM_GAP = 60
/** … or when that is this long ago: what is let go as fast as it comes moves to other variables without growing. */
const MAX_CALM_GAP = 600
/** While memory grows that no known collection explains: at once, and then ever less often, since each walk finds less that is new. */
const MIN_CLOSE_GAP = 15
/** While something grows that only a walk can count. */
const EAGER_GAP = 5
/** A walk that took longer is not made that often. */
const MAX_EAGER_WORK_MS = 100
/** Part of the time that walks may take, whatever else is said: it is the service's time. */
const CALM_SHARE = 0.0005
const CLOSE_SHARE = 0.005
/** Walks at the begin of a suspicion that may take more: it would be over before a large service was walked at all. */
const FREE_WALKS = 2

/** Why one would look closer. */
export interface Closeness {
  /** Something grows that no known collection explains. */
  isUnexplained: boolean
  /** Something grows that only a walk can count. */
  wantsWalks: boolean
  /** There is more than at the last walk, see {@link WalkNeed}. */
  hasGrown: boolean
}

/** When to look for collections again. Pure: time comes in with every call, in seconds since the start. */
export class WalkPace {
  #firstCount = 0
  #lastAt = -Infinity
  #workedMs = 0
  #closeSince: number | null = null
  #closeCount = 0

  /** To be called every second. */
  isDue(second: number, { isUnexplained, wantsWalks, hasGrown }: Closeness): boolean {
    if (!isUnexplained) this.#closeSince = null
    else if (this.#closeSince === null) {
      this.#closeSince = second
      this.#closeCount = 0
    }
    const nextFirst = FIRST_WALKS[this.#firstCount]
    if (nextFirst !== undefined && second >= nextFirst) {
      this.#firstCount++
      return true
    }
    const gap = second - this.#lastAt
    if (wantsWalks && this.#workedMs <= MAX_EAGER_WORK_MS) return gap >= EAGER_GAP
    if (this.#closeSince !== null && this.#closeCount < FREE_WALKS) return gap >= MIN_CLOSE_GAP
    const isClose = this.#closeSince !== null
    if (gap < this.#workedMs / 1000 / (isClose ? CLOSE_SHARE : CALM_SHARE)) return false
    if (this.#closeSince !== null) return gap >= Math.max(MIN_CLOSE_GAP, (second - this.#closeSince) / 2)
    return nextFirst === undefined && gap >= (hasGrown ? MIN_CALM_GAP : MAX_CALM_GAP)
  }

  /** After a walk, with the processor time that it took. */
  note(second: number, workedMs: number): void {
    this.#lastAt = second
    if (this.#closeSince !== null) this.#closeCount++
    this.#workedMs = workedMs
  }
}
