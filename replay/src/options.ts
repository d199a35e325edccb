import { parseArgs } from 'node:util'
import { InvalidOptionError, type Fault } from '@plimsoll/core'
import { leakTrials } from './leak-trials.ts'
import { reviewedTrial } from './reviewed.ts'
import { thirteenHours } from './thirteen-hours.ts'
import { innocentTrials, type Trial } from './trial.ts'

/** Shapes of leak that the replay can be run with; the first is the one of 10 May 2023. */
export const leakNames = ['pages-by-url', 'array-per-request', 'listener-per-request'] as const
export type LeakName = (typeof leakNames)[number]

/** Each is one arm with Plimsoll and one trouble. */
export const trials: readonly Trial[] = [...leakTrials, reviewedTrial, ...innocentTrials]

export interface ReplayOptions {
  isFast: boolean
  /** Seeds shoppers and crawlers of every arm alike. */
  seed: number
  leak: LeakName
  /** The cache's owner added one line that registers a clear handle. */
  isRegistered: boolean
  /** One arm with one trouble, instead of the three. */
  trial: Trial | null
  /** The whole day on a virtual clock, instead of the three. */
  isVirtual: boolean
  /** Folder for `replay-report.html` and `replay-postmortem.md`. */
  outDir: string
  /** Of the live page; 0 takes a free one. */
  port: number
  wantsHelp: boolean
}

export const helpText = `npm run replay -- [options]

  Replays the outage of 10 May 2023 three times against the same shoppers: as in 2023, as good
  teams run today, and with Plimsoll. Prints a page to watch, then a table, and writes
  replay-report.html and replay-postmortem.md. Exits 0 only when Plimsoll's promises hold.

  --fast               about four minutes instead of fifteen: shorter arms, no last act
  --seed N             other shoppers (default 20230510)
  --leak NAME          ${leakNames.join(', ')}, or seeded (the seed chooses)
  --variant NAME       registered: the cache's owner added one line with a clear handle (pages-by-url only);
                       ${thirteenHours.name}: ${thirteenHours.title};
                       or one arm with Plimsoll and a leak that is harder:
${listOf(leakTrials)}
                       or one arm with Plimsoll and the leak as review would have changed it:
${listOf([reviewedTrial])}
                       or one arm with Plimsoll and no leak, where innocence must convince:
${listOf(innocentTrials)}
  --out DIR            where the report goes (default: here)
  --port N             of the live page (default: a free one)
  --help               this text
`

function listOf(some: readonly Trial[]): string {
  return some.map(({ name, title }) => `                       ${name}: ${title}`).join('\n')
}

/** @throws InvalidOptionError with every fault of the command line */
export function parseReplayOptions(argv: readonly string[]): ReplayOptions {
  const faults: Fault[] = []
  const known = {
    fast: 'boolean',
    seed: 'string',
    leak: 'string',
    variant: 'string',
    out: 'string',
    port: 'string',
    help: 'boolean',
  } as const
  const { values, tokens } = parseArgs({
    args: [...argv],
    strict: false,
    tokens: true,
    options: Object.fromEntries(Object.entries(known).map(([name, type]) => [name, { type }])),
  })
  for (const token of tokens) {
    const isKnown = token.kind === 'option-terminator' || (token.kind === 'option' && Object.hasOwn(known, token.name))
    if (!isKnown)
      faults.push({
        where: token.kind === 'option' ? token.rawName : token.value,
        what: 'is no option; --help lists them',
      })
  }
  const text = (name: keyof typeof known, fallback: string) => {
    const value = values[name]
    if (value !== undefined && (typeof value !== 'string' || value === ''))
      faults.push({ where: `--${name}`, what: 'needs a value' })
    return typeof value === 'string' ? value : fallback
  }
  const integer = (name: 'seed' | 'port', fallback: string, max: number) => {
    const number = Number(text(name, fallback))
    if (!Number.isInteger(number) || number < 0 || number > max)
      faults.push({ where: `--${name}`, what: `must be a whole number from 0 to ${max}` })
    return number
  }
  const seed = integer('seed', '20230510', 2 ** 32 - 1)
  const asked = text('leak', 'pages-by-url')
  const leak = asked === 'seeded' ? leakNames[seed % leakNames.length]! : leakNames.find((name) => name === asked)
  if (!leak) faults.push({ where: '--leak', what: `must be one of ${leakNames.join(', ')}, seeded` })
  const variant = text('variant', 'plain')
  const trial = trials.find(({ name }) => name === variant) ?? null
  const isVirtual = variant === thirteenHours.name
  if (variant !== 'plain' && variant !== 'registered' && !isVirtual && !trial) {
    const names = [thirteenHours, ...trials].map(({ name }) => name)
    faults.push({ where: '--variant', what: `must be registered or ${names.join(', ')}` })
  }
  if ((trial || isVirtual) && (values.leak !== undefined || values.fast === true))
    faults.push({
      where: '--variant',
      what: `${variant} chooses its own trouble and has no shorter form: leave --leak and --fast out`,
    })
  if (variant === 'registered' && leak && leak !== 'pages-by-url')
    faults.push({ where: '--variant', what: 'registered goes with --leak pages-by-url' })
  const options: ReplayOptions = {
    isFast: values.fast === true,
    seed,
    leak: leak ?? 'pages-by-url',
    isRegistered: variant === 'registered',
    trial,
    isVirtual,
    outDir: text('out', '.'),
    port: integer('port', '0', 65_535),
    wantsHelp: values.help === true,
  }
  if (faults.length > 0) throw new InvalidOptionError('npm run replay', faults)
  return options
}

/** The command that repeats this very run. */
export function commandOf(options: ReplayOptions): string {
  const flags = [
    ...(options.isFast ? ['--fast'] : []),
    `--seed ${options.seed}`,
    ...(options.trial
      ? [`--variant ${options.trial.name}`]
      : options.isVirtual
        ? [`--variant ${thirteenHours.name}`]
        : [`--leak ${options.leak}`]),
    ...(options.isRegistered ? ['--variant registered'] : []),
  ]
  return `npm run replay -- ${flags.join(' ')}`
}
