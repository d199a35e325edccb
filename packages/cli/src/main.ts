import { readFileSync } from 'node:fs'
import { InvalidOptionError, messageOf, PlimsollError } from '@plimsoll/core'
import { parseInput, UsageError, type Command } from './command.ts'
import { formatCommandHelp, formatHelp } from './output/help.ts'

/** Every command, in the order of the help. Loaded when asked for: `run` starts at once and stays small. */
const commands: readonly {
  name: string
  summary: string
  load: () => Promise<Command>
  /** Exit code when it could not begin, where 1 and 2 say something of its own. */
  failsWith?: number
}[] = [
  { name: 'run', summary: 'run a service under watch', load: async () => (await import('./command/run.ts')).run },
  {
    name: 'soak',
    summary: 'drive a service, and say whether it leaks',
    failsWith: 3,
    load: async () => (await import('./command/soak.ts')).soak,
  },
  {
    name: 'console',
    summary: 'start the console',
    load: async () => (await import('./command/console.ts')).consoleCommand,
  },
  {
    name: 'incidents',
    summary: 'list incidents, or show one',
    load: async () => (await import('./command/incidents.ts')).incidents,
  },
  {
    name: 'snapshot',
    summary: 'read a heap snapshot: what holds most',
    load: async () => (await import('./command/snapshot.ts')).snapshot,
  },
  {
    name: 'diff',
    summary: 'compare two heap snapshots: what holds more than before',
    load: async () => (await import('./command/diff.ts')).diff,
  },
  {
    name: 'review',
    summary: 'review code for what grows and cannot shrink',
    failsWith: 2,
    load: async () => (await import('./command/review.ts')).review,
  },
  { name: 'ack', summary: 'acknowledge an incident', load: async () => (await import('./command/ack.ts')).ack },
  {
    name: 'resolve',
    summary: 'say that an incident is over',
    load: async () => (await import('./command/resolve.ts')).resolve,
  },
  {
    name: 'silence',
    summary: 'call nobody for what matches, for a while',
    load: async () => (await import('./command/silence.ts')).silence,
  },
  {
    name: 'drill',
    summary: 'rehearse who is called for a service',
    load: async () => (await import('./command/drill.ts')).drill,
  },
  {
    name: 'export',
    summary: 'write everything a console has stored to a file',
    load: async () => (await import('./command/export.ts')).exportCommand,
  },
  {
    name: 'import',
    summary: 'take an export into an empty console',
    load: async () => (await import('./command/import.ts')).importCommand,
  },
  {
    name: 'doctor',
    summary: 'say what is well with a console and what is not',
    load: async () => (await import('./command/doctor.ts')).doctor,
  },
]

/** The `plimsoll` command: takes what stands behind its name, answers the exit code. */
export async function main(argv: readonly string[]): Promise<number> {
  const divider = argv.indexOf('--')
  const own = divider === -1 ? argv : argv.slice(0, divider)
  const isVerbose = own.includes('--verbose')
  try {
    return await dispatch(
      own.filter((word) => word !== '--verbose'),
      argv.slice(own.length),
    )
  } catch (error) {
    const stack = isVerbose && error instanceof Error ? `\n${error.stack}` : ''
    process.stderr.write(`plimsoll: ${describeError(error)}${stack}\n`)
    if (!(error instanceof PlimsollError) && !isVerbose)
      process.stderr.write('Say it again with --verbose to see where.\n')
    return commands.find(({ name }) => name === argv[0])?.failsWith ?? (error instanceof UsageError ? 2 : 1)
  }
}

/** Faults of a file are mended one by one, so each has a line of its own. */
function describeError(error: unknown): string {
  if (!(error instanceof InvalidOptionError) || error.faults.length < 2) return messageOf(error)
  return [`${error.subject}:`, ...error.faults.map(({ where, what }) => `  ${where} ${what}`)].join('\n')
}

/** `rest` begins with the divider `--`, when there is one. */
async function dispatch([name, ...own]: readonly string[], rest: readonly string[]): Promise<number> {
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    process.stdout.write(formatHelp(commands))
    return name === undefined ? 2 : 0
  }
  if (name === '--version' || name === '-v') {
    process.stdout.write(`${readVersion()}\n`)
    return 0
  }
  const entry = commands.find((command) => command.name === name)
  if (!entry) {
    const names = commands.map((command) => command.name).join(', ')
    throw new UsageError(`There is no command "${name}". There is ${names}; plimsoll --help tells what each does.`)
  }
  const command = await entry.load()
  if (own.includes('--help') || own.includes('-h')) {
    process.stdout.write(formatCommandHelp(command))
    return 0
  }
  return command.run(parseInput(command, [...own, ...rest]))
}

function readVersion(): string {
  const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }
  return manifest.version
}
