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
  /** Birth windows of which something is alive. */
  livingCount: number
}

/**
 * Which functions retain? Those under which something from nearly every birth window is alive: garbage dies with its window, a
 * cache that turns over loses its oldest windows. The last window is left out, since nothing in it had time to die.
 * What is retained is often allocated in a helper, so it is added up along the stacks, and of functions that explain about the
 * same the innermost is told first.
 */
export function findRetainingSites(sites: readonly AllocationSite[]): RetainingSite[] {
  const gathered = gatherByFrame(sites)
  const total = sites.reduce((sum, { bytesByBirth }) => sum + addUp(bytesByBirth.slice(0, -1)), 0)
  const retaining = [...gathered.values()].flatMap(({ frame, depth, old }) => {
    const livingCount = old.filter((bytes) => bytes > 0).length
    const isRetaining = old.length >= MIN_WINDOWS && livingCount >= MIN_LIVING_WINDOWS * old.length
    return isRetaining ? [{ frame, depth, livingCount, share: addUp(old) / total }] : []
  })
  const largest = Math.max(...retaining.map(({ share }) => share))
  const [main, others] = [
    retaining.filter(({ share }) => share >= SAME_SHARE * largest).sort((left, right) => left.depth - right.depth),
    retaining.filter(({ share }) => share < SAME_SHARE * largest).sort((left, right) => right.share - left.share),
  ]
  return [...main, ...others].map(({ frame, share, livingCount }) => ({ frame, share, livingCount }))
}

interface Gathered {
  frame: Frame
  /** How far out of the stack it stands at most. */
  depth: number
  old: number[]
}

function gatherByFrame(sites: readonly AllocationSite[]): Map<string, Gathered> {
  const byFrame = new Map<string, Gathered>()
  for (const { stack, bytesByBirth } of sites) {
    const old = bytesByBirth.slice(0, -1)
    for (const [depth, frame] of distinct(stack).entries()) {
      const key = `${frame.script}:${frame.line}:${frame.column}`
      const known = byFrame.get(key) ?? { frame, depth, old: old.map(() => 0) }
      byFrame.set(key, {
        frame,
        depth: Math.max(known.depth, depth),
        old: known.old.map((bytes, window) => bytes + (old[window] ?? 0)),
      })
    }
  }
  return byFrame
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
