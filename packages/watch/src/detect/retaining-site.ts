import type { AllocationSite } from '../attribute/allocation-profile.ts'
import type { Frame } from '../attribute/stack.ts'

/** A site counts as retaining from so many birth windows on. */
const MIN_WINDOWS = 3
/** A window of which less than this part of the average is alive holds what anybody leaves behind. */
const MIN_LIVING_PART = 0.1
/** Part of the old windows that must still hold something. */
const MIN_LIVING_WINDOW_SHARE = 0.7
/** Birth windows of which something must be alive for a site to count as proof beside a floor that rises. */
export const MIN_LIVING_WINDOWS = 5
/** Functions that explain this much of what the best one explains are as good as it. */
const SAME_SHARE = 0.85

export interface RetainingSite {
  frame: Frame
  /** The function it called when most of that was allocated; null when it allocated itself, or nobody knows its name. */
  callee?: string | null
  /** The host's own function that led into a package's, and the one that it called; absent where the site is the host's own. */
  ledBy?: { frame: Frame; callee: string | null }
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
  const retaining = [...gathered.values()].flatMap(({ frame, depth, old, callees, ledBy }) => {
    const least = (MIN_LIVING_PART * addUp(old)) / old.length
    const livingCount = old.filter((bytes) => bytes > 0 && bytes >= least).length
    const isRetaining = old.length >= MIN_WINDOWS && livingCount >= MIN_LIVING_WINDOW_SHARE * old.length
    const callee = mostOf(callees)
    return isRetaining
      ? [{ frame, depth, livingCount, callee, share: addUp(old) / total, ...(ledBy && { ledBy }) }]
      : []
  })
  const largest = Math.max(...retaining.map(({ share }) => share))
  const [main, others] = [
    retaining.filter(({ share }) => share >= SAME_SHARE * largest).sort((left, right) => left.depth - right.depth),
    retaining.filter(({ share }) => share < SAME_SHARE * largest).sort((left, right) => right.share - left.share),
  ]
  return [...main, ...others].map(({ depth: _, ...site }) => site)
}

interface Gathered {
  frame: Frame
  /** How far out of the stack it stands at most. */
  depth: number
  old: number[]
  ledBy: RetainingSite['ledBy']
  /** Bytes by the name of the next function inwards. */
  callees: Map<string | null, number>
}

function gatherByFrame(sites: readonly AllocationSite[]): Map<string, Gathered> {
  const byFrame = new Map<string, Gathered>()
  const between = framesBetween(sites)
  for (const { stack, bytesByBirth } of sites) {
    const old = bytesByBirth.slice(0, -1)
    const frames = distinct(putBackInlined(stack, between))
    for (const [depth, frame] of frames.entries()) {
      const key = keyOf(frame)
      const known = byFrame.get(key) ?? {
        frame,
        depth,
        old: old.map(() => 0),
        callees: new Map(),
        // Of several, what the largest site shows: they come in that order.
        ledBy: findLeader(frames, depth),
      }
      const callee = frames[depth - 1]?.functionName ?? null
      known.callees.set(callee, (known.callees.get(callee) ?? 0) + addUp(old))
      byFrame.set(key, {
        frame,
        callees: known.callees,
        ledBy: known.ledBy,
        depth: Math.max(known.depth, depth),
        old: known.old.map((bytes, window) => bytes + (old[window] ?? 0)),
      })
    }
  }
  return byFrame
}

/** From a package's function outwards, the first of the host's own. */
function findLeader(stack: readonly Frame[], depth: number): RetainingSite['ledBy'] {
  if (!isInPackage(stack[depth]!)) return undefined
  const at = stack.findIndex((frame, index) => index > depth && !isInPackage(frame))
  return at < 0 ? undefined : { frame: stack[at]!, callee: stack[at - 1]!.functionName }
}

const isInPackage = ({ script }: Frame): boolean => /[\\/]node_modules[\\/]/.test(script)

/** For two functions, what stood between them in some stack. */
function framesBetween(sites: readonly AllocationSite[]): Map<string, readonly Frame[]> {
  const between = new Map<string, readonly Frame[]>()
  for (const { stack } of sites) {
    for (const [inner, callee] of stack.entries()) {
      for (let outer = inner + 2; outer < stack.length; outer++) {
        const pair = `${keyOf(callee)} ${keyOf(stack[outer]!)}`
        if (!between.has(pair)) between.set(pair, stack.slice(inner + 1, outer))
      }
    }
  }
  return between
}

/**
 * V8 tells no frame for a function it has compiled into its caller, so a busy function vanishes from the stacks after a while.
 * What an older stack shows between the same two functions is put back.
 */
function putBackInlined(stack: readonly Frame[], between: ReadonlyMap<string, readonly Frame[]>): Frame[] {
  return stack.flatMap((frame, index) => {
    const caller = stack[index + 1]
    return caller ? [frame, ...(between.get(`${keyOf(frame)} ${keyOf(caller)}`) ?? [])] : [frame]
  })
}

/** A function that calls itself counts once. */
function distinct(stack: readonly Frame[]): Frame[] {
  return stack.filter((frame, index) => stack.findIndex((other) => keyOf(other) === keyOf(frame)) === index)
}

function keyOf({ script, line, column }: Frame): string {
  return `${script}:${line}:${column}`
}

function mostOf(callees: ReadonlyMap<string | null, number>): string | null {
  return [...callees].sort((left, right) => right[1] - left[1])[0]?.[0] ?? null
}

function addUp(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0)
}
