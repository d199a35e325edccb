import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

import { InvalidOptionError, systemClock } from '@plimsoll/core'
import {
  coloured,
  exitCodeOf,
  formatHtml,
  formatJunit,
  formatMarkdown,
  formatProgress,
  formatSarif,
  formatText,
  loadConfig,
  plainStyle,
  runSoak,
  type Progress,
  type SoakConfig,
  type SoakResult,
} from '@plimsoll/soak'
import { textOf, UsageError, type Command, type Input } from '../command.ts'

/** Plain lines come this often, where nothing can be rewritten. */
const LINE_EVERY_MS = 10_000

/** `plimsoll soak`: does a build leak? */
export const soak: Command = {
  name: 'soak',
  usage: "soak 'COMMAND' --get PATH [flags]",
  summary: 'start a service, drive it, and say with confidence whether memory stays behind',
  flags: {
    get: { value: 'PATH', help: "path to ask; '/products/{1..50000}' asks each once. May be given several times" },
    post: {
      value: "'PATH BODY'",
      help: 'the same with a body, JSON or a form: \'/orders {"sku":"s{1..500}"}\'',
    },
    header: { value: "'NAME: VALUE'", help: 'sent with every --get and --post: a token, a cookie' },
    config: { value: 'FILE', help: 'soak.config.ts or .js with journeys, gates and the rest (see defineSoak)' },
    rate: { value: 'N', help: 'requests a second; default half of what the service can do, at most 1000' },
    for: { value: 'DURATION', help: 'drive for so long, decided or not: 8h' },
    cap: { value: 'DURATION', help: 'give up undecided after so long; default 110s' },
    ready: { value: 'PATH', help: 'path that is asked until it is answered; default the first --get' },
    'ready-within': { value: 'DURATION', help: 'how long the service may take to answer first; default 30s' },
    knee: { help: 'afterwards find the rate at which it stops keeping up, and what gives out there' },
    against: { value: 'GITREF', help: 'compare with this version: is what is here slower?' },
    build: { value: 'COMMAND', help: "what builds a version, with --against: 'npm run build'" },
    json: { value: 'FILE', help: 'write the result as JSON' },
    html: { value: 'FILE', help: 'write a page with charts that needs nothing from anywhere' },
    markdown: { value: 'FILE', help: 'write a summary for a pull request' },
    junit: { value: 'FILE', help: 'write the gates as JUnit XML' },
    sarif: { value: 'FILE', help: 'write culprits as SARIF, for code scanning' },
  },
  notes: [
    'The service is told its port by PORT and needs no change. Exit code 0: proven good, 1: proven bad, 2: not decided, 3: no verdict.',
    "Example: plimsoll soak 'node server.js' --get '/products/{1..50000}' --get /",
  ],
  words: { min: 0, max: Infinity },
  takesRest: true,
  async run(input) {
    const configFile = textOf(input, 'config')
    const config = await readConfig(input, configFile)
    const abort = new AbortController()
    const onSignal = (signal: NodeJS.Signals): void => abort.abort(signal)
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
    for (const signal of signals) process.once(signal, onSignal)
    const screen = createScreen()
    try {
      const result = await runSoak({
        config,
        configFile: configFile && resolve(configFile),
        cwd: process.cwd(),
        clock: systemClock,
        onProgress: screen.show,
        abortSignal: abort.signal,
      })
      screen.clear()
      process.stdout.write(formatText(result, screen.isTerminal && !process.env['NO_COLOR'] ? coloured() : plainStyle))
      writeReports(input, result)
      return exitCodeOf(result)
    } catch (error) {
      screen.clear()
      if (abort.signal.aborted) {
        process.stderr.write('plimsoll: the soak was interrupted; what it started has been ended.\n')
        return abort.signal.reason === 'SIGINT' ? 130 : 143
      }
      if (error instanceof InvalidOptionError) throw new UsageError(error.message)
      throw error
    } finally {
      for (const signal of signals) process.off(signal, onSignal)
    }
  },
}

async function readConfig(input: Input, configFile: string | undefined): Promise<SoakConfig> {
  const words = [...input.words, ...input.rest]
  if (words.length > 1)
    throw new UsageError(`The command is one word, in quotes: plimsoll soak '${words.join(' ')}' --get /`)
  const fromFile = configFile === undefined ? {} : ((await loadConfig(resolve(configFile))) as Partial<SoakConfig>)
  const get = input.lists.get('get')
  const rate = textOf(input, 'rate')
  if (rate !== undefined && !(Number(rate) > 0))
    throw new UsageError(`--rate must be a number above 0, and is "${rate}".`)
  const start = words[0] ?? fromFile.start
  if (start === undefined)
    throw new UsageError("No service to start. Say how: plimsoll soak 'node server.js' --get '/products/{1..50000}'")
  const said = {
    get: get && [...get],
    post: input.lists.get('post') && [...input.lists.get('post')!],
    headers: readHeaders(input.lists.get('header')),
    ratePerSec: rate === undefined ? undefined : Number(rate),
    for: textOf(input, 'for'),
    cap: textOf(input, 'cap'),
    ready: textOf(input, 'ready'),
    readyWithin: textOf(input, 'ready-within'),
    knee: input.flags.has('knee') ? true : undefined,
  }
  const ref = textOf(input, 'against')
  const build = textOf(input, 'build')
  if (build !== undefined && ref === undefined && fromFile.against === undefined)
    throw new UsageError('--build builds what --against compares: --against main --build "npm run build".')
  const against = {
    ...fromFile.against,
    ...(ref === undefined ? {} : { ref }),
    ...(build === undefined ? {} : { build }),
  }
  const given = Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined))
  return {
    ...fromFile,
    ...given,
    ...(against.ref === undefined ? {} : { against: { ...against, ref: against.ref } }),
    start,
  }
}

function readHeaders(lines: readonly string[] | undefined): Record<string, string> | undefined {
  if (!lines) return undefined
  const headers = new Map<string, [name: string, value: string]>()
  for (const line of lines) {
    const [, name, value] = /^\s*([^\s:]+)\s*:\s*(.*?)\s*$/.exec(line) ?? []
    // What it holds may be a secret.
    if (name === undefined || value === undefined)
      throw new UsageError("A --header has no name. Write: --header 'authorization: Bearer TOKEN'")
    if (headers.has(name.toLowerCase()))
      throw new UsageError(
        `--header ${name} is given twice, and is sent once. Write both values in one, such as: --header 'cookie: a=1; b=2'`,
      )
    headers.set(name.toLowerCase(), [name, value])
  }
  return Object.fromEntries(headers.values())
}

const formats: Record<string, (result: SoakResult) => string> = {
  json: (result) => `${JSON.stringify(result, null, 2)}\n`,
  html: formatHtml,
  markdown: formatMarkdown,
  junit: formatJunit,
  sarif: formatSarif,
}

function writeReports(input: Input, result: SoakResult): void {
  for (const [flag, format] of Object.entries(formats)) {
    const file = textOf(input, flag)
    if (file === undefined) continue
    mkdirSync(dirname(resolve(file)), { recursive: true })
    writeFileSync(file, format(result))
  }
}

interface Screen {
  isTerminal: boolean
  show(progress: Progress): void
  clear(): void
}

/** One line that is rewritten on a terminal; elsewhere a line now and then. */
function createScreen(): Screen {
  const { stderr } = process
  const isTerminal = stderr.isTTY === true
  let toldAtMs = -Infinity
  return {
    isTerminal,
    show(progress) {
      const line = formatProgress(progress)
      if (isTerminal) return void stderr.write(`\r\u001B[K${line.slice(0, (stderr.columns ?? 80) - 1)}`)
      if (progress.phase === 'soak' && progress.elapsedMs - toldAtMs < LINE_EVERY_MS) return
      toldAtMs = progress.elapsedMs
      stderr.write(`soak: ${line}\n`)
    },
    clear() {
      if (isTerminal) stderr.write('\r\u001B[K')
    },
  }
}
