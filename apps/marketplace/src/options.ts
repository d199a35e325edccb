import { resolve } from 'node:path'
import { parseArgs, type ParseArgsConfig } from 'node:util'
import { InvalidOptionError, type Fault } from '@plimsoll/core'
import { isLeakName, leakNames, type LeakName } from './fault/fault-names.ts'
import { logLevels, type LogLevel } from './log.ts'
import { parseMischief } from './payment/mischief.ts'

/** How the shop was asked to run. */
export interface ShopOptions {
  host: string
  port: number
  /** It was asked for by name, so another one will not do. */
  isPortGiven: boolean
  workerCount: number
  dataDir: string
  /** Null for the embedded database. Holds a password: never logged. */
  databaseUrl: string | null
  /** Null: each worker's caches are its own. May hold a password: never logged. */
  redisUrl: string | null
  seed: number
  listingCount: number
  leak: LeakName | null
  isLeakRegistered: boolean
  /** False: a worker that dies is not replaced. */
  isRestarting: boolean
  control: { port: number; token: string } | null
  version: string | null
  logLevel: LogLevel
  /** Null for the test provider. */
  paymentUrl: string | null
  paymentMischief: string
  isProduction: boolean
}

export const usage = `Longshore, an online marketplace.

  node apps/marketplace/dist/main.js [options]

  --port N               where it listens (PORT; default 3000, or the next free one)
  --host ADDRESS         default 127.0.0.1 (HOST)
  --workers N            web workers, 1 to 64 (WORKERS; default 3)
  --data DIR             data folder (MARKETPLACE_DATA; default .data/marketplace)
  --no-restart           a worker that dies is not replaced
  --seed N               seed of the generated shop (default 1)
  --listings N           listings of the generated shop, 100 to 1,000,000 (default 50,000)
  --version TEXT         version of the service, shown by /health/live and the watch
  --log-level LEVEL      ${logLevels.join(', ')} (LOG_LEVEL; default warn)
  --payment-url URL      a payment provider (PAYMENT_URL; default: a test provider of its own)
  --payment-mischief M   how the test provider misbehaves: delay=MS,timeout=SHARE,decline=SHARE,repeat=SHARE
  --leak NAME            start with a leak: ${leakNames.join(', ')} (not in production)
  --leak-registered      its owner's one line: the leaking cache can be cleared by whoever watches
  --control-port N       loopback door to switch faults; needs MARKETPLACE_CONTROL_TOKEN (not in production)
  --help

  DATABASE_URL           a PostgreSQL of yours, 14 or newer; default: an embedded one in the data folder
  REDIS_URL              a Redis or Valkey that the workers of all hosts share their caches through; default: none
  SIGHUP restarts the workers one by one without a dropped request; SIGTERM and Ctrl-C end the shop.
`

const flags = {
  port: { type: 'string' },
  host: { type: 'string' },
  workers: { type: 'string' },
  data: { type: 'string' },
  seed: { type: 'string' },
  listings: { type: 'string' },
  leak: { type: 'string' },
  'leak-registered': { type: 'boolean' },
  'no-restart': { type: 'boolean' },
  'control-port': { type: 'string' },
  version: { type: 'string' },
  'log-level': { type: 'string' },
  'payment-url': { type: 'string' },
  'payment-mischief': { type: 'string' },
  help: { type: 'boolean' },
} as const satisfies ParseArgsConfig['options']

/**
 * Parses flags and environment; a flag wins. Null when help was asked for.
 * @throws {@link InvalidOptionError} with every fault at once
 */
export function parseOptions(argv: readonly string[], env: NodeJS.ProcessEnv, cwd: string): ShopOptions | null {
  const faults: Fault[] = []
  const { values, isHelp } = readFlags(argv, faults)
  if (isHelp) return null
  const isProduction = env['NODE_ENV'] === 'production'
  const text = (flag: keyof typeof flags, variable?: string): string | null =>
    (values[flag] as string | undefined) ?? (variable === undefined ? null : env[variable] || null)
  const number = (
    flag: keyof typeof flags,
    variable: string | undefined,
    fallback: number,
    [min, max]: [number, number],
  ) => {
    const given = text(flag, variable)
    const value = given === null ? fallback : /^\d+$/.test(given) ? Number(given) : NaN
    if (!(value >= min && value <= max)) {
      faults.push({ where: `--${flag}`, what: `must be a whole number from ${min} to ${max}, and is "${given}"` })
    }
    return value
  }

  const logLevel = text('log-level', 'LOG_LEVEL') ?? 'warn'
  if (!(logLevels as readonly string[]).includes(logLevel)) {
    faults.push({ where: '--log-level', what: `must be one of ${logLevels.join(', ')}, and is "${logLevel}"` })
  }
  const leak = text('leak')
  if (leak !== null && !isLeakName(leak)) {
    faults.push({ where: '--leak', what: `must be one of ${leakNames.join(', ')}, and is "${leak}"` })
  }
  if (values['leak-registered'] && leak !== 'pages-by-url' && leak !== null) {
    faults.push({ where: '--leak-registered', what: 'goes with the leak pages-by-url only' })
  }
  const hasControl = text('control-port') !== null
  const token = env['MARKETPLACE_CONTROL_TOKEN'] ?? ''
  if (hasControl && token.length < 16) {
    faults.push({
      where: '--control-port',
      what: 'needs MARKETPLACE_CONTROL_TOKEN in the environment, at least 16 characters',
    })
  }
  if (isProduction) {
    for (const flag of ['leak', 'leak-registered', 'control-port', 'payment-mischief'] as const) {
      if (values[flag] !== undefined)
        faults.push({ where: `--${flag}`, what: 'is refused while NODE_ENV is production' })
    }
    if (text('payment-url', 'PAYMENT_URL') === null) {
      faults.push({
        where: '--payment-url',
        what: 'is needed while NODE_ENV is production: the test provider moves no money',
      })
    }
  }
  const paymentUrl = text('payment-url', 'PAYMENT_URL')
  if (paymentUrl !== null && !URL.canParse(paymentUrl)) faults.push({ where: '--payment-url', what: 'must be a URL' })
  const redisUrl = env['REDIS_URL'] || null
  if (redisUrl !== null && !/^rediss?:\/\/[^/]/.test(redisUrl)) {
    faults.push({ where: 'REDIS_URL', what: 'must be a URL that begins with redis:// or rediss://' })
  }
  const paymentMischief = text('payment-mischief') ?? ''
  parseMischief(paymentMischief, '--payment-mischief', faults)

  const options: ShopOptions = {
    host: text('host', 'HOST') ?? '127.0.0.1',
    port: number('port', 'PORT', 3000, [0, 65_535]),
    isPortGiven: text('port', 'PORT') !== null,
    workerCount: number('workers', 'WORKERS', 3, [1, 64]),
    dataDir: resolve(cwd, text('data', 'MARKETPLACE_DATA') ?? '.data/marketplace'),
    databaseUrl: env['DATABASE_URL'] || null,
    redisUrl,
    seed: number('seed', undefined, 1, [0, 2 ** 31 - 1]),
    listingCount: number('listings', undefined, 50_000, [100, 1_000_000]),
    leak: leak as LeakName | null,
    isLeakRegistered: values['leak-registered'] === true,
    isRestarting: values['no-restart'] !== true,
    control: hasControl ? { port: number('control-port', undefined, 0, [0, 65_535]), token } : null,
    version: text('version', 'PLIMSOLL_VERSION'),
    logLevel: logLevel as LogLevel,
    paymentUrl,
    paymentMischief,
    isProduction,
  }
  if (faults.length > 0) throw new InvalidOptionError('Longshore cannot start', faults)
  return options
}

function readFlags(argv: readonly string[], faults: Fault[]) {
  const { values, tokens } = parseArgs({ args: [...argv], options: flags, strict: false, tokens: true })
  for (const token of tokens) {
    if (token.kind === 'positional') faults.push({ where: `"${token.value}"`, what: 'is not a flag (see --help)' })
    if (token.kind !== 'option') continue
    if (!Object.hasOwn(flags, token.name)) faults.push({ where: token.rawName, what: 'is unknown (see --help)' })
    else if (flags[token.name as keyof typeof flags].type === 'string' && !token.value) {
      faults.push({ where: token.rawName, what: 'needs a value' })
    } else if (flags[token.name as keyof typeof flags].type === 'boolean' && token.value !== undefined) {
      faults.push({ where: token.rawName, what: 'takes no value' })
    }
  }
  return { values: values as Partial<Record<keyof typeof flags, string | boolean>>, isHelp: values['help'] === true }
}
