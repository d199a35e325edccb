import type { AllocationSite } from '../attribute/allocation-profile.ts'
import type { Frame } from '../attribute/stack.ts'

/** A site counts as retaining from so many birth windows on. */
const MIN_WINDOWS = 3
/** Part of the old windows that must still hold something. */
const MIN_LIVING_WINDOWS = 0.7
/** Functions that explain this much of what the best one explains are as good as it. */
const SAME_SHARE = 0.85

export interface RetainingSite {
  frame: Frame
  /** Part of all that survived its birth window which was allocated under this function, 0..1. */
  share: number
}

/**
 * Which functions retain? Those under which something from nearly every birth window is alive: garbage dies with its window, a
 * cache that turns over loses its oldest windows. The last window is left out, since nothing in it had time to die.
 * What is retained is often allocated in a helper, so shares are added up along the stacks, and of functions that explain
 * about the same the innermost is told first.
 */
export function findRetainingSites(sites: readonly AllocationSite[]): RetainingSite[] {
  const survivors = sites.map(({ stack, bytesByBirth }) => ({ stack, old: bytesByBirth.slice(0, -1) }))
  const total = survivors.reduce((sum, { old }) => sum + addUp(old), 0)
  if (total === 0) return []
  const byFrame = new Map<string, RetainingSite & { depth: number }>()
  for (const { stack, old } of survivors) {
    const livingCount = old.filter((bytes) => bytes > 0).length
    if (old.length < MIN_WINDOWS || livingCount < MIN_LIVING_WINDOWS * old.length) continue
    for (const [depth, frame] of distinct(stack).entries()) {
      const key = `${frame.script}:${frame.line}:${frame.column}`
      const known = byFrame.get(key) ?? { frame, share: 0, depth }
      byFrame.set(key, { ...known, share: known.share + addUp(old) / total, depth: Math.max(known.depth, depth) })
    }
  }
  const frames = [...byFrame.values()]
  const largest = Math.max(...frames.map(({ share }) => share))
  const isMain = ({ share }: RetainingSite) => share >= SAME_SHARE * largest
  return frames
    .sort(
      (left, right) =>
        Number(isMain(right)) - Number(isMain(left)) ||
        (isMain(left) ? left.depth - right.depth : right.share - left.share),
    )
    .map(({ frame, share }) => ({ frame, share }))
}

/** A function that calls itself counts once. */
function distinct(stack: readonly Frame[]): Frame[] {
  return stack.filter(
    ({ script, line, column }, index) =>
      stack.findIndex((other) => other.script === script && other.line === line && other.column === column) === index,
  )
}

function addUp(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0)
}
