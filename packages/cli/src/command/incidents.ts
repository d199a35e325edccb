import { paths, type Incident, type IncidentList } from '@plimsoll/console/contract'
import type { Command, Input } from '../command.ts'
import { ConsoleClient, consoleFlags } from '../console-client.ts'
import { parseIncidentId } from '../incident-id.ts'
import { formatIncident, formatIncidentDetail } from '../output/incident.ts'
import { createStyle } from '../output/style.ts'

/** `plimsoll incidents`: what is wrong, for those who sit at a terminal. */
export const incidents: Command = {
  name: 'incidents',
  usage: 'incidents [ID] [flags]',
  summary: 'list the incidents that are open, or show one of them',
  flags: {
    all: { help: 'those that are resolved as well' },
    json: { help: 'as the console says it, for other programs' },
    ...consoleFlags,
  },
  notes: ['Example: plimsoll incidents INC-7'],
  words: { min: 0, max: 1 },
  async run(input: Input) {
    const style = createStyle(process.stdout.isTTY === true, process.env)
    const client = new ConsoleClient(input, process.env)
    const [word] = input.words
    if (word !== undefined) {
      const incident = await client.get<Incident>(paths.incident(parseIncidentId(word)))
      print(input, incident, formatIncidentDetail(incident, Date.now(), style))
      return 0
    }
    const query = input.flags.has('all') ? '' : '?state=open'
    const list = await client.get<IncidentList>(paths.incidents + query)
    const text = list.incidents.map((incident) => formatIncident(incident, Date.now(), style)).join('\n')
    const none = input.flags.has('all') ? 'There has been no incident.\n' : 'No incident is open.\n'
    print(input, list, text || none)
    return 0
  },
}

function print(input: Input, answer: unknown, text: string): void {
  process.stdout.write(input.flags.has('json') ? `${JSON.stringify(answer, null, 2)}\n` : text)
}
