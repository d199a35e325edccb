import { InvalidOptionError, parseBytes, type Fault } from '@plimsoll/core'

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
  /** What the process may use of all memory where no container says so: a dyno, a PM2 limit. Null: the container's or the machine's. */
  readonly memoryLimitBytes: number | null
  readonly service: string | null
  readonly name: string | null
  readonly serviceVersion: string | null
  readonly controller: string | null
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
  if (faults.length > 0) throw new InvalidOptionError('The environment', faults)
  return Object.freeze({
    isOff: text('PLIMSOLL') === 'off',
    act: act as Act,
    consoleUrl: consoleUrl?.replace(/\/+$/, '') ?? null,
    tokenFile: text('PLIMSOLL_TOKEN_FILE'),
    token: text('PLIMSOLL_TOKEN'),
    signalsFile: text('PLIMSOLL_SIGNALS'),
    recordFile: text('PLIMSOLL_RECORD'),
    memoryLimitBytes,
    service: text('PLIMSOLL_SERVICE'),
    name: text('PLIMSOLL_NAME'),
    serviceVersion: text('PLIMSOLL_VERSION'),
    controller: text('PLIMSOLL_CONTROLLER'),
  })
}

function isAct(text: string): text is Act {
  return (acts as readonly string[]).includes(text)
}

function isHttpUrl(text: string): boolean {
  return URL.canParse(text) && ['http:', 'https:'].includes(new URL(text).protocol)
}
