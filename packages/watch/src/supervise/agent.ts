import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { InvalidOptionError, messageOf, SECOND_MS, systemRandom, type Clock } from '@plimsoll/core'
import { WIRE_VERSION, type Signal } from '@plimsoll/core/wire'
import { createIdentity } from '../identity.ts'
import { resolveOptions, type ResolvedWatchOptions } from '../options.ts'
import { crashLoopCount, type RestartDecision } from './restart.ts'

/** The supervisor as the console and the signals file know it: one more process of the service, which tells of crashes. */
export interface SupervisorAgent {
  tellCrash(signal: NodeJS.Signals, decision: RestartDecision, sentence: string): void
  tellHang(sentence: string): void
  /** Says what is still unsaid, and that it ends with the processes that were told to, if the console answers quickly. */
  stop(endedPids: readonly number[]): Promise<void>
}

const periodMs = 2 * SECOND_MS
/** A dying service must not wait for a console that is away. */
const farewellMs = 2 * SECOND_MS

type Event = Pick<Signal, 'kind' | 'severity' | 'signature' | 'sentence'>

/** Null when there is nobody to tell: no console, no signals file. The terminal hears of crashes in any case. */
export async function startAgent(
  environment: NodeJS.ProcessEnv,
  cwd: string,
  clock: Clock,
  tell: (line: string) => void,
): Promise<SupervisorAgent | null> {
  const options = readOptions(environment)
  if (options === null) return null
  const { consoleUrl, signalsFile, tokenFile, token } = options
  if (consoleUrl === null && signalsFile === null) return null

  const startedAtMs = clock.nowMs()
  const { name: packageName, version: packageVersion } = readManifest(cwd)
  const service = createIdentity(
    options,
    {
      pid: process.pid,
      host: hostname(),
      nodeVersion: process.version,
      startedAtMs,
      workingDirectory: cwd,
      packageName,
      packageVersion,
      clusterWorkerId: null,
    },
    systemRandom,
  )
  const identity = { ...service, name: `${service.name} supervisor`, role: 'supervisor' as const }
  // Loaded only here: without a console the supervisor needs no HTTP and stays small.
  const { HttpReporter } = await import('../report/http-reporter.ts')
  const { appendSignal, checkSignalsFile } = await import('../report/signals-file.ts')
  try {
    if (signalsFile !== null) checkSignalsFile(signalsFile)
  } catch (error) {
    tell(`plimsoll: Signals cannot be written to ${signalsFile}: ${messageOf(error)}. The watch goes on without.`)
  }
  const readToken = (): string | null => (tokenFile === null ? token : readText(tokenFile))
  const reporter =
    consoleUrl === null
      ? null
      : new HttpReporter({
          consoleUrl,
          readToken,
          identity: () => identity,
          clock,
          tell: (line) => tell(`plimsoll: ${line}`),
        })
  let posts: Promise<unknown> = Promise.resolve()
  const post = (): void => {
    posts = Promise.all([posts, reporter?.post()])
  }
  post()
  const timer = clock.every(periodMs, post)
  let sequence = 0

  const tellOf = ({ kind, severity, signature, sentence }: Event): void => {
    const told: Signal = {
      version: WIRE_VERSION,
      service: identity.service,
      instance: identity.instance,
      sequence: ++sequence,
      atMs: clock.nowMs(),
      sinceStartMs: clock.nowMs() - startedAtMs,
      kind,
      severity,
      // Neither a crash nor a hang claims anything about memory.
      verdict: 'afloat',
      memory: null,
      signature,
      slope: null,
      timeToLimitMs: null,
      series: [],
      culprit: null,
      candidates: [],
      sentence,
      actions: [],
    }
    reporter?.addSignal(told)
    post()
    try {
      if (signalsFile !== null) appendSignal(signalsFile, told)
    } catch (error) {
      tell(`plimsoll: The signal could not be written to ${signalsFile}: ${messageOf(error)}.`)
    }
  }

  return {
    tellCrash(signal, decision, sentence) {
      const isLoop = decision.act === 'give-up' || decision.attempt >= crashLoopCount
      const kind = isLoop ? 'crash-loop' : 'crash'
      const signature = `${kind}:${identity.service}:${signal}`
      tellOf({ kind, severity: isLoop ? 'critical' : 'warning', signature, sentence })
    },
    tellHang(sentence) {
      tellOf({ kind: 'hang', severity: 'critical', signature: 'hang', sentence })
    },
    async stop(endedPids) {
      timer.cancel()
      await new Promise<void>((resolve) => {
        clock.after(farewellMs, resolve)
        const farewell = { atMs: clock.nowMs(), exitCode: 0, pids: endedPids.slice(0, 100) }
        void posts.then(() => reporter?.sayFarewell(farewell)).then(() => resolve())
      })
    },
  }
}

/** Null when they are wrong: every process of the service says so itself, and runs unwatched. */
function readOptions(environment: NodeJS.ProcessEnv): ResolvedWatchOptions | null {
  try {
    return resolveOptions(environment)
  } catch (error) {
    if (error instanceof InvalidOptionError) return null
    throw error
  }
}

function readManifest(cwd: string): { name: string | null; version: string | null } {
  const text = (value: unknown): string | null => (typeof value === 'string' ? value : null)
  try {
    const { name, version } = JSON.parse(readText(join(cwd, 'package.json')) ?? '{}') as {
      name?: unknown
      version?: unknown
    }
    return { name: text(name), version: text(version) }
  } catch {
    return { name: null, version: null }
  }
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch {
    return null
  }
}
