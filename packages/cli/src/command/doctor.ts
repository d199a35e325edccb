import { paths, type Diagnosis } from '@plimsoll/console/contract'
import type { Command, Input } from '../command.ts'
import { ConsoleClient, consoleFlags } from '../console-client.ts'

const marks = { ok: 'ok  ', warning: 'look', bad: 'BAD ' } as const

/** `plimsoll doctor`: what is well with a console, and what is not. Exit code 1 when something is bad. */
export const doctor: Command = {
  name: 'doctor',
  usage: 'doctor [flags]',
  summary: 'say what is well with a console and what is not, gaps in plans included',
  flags: { json: { help: 'as the console says it, for other programs' }, ...consoleFlags },
  async run(input: Input) {
    const { findings } = await new ConsoleClient(input, process.env).get<Diagnosis>(paths.doctor)
    const lines = findings.map(({ name, verdict, sentence }) => `${marks[verdict]}  ${name}: ${sentence}\n`)
    process.stdout.write(input.flags.has('json') ? `${JSON.stringify(findings, null, 2)}\n` : lines.join(''))
    return findings.some(({ verdict }) => verdict === 'bad') ? 1 : 0
  },
}
