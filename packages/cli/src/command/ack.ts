import { paths, type ActRequest, type Incident } from '@plimsoll/console/contract'
import { textOf, type Command, type Input } from '../command.ts'
import { ConsoleClient, consoleFlags } from '../console-client.ts'
import { parseIncidentId } from '../incident-id.ts'
import { nameOf } from './resolve.ts'

/** `plimsoll ack`: somebody has it; nobody else needs to be woken. */
export const ack: Command = {
  name: 'ack',
  usage: 'ack ID [flags]',
  summary: 'acknowledge an incident: you have it, and nobody else is called',
  flags: {
    note: { value: 'TEXT', help: 'a word for the timeline' },
    by: { value: 'NAME', help: 'in whose name (default: whoever runs this)' },
    ...consoleFlags,
  },
  notes: ['Example: plimsoll ack INC-7 --note="looking at the page cache"'],
  words: { min: 1, max: 1 },
  async run(input: Input) {
    const id = parseIncidentId(input.words[0]!)
    const request: ActRequest = { note: textOf(input, 'note'), by: nameOf(input) }
    const incident = await new ConsoleClient(input, process.env).post<Incident>(paths.acknowledge(id), request)
    const by = incident.acknowledgedBy === null ? '' : ` by ${incident.acknowledgedBy}`
    const rest = incident.state === 'resolved' ? 'It is resolved already.' : 'Nobody else is called.'
    process.stdout.write(`${incident.key} is acknowledged${by}. ${rest}\n`)
    return 0
  },
}
