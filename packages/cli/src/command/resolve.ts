import { userInfo } from 'node:os'
import { paths, type ActRequest, type Incident } from '@plimsoll/console/contract'
import { textOf, type Command, type Input } from '../command.ts'
import { ConsoleClient, consoleFlags } from '../console-client.ts'
import { parseIncidentId } from '../incident-id.ts'

/** `plimsoll resolve`: it is over. */
export const resolve: Command = {
  name: 'resolve',
  usage: 'resolve ID [flags]',
  summary: 'say that an incident is over; its postmortem is drafted',
  flags: {
    note: { value: 'TEXT', help: 'a word for the timeline' },
    by: { value: 'NAME', help: 'in whose name (default: whoever runs this)' },
    ...consoleFlags,
  },
  notes: ['Example: plimsoll resolve INC-7 --note="the old version is back"'],
  words: { min: 1, max: 1 },
  async run(input: Input) {
    const id = parseIncidentId(input.words[0]!)
    const request: ActRequest = { note: textOf(input, 'note'), by: nameOf(input) }
    const incident = await new ConsoleClient(input, process.env).post<Incident>(paths.resolve(id), request)
    process.stdout.write(
      `${incident.key} is resolved. Its postmortem is drafted: plimsoll incidents ${incident.key} --json\n`,
    )
    return 0
  },
}

/** Whoever runs the command; a user without a name in the system is a tool. */
export function nameOf(input: Input): string | undefined {
  const said = textOf(input, 'by')
  if (said !== undefined) return said
  try {
    return userInfo().username
  } catch {
    return undefined
  }
}
