import { judgePlateau, mannKendall, theilSen, type Line, type Point } from '@plimsoll/core/trend'
import type { Floor } from '../sample/floor-gauge.ts'
import type { Detector, Finding, View } from './detector.ts'
import { MIN_SHARE, weighHolders, type HolderEvidence, type Horizon } from './holder-evidence.ts'
import { holdersInStep } from './in-step.ts'
import { risesWithItsTotal, shareBesidesLoad } from './load-share.ts'
import { MIN_LIVING_WINDOWS, type RetainingSite } from './retaining-site.ts'
import { HORIZON_MS, LEAST_FULL_SHARE, timeToLimit } from './time-to-limit.ts'

/**
 * Is the heap's floor a leak?
 *
 * The floor is what stays after a full collection, without what budgeted caches hold of the heap by their own count. A leak is a floor
 * that rises (Mann–Kendall), that refuses to bend into a plateau over three successive spans, by time and by requests, and
 * that meets the limit within the horizon. That alone cannot tell a leak from a cache that fills, so what is known about
 * the collections behind the growth decides how much proof is asked for:
 *
 *   endless   a collection explains the growth, grows straight, and no code takes entries out: proven soon
 *   open      … but its code could: a little longer
 *   likely    no collection explains it, but all that is allocated in one place stays; or one that each change makes anew: longer
 *   tended    a collection explains it that is kept in bounds by its code, by a count or a timer: long
 *   unknown   no collection explains it: longest
 *   ending    a collection with a bound not reached, or one that lets go, explains it: not a leak, however steep
 *
 * `Proof.stretch` is how far ahead a window may speak: with 12, one minute of growth accuses what would sink within twelve.
 * `longestMs` is the window after which any distance within the horizon may be spoken of.
 */
interface Proof {
  minFloors: number
  minWindowMs: number
  stretch: number
  longestMs: number
  minLastToLargest: number
}
const proofs: Record<'endless' | 'open' | 'likely' | 'tended' | 'unknown', Proof> = {
  endless: { minFloors: 3, minWindowMs: 10_000, stretch: 12, longestMs: 15 * 60_000, minLastToLargest: 0.4 },
  open: { minFloors: 8, minWindowMs: 30_000, stretch: 11, longestMs: 45 * 60_000, minLastToLargest: 0.6 },
  likely: { minFloors: 8, minWindowMs: 30_000, stretch: 9, longestMs: 45 * 60_000, minLastToLargest: 0.6 },
  tended: { minFloors: 8, minWindowMs: 30_000, stretch: 4, longestMs: 60 * 60_000, minLastToLargest: 0.65 },
  unknown: { minFloors: 10, minWindowMs: 40_000, stretch: 3.5, longestMs: 90 * 60_000, minLastToLargest: 0.65 },
}

const MIN_TAU = 0.6
const MIN_SPANS = 3
const MAX_P = 0.02
/** Smallest growth that is spoken of, in bytes and as a share of the room there was. */
const MIN_GROWTH_BYTES = 1024 * 1024
const MIN_GROWTH_SHARE = 0.02
/**
 * Part of the growth along the line that must be there at its end: most floors are from when it grew fast, so the line through all of them
 * still rises when what had grown was freed, or has stood still for long.
 */
const MIN_STAYING_SHARE = 0.5
/** A floor that came by itself speaks where no provoked one is nearer than this. */
const ALONE_MS = 6000
/** Less growth than this for an entry does not hang on it. */
const MIN_BYTES_IN_STEP = 256
/** `stretch` while more and more requests come, and nobody can tell what each leaves from what is held for those under way. */
const WHILE_LOAD_RISES = 4
/** Part of the growth that must be left when what goes with the load is taken out. */
const MIN_BESIDES_LOAD = 0.5
/** `sinking`: this near to the limit, by share of it or by time. */
const SINKING_SHARE = 0.78
const SINKING_MS = 45_000
/** Windows tried, each shorter than the last by this factor: what began lately is not drowned by a calm hour. */
const WINDOW_FACTOR = 0.66

export const heapFloor: Detector = {
  name: 'heap-floor',
  memory: 'heap',
  basis: 'floor',
  judge: (view) =>
    judgeFloor(view, 'heap', ({ heapBytes, budgetedBytes }) => heapBytes - budgetedBytes, view.heapLimitBytes),
}

const rank = { growing: 1, leaking: 2, sinking: 3 } as const

/** The gravest finding over all windows that end now. `kept` is the line of which growth is judged. */
export function judgeFloor(
  view: View,
  memory: 'heap' | 'external',
  kept: (floor: Floor) => number,
  limitBytes: number,
): Finding | null {
  const trusted = trustedFloors(view.floors)
  const floors = memory === 'external' ? lowestOfEach(trusted, 3) : trusted
  let gravest: Finding | null = null
  for (const window of windowsOf(floors)) {
    const finding = judgeWindow(view, window, memory, kept, limitBytes)
    if (finding && (!gravest || rankOf(finding) > rankOf(gravest))) gravest = finding
  }
  return gravest
}

function rankOf({ verdict }: Finding): number {
  return rank[verdict as keyof typeof rank] ?? 0
}

/** Collections that V8 began by itself leave what died while it marked: they count only where none was provoked for long. */
function trustedFloors(floors: readonly Floor[]): readonly Floor[] {
  const provoked = floors.filter(({ isProvoked }) => isProvoked)
  if (provoked.length < 5) return floors
  let next = 0
  return floors.filter((floor) => {
    if (floor.isProvoked) return true
    while (next < provoked.length && provoked[next]!.atMs < floor.atMs) next++
    const before = provoked[next - 1]?.atMs ?? -Infinity
    const after = provoked[next]?.atMs ?? Infinity
    return floor.atMs - before > ALONE_MS && after - floor.atMs > ALONE_MS
  })
}

/** WebAssembly memory that grows is there twice until its old copy is collected: the lowest of a few floors is what stays. */
function lowestOfEach(floors: readonly Floor[], count: number): readonly Floor[] {
  const lowest: Floor[] = []
  // From the newest, so that the last group is whole.
  for (let end = floors.length; end >= count; end -= count) {
    const group = floors.slice(end - count, end)
    lowest.unshift(group.reduce((left, right) => (right.externalBytes <= left.externalBytes ? right : left)))
  }
  return lowest
}

function* windowsOf(floors: readonly Floor[]): Generator<readonly Floor[]> {
  const last = floors.at(-1)
  if (!last) return
  let spanMs = last.atMs - floors[0]!.atMs
  let previousLength = Infinity
  while (spanMs >= 8000) {
    const window = floors.filter(({ atMs }) => atMs >= last.atMs - spanMs)
    if (window.length < 3) return
    if (window.length < previousLength) yield window
    previousLength = window.length
    spanMs *= WINDOW_FACTOR
  }
}

function judgeWindow(
  view: View,
  window: readonly Floor[],
  memory: 'heap' | 'external',
  kept: (floor: Floor) => number,
  limitBytes: number,
): Finding | null {
  const first = window[0]!
  const last = window.at(-1)!
  const windowMs = last.atMs - first.atMs
  const byTime = window.map((floor): Point => [floor.atMs, kept(floor)])
  const trend = mannKendall(byTime.map(([, bytes]) => bytes))
  if (trend.tau < MIN_TAU) return null
  const line = theilSen(byTime)
  const growthBytes = line.slope * windowMs
  const currentBytes = memory === 'heap' ? last.heapBytes : last.externalBytes
  const room = limitBytes - (currentBytes - growthBytes)
  if (growthBytes < Math.max(MIN_GROWTH_BYTES, MIN_GROWTH_SHARE * room)) return null
  if (kept(last) - kept(first) < MIN_STAYING_SHARE * growthBytes) return null
  const limit = timeToLimit(currentBytes, limitBytes, line)
  if (limit.estimateMs > HORIZON_MS) return null
  const soonest = memory === 'heap' ? timeToLimit(currentBytes, LEAST_FULL_SHARE * limitBytes, line) : limit

  const horizon = { nowMs: view.nowMs, limitAtMs: view.nowMs + limit.estimateMs }
  const evidence = weighHolders(view.holders, memory, first.atMs - 1000, growthBytes, horizon)
  const weighed = evidence.filter(({ share }) => share >= MIN_SHARE)
  const explaining = weighed.length > 0 ? weighed : inStep(view, byTime, horizon)
  const fate = fateOf(explaining, memory === 'heap' ? view.retaining : [])
  // Few floors may rise by chance. A collection that was seen to grow in step, entry by entry, is proof enough beside them.
  const isCounted = fate === 'endless' && explaining.some((holder) => holder.fate === 'endless' && holder.isWeighed)
  if (trend.p > MAX_P && !isCounted) return null
  const straightness = explaining.find((holder) => holder.fate === fate)?.straightness ?? 1
  const isLoadRising = fate !== 'endless' && risesWithItsTotal(window, view.moments)
  const judged = judgeProof(fate, isLoadRising, straightness, window, byTime, limit.estimateMs)
  // A collection that nobody takes anything out of does not go with the load.
  if (judged.isProven && fate !== 'endless' && shareBesidesLoad(window, kept, view.moments) < MIN_BESIDES_LOAD) {
    judged.isProven = false
    judged.doubts.push('it follows the rate of requests, and may go with it')
  }
  if (judged.isProven) judged.doubts = notExcluded[fate] ?? []
  const isNear = currentBytes >= SINKING_SHARE * limitBytes || limit.estimateMs < SINKING_MS
  const verdict = !judged.isProven ? 'growing' : isNear ? 'sinking' : 'leaking'
  const served = last.requestTotal - first.requestTotal
  return {
    kind: 'memory-growth',
    memory,
    verdict,
    severity: verdict === 'growing' ? 'info' : verdict === 'leaking' ? 'warning' : 'critical',
    slope: perMinute(line),
    timeToLimitMs: [soonest.rangeMs[0], limit.rangeMs[1]],
    limitBytes,
    currentBytes,
    growthBytes,
    windowMs,
    bytesPerRequest: served >= 20 ? growthBytes / served : null,
    requestsPerSecond: served > 0 ? (served / windowMs) * 1000 : null,
    series: window
      .slice(-200)
      .map((floor): [number, number] => [
        Math.round(floor.atMs),
        memory === 'heap' ? floor.heapBytes : floor.externalBytes,
      ]),
    holders: culprits(explaining, fate),
    doubts: judged.doubts,
    isCertain: judged.isProven && isCounted,
  }
}

/** Entries that do not show what they keep (closures, slices of long strings): then the collection whose entries come in step with it. */
function inStep(view: View, byTime: readonly Point[], horizon: Horizon): HolderEvidence[] {
  const retaining = new Set(view.retaining.map(({ frame }) => frame.script))
  const seenRetaining = (id: number) => retaining.has(view.holders.find((holder) => holder.id === id)?.script ?? '')
  return holdersInStep(view.holders, byTime, MIN_BYTES_IN_STEP, horizon)
    .map(({ id, correlation, fate }) => {
      const known: HolderEvidence['fate'] = fate === 'endless' ? 'open' : fate
      return { id, share: correlation ** 2 / 2, isWeighed: false, fate: known, straightness: 1 }
    })
    .sort((left, right) => Number(seenRetaining(right.id)) - Number(seenRetaining(left.id)))
}

type Fate = HolderEvidence['fate'] | 'unknown'

/** What ends for certain speaks last: it only excuses the growth when nothing endless explains more of it. */
function fateOf(explaining: readonly HolderEvidence[], retaining: readonly RetainingSite[]): Fate {
  const shareOf = (fate: Fate) =>
    explaining.filter((holder) => holder.fate === fate).reduce((sum, { share }) => sum + share, 0)
  const ending = shareOf('ending')
  for (const fate of ['endless', 'open', 'likely', 'tended', 'young'] as const) {
    const share = shareOf(fate)
    if (share > 0 && share >= ending) return fate
  }
  // By weight alone: what a few entries in step weigh nobody knows.
  if (ending >= 0.5 || explaining.some(({ fate, isWeighed }) => fate === 'ending' && isWeighed)) return 'ending'
  // Nothing that was allocated there, in any window, has been let go: as good as a collection seen to grow.
  const isRetained = retaining.some(({ share, livingCount }) => share >= 0.5 && livingCount >= MIN_LIVING_WINDOWS)
  return isRetained ? 'likely' : 'unknown'
}

function culprits(explaining: readonly HolderEvidence[], fate: Fate): Finding['holders'] {
  const guilty = fate === 'ending' ? explaining : explaining.filter((holder) => holder.fate !== 'ending')
  return guilty.slice(0, 5).map(({ id, share }) => ({ id, share }))
}

function judgeProof(
  fate: Fate,
  isLoadRising: boolean,
  straightness: number,
  window: readonly Floor[],
  byTime: readonly Point[],
  estimateMs: number,
): { isProven: boolean; doubts: string[] } {
  if (fate === 'ending') return doubted('a collection that has a bound, lets go or fills ever more slowly explains it')
  if (fate === 'young') return doubted(TOO_SHORT)
  const proof = proofs[fate]
  const windowMs = byTime.at(-1)![0] - byTime[0]![0]
  const doubts: string[] = []
  if (window.length < proof.minFloors || windowMs < proof.minWindowMs) doubts.push(TOO_SHORT)
  // A curve that bends may not be drawn as far ahead as a line.
  const farthest = isLoadRising ? Math.min(proof.stretch, WHILE_LOAD_RISES) : proof.stretch
  const stretch = farthest * Math.min(1, straightness / STRAIGHT)
  if (windowMs < Math.min(estimateMs / stretch, proof.longestMs)) {
    doubts.push('the limit is still far for so short a look')
  }
  if (!refusesPlateau(window, byTime, proof)) doubts.push('it may still bend into a plateau')
  return { isProven: doubts.length === 0, doubts }
}

/** What a claim leaves open, by what was known about the growth. */
const notExcluded: Partial<Record<Fate, string[]>> = {
  open: ['that its code takes entries out later than this look lasted'],
  likely: ['a cache that still fills, with a bound that could not be seen'],
  tended: ['that its code keeps it within a bound that is not reached yet'],
  unknown: ['a cache that still fills, since nobody was seen who holds it'],
}
const TOO_SHORT = 'it has been seen for a short time only'
const STRAIGHT = 0.85

function doubted(doubt: string): { isProven: boolean; doubts: string[] } {
  return { isProven: false, doubts: [doubt] }
}

function refusesPlateau(window: readonly Floor[], byTime: readonly Point[], proof: Proof): boolean {
  // The collection's own count was found to grow straight, which a handful of floors cannot show.
  if (window.length < 2 * MIN_SPANS) return proof === proofs.endless
  const minPointsPerSpan = proof.minFloors >= 9 ? 3 : 2
  const options = { minPointsPerSpan, minLastToLargest: proof.minLastToLargest }
  const served = window.at(-1)!.requestTotal - window[0]!.requestTotal
  // Traffic that swells makes any service larger: then only growth for each request counts.
  const byRequests = served >= 50 ? window.map((floor, index): Point => [floor.requestTotal, byTime[index]![1]]) : null
  if (byRequests)
    return (
      judgePlateau(byRequests, options).isRefused &&
      judgePlateau(byTime, { ...options, minLastToLargest: 0.25 }).isRefused
    )
  return judgePlateau(byTime, options).isRefused
}

function perMinute({ slope, low, high }: Line): Finding['slope'] {
  const finite = (value: number) => Math.round((Number.isFinite(value) ? value : slope) * 60_000)
  return { estimate: finite(slope), low: finite(low), high: finite(high), unit: 'bytesPerMin' }
}
