import { InvalidOptionError, parseBytes, SECOND_MS, type Fault } from '@plimsoll/core'
import { defaultEvidenceFolder } from './watchdog/action/evidence.ts'

/** Kubernetes asks every ten seconds by default and takes a few more until no load balancer sends anything. */
const defaultNoticeSeconds = 15

/** How far the watch may go. `observe` touches nothing and keeps a ledger, `ask` does what a person ordered, `safe` acts by itself. */
export const acts = ['observe', 'ask', 'safe'] as const
export type Act = (typeof acts)[number]

/** Where the watch reports to and what it may do; from the environment, defaults filled in. */
export interface ResolvedWatchOptions {
  readonly isOff: boolean
  /** Default `observe`. */
  readonly act: Act
  /** Base URL of a console, or null: terminal and signals file only. */
  readonly consoleUrl: string | null
  /** The agent token's file; read by the watchdog when it is needed, so that a token may be renewed. */
  readonly tokenFile: string | null
  /** The agent token itself, when it came by environment. Never logged. */
  readonly token: string | null
  /** Every signal is appended to this file as one line of JSON. */
  readonly signalsFile: string | null
  /** Everything the verdicts are made from is appended to this file, to be judged again elsewhere. */
  readonly recordFile: string | null
  /** Profiles are written into this folder as pprof files; null: nowhere. */
  readonly profilesFolder: string | null
  /** What the process may use of all memory where no container says so: a dyno, a PM2 limit. Null: the container's or the machine's. */
  readonly memoryLimitBytes: number | null
  /** Port of the loopback on which Prometheus finds the metrics; 0 for any that is free. A cluster's worker N takes the N-th after it. */
  readonly metricsPort: number | null
  /** Base URL of an OpenTelemetry collector that the metrics are pushed to, or null. */
  readonly otlpUrl: string | null
  readonly service: string | null
  readonly name: string | null
  readonly serviceVersion: string | null
  readonly controller: string | null
  /** What the orchestrator asks for to learn whether we are ready: answered with 503 while we leave. */
  readonly readyPath: string | null
  /** How long it goes on serving after it has said that it is not ready, in ms; only with a `readyPath`. */
  readonly readyNoticeMs: number
  /** Whether a process without siblings may be replaced by draining and ending; null: if `plimsoll run` starts it again. */
  readonly replace: 'exit' | 'never' | null
  /** Where evidence is kept; null: nowhere. */
  readonly evidenceFolder: string | null
  /** Whether somebody named the folder: then it is worth a later start of the next process. */
  readonly isEvidenceAsked: boolean
}

/** Names that must not be inherited by the host's own children: a token is nobody else's business, a name is one process's. */
export const privateVariables = ['PLIMSOLL_TOKEN', 'PLIMSOLL_NAME'] as const

/**
 * Reads the environment. Pure; the caller removes {@link privateVariables} from it.
 * @throws `InvalidOptionError` with every fault at once
 */
export function resolveOptions(environment: Readonly<Record<string, string | undefined>>): ResolvedWatchOptions {
  const faults: Fault[] = []
  const text = (name: string): string | null => environment[name]?.trim() || null
  const act = text('PLIMSOLL_ACT') ?? 'observe'
  if (!isAct(act)) faults.push({ where: 'PLIMSOLL_ACT', what: `must be one of ${acts.join(', ')}, and is "${act}"` })
  const consoleUrl = text('PLIMSOLL_CONSOLE')
  if (consoleUrl !== null && !isHttpUrl(consoleUrl)) {
    faults.push({ where: 'PLIMSOLL_CONSOLE', what: 'must be an http or https URL, such as http://127.0.0.1:7700' })
  }
  const memoryLimit = text('PLIMSOLL_MEMORY_LIMIT')
  const memoryLimitBytes = memoryLimit === null ? null : parseBytes(memoryLimit)
  if (memoryLimit !== null && !memoryLimitBytes) {
    faults.push({ where: 'PLIMSOLL_MEMORY_LIMIT', what: `must be a size such as 512MB, and is "${memoryLimit}"` })
  }
  const port = text('PLIMSOLL_METRICS_PORT')
  const metricsPort = port === null ? null : Number(port)
  if (metricsPort !== null && !(Number.isInteger(metricsPort) && metricsPort >= 0 && metricsPort <= 65_000)) {
    faults.push({ where: 'PLIMSOLL_METRICS_PORT', what: `must be a port such as 9464, and is "${port}"` })
  }
  const otlpUrl = text('PLIMSOLL_OTLP')
  if (otlpUrl !== null && !isHttpUrl(otlpUrl)) {
    faults.push({ where: 'PLIMSOLL_OTLP', what: 'must be an http or https URL, such as http://127.0.0.1:4318' })
  }
  const replace = text('PLIMSOLL_REPLACE')
  if (replace !== null && replace !== 'exit' && replace !== 'never') {
    faults.push({ where: 'PLIMSOLL_REPLACE', what: `must be exit or never, and is "${replace}"` })
  }
  const readyPath = text('PLIMSOLL_READY_PATH')
  if (readyPath !== null && !readyPath.startsWith('/')) {
    faults.push({ where: 'PLIMSOLL_READY_PATH', what: `must be a path such as /readyz, and is "${readyPath}"` })
  }
  const noticeSeconds = Number(text('PLIMSOLL_READY_NOTICE') ?? defaultNoticeSeconds)
  if (!(noticeSeconds >= 0 && noticeSeconds <= 300)) {
    faults.push({ where: 'PLIMSOLL_READY_NOTICE', what: 'must be a count of seconds from 0 to 300' })
  }
  if (faults.length > 0) throw new InvalidOptionError('The environment', faults)
  return Object.freeze({
    isOff: text('PLIMSOLL') === 'off',
    act: act as Act,
    consoleUrl: consoleUrl?.replace(/\/+$/, '') ?? null,
    tokenFile: text('PLIMSOLL_TOKEN_FILE'),
    token: text('PLIMSOLL_TOKEN'),
    signalsFile: text('PLIMSOLL_SIGNALS'),
    recordFile: text('PLIMSOLL_RECORD'),
    profilesFolder: text('PLIMSOLL_PROFILES'),
    memoryLimitBytes,
    metricsPort,
    otlpUrl,
    service: text('PLIMSOLL_SERVICE'),
    name: text('PLIMSOLL_NAME'),
    serviceVersion: text('PLIMSOLL_VERSION'),
    controller: text('PLIMSOLL_CONTROLLER'),
    readyPath,
    replace: replace as 'exit' | 'never' | null,
    readyNoticeMs: noticeSeconds * SECOND_MS,
    evidenceFolder: evidenceFolderOf(text('PLIMSOLL_EVIDENCE'), act),
    isEvidenceAsked: text('PLIMSOLL_EVIDENCE') !== null,
  })
}

/** Evidence is for those who let the watch act; `none` is for those who want no trace on the disk. */
function evidenceFolderOf(given: string | null, act: string): string | null {
  if (given === 'none' || act !== 'safe') return null
  return given ?? defaultEvidenceFolder()
}

function isAct(text: string): text is Act {
  return (acts as readonly string[]).includes(text)
}

function isHttpUrl(text: string): boolean {
  return URL.canParse(text) && ['http:', 'https:'].includes(new URL(text).protocol)
}
