import { parseArgs } from 'node:util'
import { PlimsollError } from '@plimsoll/core'

/** One flag of a command. */
export interface Flag {
  /** What stands for its value in the help, `URL`; absent when it takes none. */
  value?: string
  help: string
  /** The values it may have, when they can be listed. */
  choices?: readonly string[]
}

/** A subcommand: what its help says, and what it does. */
export interface Command {
  name: string
  /** Behind `plimsoll `: `run [flags] -- COMMAND…`. */
  usage: string
  summary: string
  flags: Record<string, Flag>
  /** Lines below the flags. */
  notes?: readonly string[]
  /** How many words it takes besides flags. Default none. */
  words?: { min: number; max: number }
  /** Whether it takes everything behind `--`. */
  takesRest?: boolean
  /** Answers the exit code. */
  run(input: Input): Promise<number>
}

/** A command line as the command gets it: flags known, counted and chosen from the list. */
export interface Input {
  flags: ReadonlyMap<string, string | true>
  words: readonly string[]
  rest: readonly string[]
  /** Every value of a flag that was given more than once, in order. */
  lists: ReadonlyMap<string, readonly string[]>
}

/** The command line cannot be understood. Exit code 2, as shells have it. */
export class UsageError extends PlimsollError {
  constructor(message: string) {
    super('PLIMSOLL_USAGE', message)
  }
}

/** @throws {@link UsageError} with the first thing that cannot be understood, and what would be */
export function parseInput(command: Command, argv: readonly string[]): Input {
  const divider = argv.indexOf('--')
  const own = divider === -1 ? argv : argv.slice(0, divider)
  const rest = divider === -1 ? [] : argv.slice(divider + 1)
  const options = Object.fromEntries(
    Object.entries(command.flags).map(([name, flag]) => [
      name,
      { type: flag.value ? ('string' as const) : ('boolean' as const) },
    ]),
  )
  const { tokens } = parseArgs({ args: [...own], options, strict: false, tokens: true, allowPositionals: true })
  const flags = new Map<string, string | true>()
  const lists = new Map<string, string[]>()
  const words: string[] = []
  for (const token of tokens) {
    if (token.kind === 'positional') words.push(token.value)
    if (token.kind !== 'option') continue
    const value = checkFlag(command, token.name, token.rawName, token.value)
    flags.set(token.name, value)
    if (value !== true) lists.set(token.name, [...(lists.get(token.name) ?? []), value])
  }
  const { min, max } = command.words ?? { min: 0, max: 0 }
  if (words.length > max) throw new UsageError(unexpectedWord(command, words[max]!))
  if (words.length < min) throw new UsageError(`Too little is said. Usage: plimsoll ${command.usage}`)
  if (rest.length > 0 && !command.takesRest) throw new UsageError(`plimsoll ${command.name} takes nothing behind "--".`)
  return { flags, words, rest, lists }
}

function checkFlag(command: Command, name: string, rawName: string, value: string | undefined): string | true {
  const flag = Object.hasOwn(command.flags, name) ? command.flags[name]! : null
  if (flag === null) {
    const known = Object.keys(command.flags).map((key) => `--${key}`)
    throw new UsageError(`plimsoll ${command.name} has no flag ${rawName}. It has ${known.join(', ')}.`)
  }
  if (!flag.value) {
    if (value !== undefined) throw new UsageError(`${rawName} takes no value, and got "${value}".`)
    return true
  }
  if (value === undefined || value === '') throw new UsageError(`${rawName} needs a value: ${rawName}=${flag.value}`)
  if (flag.choices && !flag.choices.includes(value)) {
    throw new UsageError(`${rawName} must be one of ${flag.choices.join(', ')}, and is "${value}".`)
  }
  return value
}

function unexpectedWord(command: Command, word: string): string {
  if (!command.takesRest) return `plimsoll ${command.name} does not know what to do with "${word}".`
  return `Put "--" before the command, so that its flags stay its own: plimsoll ${command.name} -- ${word} …`
}

/** A flag that counts something. */
export function countOf(input: Input, name: string, range: { min: number; max: number }): number | undefined {
  const value = input.flags.get(name)
  if (typeof value !== 'string') return undefined
  const count = Number(value)
  if (!Number.isInteger(count) || count < range.min || count > range.max) {
    throw new UsageError(`--${name} must be a whole number from ${range.min} to ${range.max}, and is "${value}".`)
  }
  return count
}

export function textOf(input: Input, name: string): string | undefined {
  const value = input.flags.get(name)
  return typeof value === 'string' ? value : undefined
}

export function checkHttpUrl(what: string, text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url && /^https?:$/.test(url.protocol)) return url
  throw new UsageError(`${what} must be an http or https address such as http://127.0.0.1:7700, and is "${text}".`)
}
