import { createWriteStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { paths } from '@plimsoll/console/contract'
import { UsageError, type Command, type Input } from '../command.ts'
import { ConsoleClient, consoleFlags } from '../console-client.ts'

/** `plimsoll export`: everything a console has stored, as JSON lines. */
export const exportCommand: Command = {
  name: 'export',
  usage: 'export FILE [flags]',
  summary: 'write everything a console has stored to a file',
  flags: { ...consoleFlags },
  notes: ['Passwords, tokens and sessions stay where they are. Take it in elsewhere with: plimsoll import FILE'],
  words: { min: 1, max: 1 },
  async run(input: Input) {
    const [file] = input.words
    const body = await new ConsoleClient(input, process.env).stream(paths.export)
    // It holds who was called and what they said: nobody else's to read.
    await pipeline(body, createWriteStream(file!, { mode: 0o600, flags: 'wx' })).catch((error: unknown) => {
      if ((error as { code?: string }).code !== 'EEXIST') throw error
      throw new UsageError(`${file} exists already and is not overwritten. Name another file.`)
    })
    process.stdout.write(`Written to ${file}.\n`)
    return 0
  },
}
