import { readFileSync } from 'node:fs'
import { paths } from '@plimsoll/console/contract'
import { messageOf } from '@plimsoll/core'
import { UsageError, type Command, type Input } from '../command.ts'
import { ConsoleClient, consoleFlags } from '../console-client.ts'

/** `plimsoll import`: takes an export into an empty console. */
export const importCommand: Command = {
  name: 'import',
  usage: 'import FILE [flags]',
  summary: 'take what was exported into an empty console',
  flags: { ...consoleFlags },
  words: { min: 1, max: 1 },
  async run(input: Input) {
    const client = new ConsoleClient(input, process.env)
    const { rowCount } = await client.postText<{ rowCount: number }>(paths.import, readText(input.words[0]!))
    process.stdout.write(`Taken in: ${rowCount} rows. What was under way goes on here.\n`)
    return 0
  },
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new UsageError(`The export cannot be read: ${messageOf(error)}`)
  }
}
