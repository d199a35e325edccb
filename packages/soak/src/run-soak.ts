import { MINUTE_MS, SECOND_MS, type Clock } from '@plimsoll/core'

import { build, checkOutBase, type BaseCheckout } from './compare/base-checkout.ts'
import { compareBuilds } from './compare/compare.ts'
import { findKnee } from './compare/find-knee.ts'
import { SoakInvalidError, SubjectLostError } from './errors.ts'
import { concludeSoak, tellBothTries } from './gate/conclude.ts'
import type { Facts } from './gate/facts.ts'
import { hasFilledItsHeap } from './gate/memory-gates.ts'
import { rateToOutlive } from './gate/pace.ts'
import { slowdownLimit } from './gate/traffic-gates.ts'
import { resolveSoakConfig, type ResolvedSoakConfig, type SoakConfig } from './options.ts'
import type { SoakResult } from './result.ts'
import { soakInBatches } from './soak-in-batches.ts'
import { Stage } from './stage.ts'
import type { Hurry } from './subject/hurry.ts'
import { ProbeError } from './subject/probe-desk.ts'
import { TrafficProcessError } from './traffic/traffic-process.ts'
import { warmUp } from './warm-up.ts'

/** Where a soak stands, for whoever looks on. */
export interface Progress {
  phase: 'start' | 'warm-up' | 'soak' | 'look-closer' | 'trace' | 'knee' | 'compare' | 'end'
  elapsedMs: number
  requestCount: number
  ratePerSec: number
  heapBytes: number | null
  /** What the last look said, in bytes a request. */
  interval: { slope: number; low: number; high: number } | null
  isSuspected: boolean
  sentence: string
  /** Processes of the service. */
  servicePids: number[]
}

export interface RunSoakOptions {
  config: SoakConfig
  /** The file `config` was read from: needed for its journeys, which run in the traffic process. */
  configFile?: string
  cwd: string
  clock: Clock
  onProgress?(progress: Progress): void
  /** Aborted: ends what was started, and rejects. */
  abortSignal?: AbortSignal
}

const KNEE_MS = 10 * MINUTE_MS
/** A verdict takes no less. */
const MIN_SECOND_TRY_MS = 50 * SECOND_MS

/**
 * Soaks a service: starts it, drives it, collects its garbage between batches of load and judges what stays.
 * Whatever happens, nothing it started is left running when this settles.
 * @throws InvalidOptionError when the configuration cannot be used; what the service does wrong is in the result
 */
export async function runSoak(options: RunSoakOptions): Promise<SoakResult> {
  const config = resolveSoakConfig(options.config)
  const { facts, answeredRequests } = await soak(config, options)
  const result = concludeSoak(facts)
  // Who dies of a full heap before anything can be told, be it that of a thread, is asked less of and lives to tell what filled it.
  const cap = { capMs: config.capMs - facts.elapsedMs, against: null, findsKnee: false }
  const canTell = config.routes.length > 0 && config.forMs === null && cap.capMs > MIN_SECOND_TRY_MS
  if (result.verdict !== 'not-sure' || !hasFilledItsHeap(facts) || !canTell) return result
  const ratePerSec = rateToOutlive(answeredRequests)
  const again = concludeSoak((await soak({ ...config, ...cap, ratePerSec }, options)).facts)
  return tellBothTries(result, again, answeredRequests, ratePerSec)
}

async function soak(
  config: ResolvedSoakConfig,
  options: RunSoakOptions,
): Promise<{ facts: Facts; answeredRequests: number }> {
  const stage = new Stage(config, options)
  const { facts } = stage
  let base: BaseCheckout | null = null
  try {
    if (config.against) {
      stage.tell('start', `checking ${config.against.ref} out`)
      base = await checkOutBase(config.against.ref, options.cwd)
      await buildBoth(stage, base)
    }
    await stage.start()
    const capacityPerSec = await warmUp(stage)
    await soakInBatches(stage)
    if (config.findsKnee) await lookForKnee(stage, capacityPerSec ?? 2 * facts.ratePerSec)
    if (base) await compareWith(stage, base)
  } catch (error) {
    noteFailure(stage, error)
  } finally {
    facts.elapsedMs = stage.elapsedMs
    await stage.end()
    await base?.remove()
  }
  const { requestCount = 0, failureCount = 0 } = facts.traffic?.total ?? {}
  return { facts, answeredRequests: stage.usedNumbers + requestCount - failureCount }
}

async function buildBoth(stage: Stage, base: BaseCheckout): Promise<void> {
  const { config, facts, options } = stage
  facts.notes.push(...base.notes)
  const { ref, build: command } = config.against!
  if (command === null) return
  stage.tell('start', `building ${ref}: ${command}`)
  await build(command, base.cwd, ref, options.abortSignal)
  stage.tell('start', `building this version: ${command}`)
  await build(command, options.cwd, 'this version', options.abortSignal)
}

/** Memory is judged; is it slower? Both versions start anew, so that nothing of the soak before weighs on one of them. */
async function compareWith(stage: Stage, { cwd: baseCwd, commit }: BaseCheckout): Promise<void> {
  const { start, ready, readyWithinMs, environment, seed, against } = stage.config
  const { cwd: hereCwd, clock, abortSignal } = stage.options
  await stage.end()
  const { ref, capMs } = against!
  const comparing = compareBuilds({
    ref,
    commit,
    baseCwd,
    hereCwd,
    service: { command: start, environment, readyPath: ready, readyWithinMs, abortSignal },
    startTraffic: (origin) => stage.startLoad({ origin, maxMs: 2 * capMs + 10 * MINUTE_MS }),
    ratePerSec: stage.facts.ratePerSec,
    limit: slowdownLimit(stage.config),
    capMs,
    seed,
    clock,
    wait: (ms) => stage.wait(ms),
    tell: (sentence) => stage.tell('compare', sentence),
  })
  stage.facts.comparison = await comparing.catch((error: unknown) => {
    if (!(error instanceof ProbeError)) throw error
    throw new SubjectLostError(
      'died',
      `While this version and ${ref} were compared, one of them was lost: ${error.message}.`,
    )
  })
}

async function lookForKnee(stage: Stage, capacityPerSec: number): Promise<void> {
  // With traffic of its own: here the generator may be brought to its limits, which is no fault of the soak before.
  await stage.finishTraffic()
  await stage.warmCode.release(stage.subject.probes())
  const traffic = stage.startLoad({ maxMs: KNEE_MS })
  try {
    const search = findKnee({
      subject: stage.subject,
      traffic,
      capacityPerSec,
      cwd: stage.options.cwd,
      async wait(ms) {
        await stage.wait(ms)
        // Of one that has ended there is nobody left to ask, and what it cannot take would seem to be its knee.
        stage.lifeline.throwIfEnded()
      },
      tell: (sentence) => stage.tell('knee', sentence),
    })
    stage.facts.knee = await stage.lifeline.orLost(search)
  } finally {
    await traffic.stop().catch(() => {})
  }
}

/** Notes what ended a soak, before its service is stopped. */
export function noteFailure(
  { facts, hurry, traffic }: Pick<Stage, 'facts' | 'traffic'> & { hurry: Pick<Hurry, 'hasBegun'> },
  error: unknown,
): void {
  // While its knee is looked for it has lived with its moved clock for a while, and versions that are compared start anew.
  if (error instanceof SubjectLostError && hurry.hasBegun && traffic) {
    facts.isLostByHurry = true
    facts.notes.push(
      `its clock was moved forward, and it did not survive that, which is not its fault: ${error.message}`,
    )
  } else if (error instanceof SubjectLostError) facts.lost = error
  else if (error instanceof SoakInvalidError || error instanceof TrafficProcessError)
    facts.invalidBecause.push(error.message)
  // It answers, and cannot do what it is asked: out of file descriptors, it cannot write its heap down. What was seen is judged.
  else if (error instanceof ProbeError) facts.notes.push(`it could not be looked at any further: ${error.message}`)
  else throw error
}
