import type { Verdict } from '@plimsoll/core/wire'
import type { Finding, View } from '../detect/detector.ts'

/** What a window says, after what one window alone may not say was left out. */
export type CourseEvent = 'calm' | 'growing' | 'leaking' | 'sinking'

/** Verdicts and how they follow one another. What has no cell changes nothing: a leak does not become "growing" again. */
export const course = {
  afloat: { growing: 'growing', leaking: 'leaking', sinking: 'sinking' },
  growing: { calm: 'afloat', leaking: 'leaking', sinking: 'sinking' },
  leaking: { calm: 'recovered', sinking: 'sinking' },
  sinking: { calm: 'recovered' },
  recovered: { calm: 'afloat', growing: 'growing', leaking: 'leaking', sinking: 'sinking' },
} as const satisfies Record<Verdict, Partial<Record<CourseEvent, Verdict>>>

/** Windows in a row that must agree before a verdict is raised. */
const AGREEING_WINDOWS = 2
/** Growth is worth a word from this share of the limit on. */
const MIN_GROWING_SHARE = 0.05
const MIN_GROWING_MS = 20_000
/** How long a leak must stand still, with requests coming, before it counts as over. */
const RECOVERY_MS = 45_000
/** … or how much of its growth must be gone. */
const RECOVERED_SHARE = 0.5

/** What was found when a leak was claimed, and since when nothing more was. */
interface Claim {
  bytes: number
  growthBytes: number
  requestsPerSecond: number
  calmSinceMs: number
}

/** Follows one kind of memory through its verdicts, with different lines for raising and for lowering, so that nothing flaps. */
export class Course {
  #verdict: Verdict = 'afloat'
  #agreeing: { event: CourseEvent; count: number } = { event: 'calm', count: 0 }
  #claim: Claim | null = null

  get verdict(): Verdict {
    return this.#verdict
  }

  /** Takes what the newest window says and where the line stands; answers the new verdict when it changes. To be called once for each new floor. */
  advance(finding: Finding | null, view: View, nowBytes: number): Verdict | null {
    const event = this.#eventOf(finding, view, nowBytes)
    this.#agreeing = { event, count: this.#agreeing.event === event ? this.#agreeing.count + 1 : 1 }
    const next = (course[this.#verdict] as Partial<Record<CourseEvent, Verdict>>)[event]
    const needed = finding?.isCertain ? 1 : AGREEING_WINDOWS
    if (next === undefined || this.#agreeing.count < needed) return null
    this.#verdict = next
    const isClaim = next === 'leaking' || next === 'sinking'
    if (isClaim && finding) {
      const { currentBytes, growthBytes, requestsPerSecond } = finding
      this.#claim = {
        bytes: currentBytes,
        growthBytes,
        requestsPerSecond: requestsPerSecond ?? 0,
        calmSinceMs: view.nowMs,
      }
    } else if (!isClaim) this.#claim = null
    return next
  }

  #eventOf(finding: Finding | null, view: View, nowBytes: number): CourseEvent {
    if (finding?.verdict === 'leaking' || finding?.verdict === 'sinking') {
      if (this.#claim) {
        this.#claim.bytes = Math.max(this.#claim.bytes, finding.currentBytes)
        this.#claim.calmSinceMs = view.nowMs
      }
      return finding.verdict
    }
    if (this.#claim) return this.#isOver(this.#claim, finding, view, nowBytes) ? 'calm' : 'growing'
    const isWorthAWord =
      finding !== null &&
      finding.windowMs >= MIN_GROWING_MS &&
      finding.growthBytes >= MIN_GROWING_SHARE * (finding.limitBytes ?? Infinity)
    return isWorthAWord ? 'growing' : 'calm'
  }

  #isOver(claim: Claim, finding: Finding | null, view: View, nowBytes: number): boolean {
    if (nowBytes < claim.bytes - RECOVERED_SHARE * claim.growthBytes) return true
    if (finding) {
      claim.calmSinceMs = view.nowMs
      return false
    }
    return view.nowMs - claim.calmSinceMs >= RECOVERY_MS && recentRate(view) >= 0.3 * claim.requestsPerSecond
  }
}

function recentRate(view: View): number {
  const recent = view.moments.slice(-15)
  const first = recent[0]
  const last = recent.at(-1)
  if (!first || !last || last.atMs <= first.atMs) return 0
  return ((last.requestTotal - first.requestTotal) / (last.atMs - first.atMs)) * 1000
}
