import { formatDuration, parseDuration } from '@plimsoll/core'
import { textOf, UsageError, type Command, type Input } from '../command.ts'
import { ConsoleClient, consoleFlags } from '../console-client.ts'
import { nameOf } from './resolve.ts'

interface Silence {
  id: string
  status: { state: 'active' | 'pending' | 'expired' }
  matchers: { name: string; value: string; isRegex: boolean; isEqual: boolean }[]
  startsAt: string
  endsAt: string
  createdBy: string
  comment: string
}

/** `plimsoll silence`: for a while nobody is called for what matches. */
export const silence: Command = {
  name: 'silence',
  usage: 'silence [MATCHER…] [flags]',
  summary: 'call nobody for what matches, for a while; without a matcher: list the silences',
  flags: {
    for: { value: 'SPAN', help: 'for how long (default 1h)' },
    comment: { value: 'TEXT', help: 'why' },
    expire: { value: 'ID', help: 'end a silence now' },
    by: { value: 'NAME', help: 'in whose name (default: whoever runs this)' },
    json: { help: 'as the console says it, for other programs' },
    ...consoleFlags,
  },
  notes: [
    'A matcher is label=value, label!=value, label=~expression or label!~expression.',
    'Example: plimsoll silence service=web alertname=PlimsollLatencyBurn --for=2h --comment="load test"',
  ],
  words: { min: 0, max: 20 },
  async run(input: Input) {
    const client = new ConsoleClient(input, process.env)
    const expired = textOf(input, 'expire')
    if (expired !== undefined) {
      await client.delete(`/api/v2/silence/${encodeURIComponent(expired)}`)
      process.stdout.write(`The silence ${expired} has ended.\n`)
      return 0
    }
    if (input.words.length === 0) return list(input, client)
    const spanMs = parseDuration(textOf(input, 'for') ?? '1h')
    if (spanMs === null || spanMs < 1000) throw new UsageError('--for must be a span such as 30m, 2h or 1h30m.')
    const startsAtMs = Date.now()
    const wanted = {
      matchers: input.words.map(parseMatcher),
      startsAt: new Date(startsAtMs).toISOString(),
      endsAt: new Date(startsAtMs + spanMs).toISOString(),
      createdBy: nameOf(input) ?? 'a tool',
      comment: textOf(input, 'comment') ?? '',
    }
    const { silenceID } = await client.post<{ silenceID: string }>('/api/v2/silences', wanted)
    process.stdout.write(
      `Silent for ${formatDuration(spanMs)}: ${input.words.join(' ')}\nEnd it earlier with: plimsoll silence --expire=${silenceID}\n`,
    )
    return 0
  },
}

async function list(input: Input, client: ConsoleClient): Promise<number> {
  const silences = (await client.get<Silence[]>('/api/v2/silences')).filter(({ status }) => status.state !== 'expired')
  if (input.flags.has('json')) process.stdout.write(`${JSON.stringify(silences, null, 2)}\n`)
  else if (silences.length === 0) process.stdout.write('Nothing is silenced.\n')
  for (const { id, status, matchers, endsAt, createdBy, comment } of input.flags.has('json') ? [] : silences) {
    const what = matchers.map(
      ({ name, value, isRegex, isEqual }) =>
        `${name}${isEqual ? '=' : '!'}${isRegex ? '~' : isEqual ? '' : '='}${value}`,
    )
    const span = formatDuration(Math.max(0, Date.parse(endsAt) - Date.now()))
    process.stdout.write(
      `${status.state}  ${what.join(' ')}  for ${span} more, by ${createdBy}${comment === '' ? '' : `: ${comment}`}\n  ${id}\n`,
    )
  }
  return 0
}

function parseMatcher(word: string): Silence['matchers'][number] {
  const match = /^([^\s=!~]+)(=~|!~|!=|=)(.*)$/s.exec(word)
  if (!match) throw new UsageError(`A matcher is like service=web, and not "${word}".`)
  const [, name = '', operator = '', value = ''] = match
  return { name, value, isRegex: operator.endsWith('~'), isEqual: operator.startsWith('=') }
}
