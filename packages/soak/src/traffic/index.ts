export { startTraffic, type Traffic, type TrafficEnd, type TrafficPause, type TrafficReport } from './traffic.ts'
export { startTrafficProcess, type TrafficProcess, type TrafficProcessOptions } from './traffic-process.ts'
export type { TrafficOptions, TrafficPlan } from './options.ts'
export type { AskOptions, Checkout, CreateScenario, Fields, Journey, Resident, Scenario, User } from './journey.ts'
export type {
  CheckoutSummary,
  PhaseSummary,
  RequestSummary,
  RouteSummary,
  TrafficSecond,
  TrafficSummary,
} from './ledger.ts'
export { ramp, spike, steady, step, type RateCurve, type RatePoint } from './arrivals.ts'
export { createZipf, type KeyPopularity } from './key-popularity.ts'
export { Histogram, type HistogramSlots } from './histogram.ts'
export { RequestFailedError, TrafficEndedError, failureKinds, type FailureKind } from './failure.ts'
export { NotLoopbackError } from './loopback.ts'
export type { Answer } from './answer.ts'
export type { Field, Form, Page } from './page.ts'
export type { Client, Connection, Method, Request } from './client.ts'
export type { Response } from './response-parser.ts'
export type { GeneratorVerdict } from './self-check.ts'
