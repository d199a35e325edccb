import type { CacheReport, Verdict } from '@plimsoll/core/wire'
import type { Act } from '../options.ts'

/** How long a console has to send something before the process helps itself. */
const CONSOLE_PATIENCE_MS = 10_000
/** What helped is given this long to show in the verdict; what did not is followed by the next action at once. */
const EFFECT_PATIENCE_MS = 25_000
/** A cache with a budget is asked to give when it holds at least this much of the limit. */
const MIN_HELD_SHARE = 0.15

/** What the watchdog knows when it asks itself what to do. */
export interface Distress {
  verdict: Verdict
  act: Act
  /** Since the verdict is `sinking`, in ms. */
  sinkingForMs: number
  /** Since the console's last command; null when there is no console or it sent none since the trouble began. */
  hasConsole: boolean
  msSinceCommand: number | null
  caches: readonly CacheReport[]
  limitBytes: number
  /** Names of caches already cleared for this leak, and whether a rotation was asked for. */
  tried: ReadonlySet<string>
  hasController: boolean
  /** Somebody starts it again when it ends. */
  canLeave: boolean
  /** Since the last action freed something worth while, in ms; null when none did. */
  msSinceEffect: number | null
}

export type Relief =
  { kind: 'clear-cache'; cache: string } | { kind: 'rotate' } | { kind: 'leave' } | { kind: 'none'; reason: string }

/**
 * What a sinking process does for itself: clear the registered caches that have no bound, then those that hold much, then ask
 * to be replaced, or leave for somebody to start it again. Nothing unregistered is ever touched.
 */
export function decideRelief(distress: Distress): Relief | null {
  const { verdict, act, hasConsole, msSinceCommand, sinkingForMs, hasController } = distress
  if (verdict !== 'sinking') return null
  if (hasConsole && act !== 'observe' && Math.min(sinkingForMs, msSinceCommand ?? Infinity) < CONSOLE_PATIENCE_MS)
    return null
  if (distress.msSinceEffect !== null && distress.msSinceEffect < EFFECT_PATIENCE_MS) return null
  const cache = nextCache(distress)
  if (cache !== null) return { kind: 'clear-cache', cache }
  if (hasController) return distress.tried.has('rotate') ? null : { kind: 'rotate' }
  if (distress.canLeave) return distress.tried.has('leave') ? null : { kind: 'leave' }
  return distress.tried.has('none')
    ? null
    : {
        kind: 'none',
        reason: 'no cache is registered that could be cleared, and a plain single process is never doubled',
      }
}

function nextCache({ caches, limitBytes, tried }: Distress): string | null {
  const open = caches.filter(({ name }) => !tried.has(name))
  const unbounded = open.find(({ budgetBytes }) => budgetBytes === null)
  const large = open.filter(({ bytes }) => (bytes ?? 0) >= MIN_HELD_SHARE * limitBytes)
  return unbounded?.name ?? large.sort((left, right) => (right.bytes ?? 0) - (left.bytes ?? 0))[0]?.name ?? null
}
