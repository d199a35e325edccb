import type { RateCurve } from './arrivals.ts'
import type { TrafficSecond } from './ledger.ts'
import type { TrafficPlan } from './options.ts'
import type { TrafficPause, TrafficReport } from './traffic.ts'

/** What the traffic process is told. */
export type Order =
  | { type: 'start'; plan: TrafficPlan; scenario: string; parameters: unknown }
  | { type: 'set-rate'; rate: number | RateCurve }
  | { type: 'set-phase'; name: string }
  | { type: 'set-weights'; weights: Record<string, number> }
  | { type: 'pause'; withinMs: number }
  | { type: 'resume'; rate: number | RateCurve }
  | { type: 'stop' }

/** What it says. `failed` is its last word, and so is `report`. */
export type News =
  | { type: 'second'; second: TrafficSecond }
  | { type: 'paused'; pause: TrafficPause }
  | { type: 'report'; report: TrafficReport }
  | { type: 'failed'; code: string | null; message: string }
