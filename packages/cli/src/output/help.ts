import { wrap } from '@plimsoll/core'
import type { Command } from '../command.ts'

const defaultWidth = 80

/** The list of commands. */
export function formatHelp(commands: readonly { name: string; summary: string }[], width = terminalWidth()): string {
  const rows = commands.map(({ name, summary }): [string, string] => [name, summary])
  return [
    'Usage: plimsoll COMMAND [flags]',
    '',
    ...formatRows(rows, width),
    '',
    'plimsoll COMMAND --help tells its flags, plimsoll --version the version; --verbose shows where an error arose.',
    '',
  ].join('\n')
}

/** One command with its flags. */
export function formatCommandHelp(command: Command, width = terminalWidth()): string {
  const rows = Object.entries(command.flags).map(([name, flag]): [string, string] => [
    `--${name}${flag.value ? `=${flag.value}` : ''}`,
    flag.help,
  ])
  const notes = (command.notes ?? []).flatMap((note) => wrap(note, width))
  return [
    `Usage: plimsoll ${command.usage}`,
    ...wrap(`${command.summary[0]!.toUpperCase()}${command.summary.slice(1)}.`, width),
    ...(rows.length > 0 ? ['', ...formatRows(rows, width)] : []),
    ...(notes.length > 0 ? ['', ...notes] : []),
    '',
  ].join('\n')
}

function formatRows(rows: readonly [string, string][], width: number): string[] {
  const indent = Math.max(...rows.map(([left]) => left.length)) + 4
  return rows.flatMap(([left, right]) =>
    wrap(right, Math.max(20, width - indent)).map(
      (line, index) => `  ${(index === 0 ? left : '').padEnd(indent - 2)}${line}`,
    ),
  )
}

function terminalWidth(): number {
  return Math.min(process.stdout.columns ?? defaultWidth, 100)
}
