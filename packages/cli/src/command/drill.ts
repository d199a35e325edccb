import { paths, type Incident, type NotificationView, type PlanView } from '@plimsoll/console/contract'
import { formatDuration, parseDuration, SECOND_MS } from '@plimsoll/core'
import { textOf, UsageError, type Command, type Input } from '../command.ts'
import { ConsoleClient, consoleFlags } from '../console-client.ts'
import { nameOf } from './resolve.ts'

const ASK_EVERY_MS = 2 * SECOND_MS

/** `plimsoll drill`: rehearses the plan of a service. Exit code 1 when nobody answered or somebody could not be reached. */
export const drill: Command = {
  name: 'drill',
  usage: 'drill SERVICE [flags]',
  summary: 'rehearse who is called for a service, and say where nobody would have answered',
  flags: {
    for: { value: 'SPAN', help: 'how long to wait for somebody to acknowledge (default 15m)' },
    by: { value: 'NAME', help: 'in whose name (default: whoever runs this)' },
    json: { help: 'the report for other programs' },
    ...consoleFlags,
  },
  notes: [
    'Real people are really called, in their real order; each message says that it is a drill. Nothing is done to the service.',
    'Example: plimsoll drill shop --for=10m',
  ],
  words: { min: 1, max: 1 },
  async run(input: Input) {
    const service = input.words[0]!
    const spanMs = parseDuration(textOf(input, 'for') ?? '15m')
    if (spanMs === null || spanMs < SECOND_MS) throw new UsageError('--for must be a span such as 10m or 1h.')
    const client = new ConsoleClient(input, process.env)
    const say = (line: string) => void (input.flags.has('json') || process.stdout.write(`${line}\n`))
    const { gaps } = await client.get<PlanView>(paths.plan(service))
    for (const gap of gaps) say(`gap      ${gap}`)
    const by = nameOf(input)
    let incident = await client.post<Incident>(paths.drills, { service, ...(by === undefined ? {} : { by }) })
    say(`begun    ${incident.key}; waiting up to ${formatDuration(spanMs)} for somebody to acknowledge`)
    // Whoever interrupts it still wants to know, and nobody shall be called on for a drill that nobody watches.
    let isInterrupted = false
    process.once('SIGINT', () => (isInterrupted = true))
    const endMs = incident.openedAtMs + spanMs
    let told = 0
    while (incident.state === 'open' && Date.now() < endMs && !isInterrupted) {
      await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS))
      incident = await client.get<Incident>(paths.incident(incident.id))
      const lines = incident.timeline.filter(
        ({ kind }) => kind === 'page' || kind === 'escalate' || kind === 'undeliverable',
      )
      for (const { sentence } of lines.slice(told)) say(`         ${sentence}`)
      told = lines.length
    }
    const report = reportOf(incident, gaps)
    if (incident.state !== 'resolved')
      await client.post<Incident>(paths.resolve(incident.id), {
        note: 'The drill is over',
        ...(by === undefined ? {} : { by }),
      })
    if (input.flags.has('json')) process.stdout.write(`${JSON.stringify(report, null, 2)}\n`)
    else process.stdout.write(describe(report))
    return report.answeredBy !== null && report.unreached.length === 0 ? 0 : 1
  },
}

interface Report {
  service: string
  answeredBy: string | null
  answeredAfterMs: number | null
  /** Messages that were accepted before somebody answered. */
  reached: { level: number | null; team: string | null; channel: string; to: string; afterMs: number }[]
  unreached: { level: number | null; team: string | null; channel: string; to: string; why: string }[]
  gaps: string[]
}

/** What a drill showed. Pure. */
export function reportOf(incident: Incident, gaps: string[]): Report {
  const pages = incident.notifications.filter(({ reason }) => reason === 'page')
  const of = ({ level, team, channel, to }: NotificationView) => ({ level, team, channel, to })
  const { acknowledgedAtMs, acknowledgedBy, openedAtMs, service } = incident
  return {
    service,
    answeredBy: acknowledgedBy,
    answeredAfterMs: acknowledgedAtMs === null ? null : acknowledgedAtMs - openedAtMs,
    reached: pages
      .filter(({ status }) => status === 'sent')
      .map((page) => ({ ...of(page), afterMs: page.sentAtMs! - openedAtMs })),
    // What was called back because somebody answered in time was not needed. Called back for another reason, it reached nobody.
    unreached: pages
      .filter(({ status }) => status !== 'sent' && (status !== 'cancelled' || acknowledgedBy === null))
      .map((page) => ({
        ...of(page),
        why: page.lastError ?? (page.status === 'cancelled' ? 'called back before it was sent' : 'not sent yet'),
      })),
    gaps,
  }
}

/** The same for people. Pure. */
export function describe({ answeredBy, answeredAfterMs, reached, unreached, gaps, service }: Report): string {
  const who = ({ level, team, channel, to }: Report['reached'][number] | Report['unreached'][number]) =>
    `${level === null ? '' : `level ${level} `}${team ?? ''} by ${channel} ${to}`
  const answer =
    answeredBy === null
      ? `Nobody answered for ${service}.`
      : `${answeredBy} answered for ${service} after ${formatDuration(answeredAfterMs!)}.`
  return [
    ...reached.map((page) => `reached  ${who(page)}, after ${formatDuration(page.afterMs)}`),
    ...unreached.map((page) => `NOT      ${who(page)}: ${page.why}`),
    `${answer} ${unreached.length > 0 ? `${unreached.length} did not get through.` : reached.length > 0 ? 'Every message was accepted.' : 'No message was sent.'} ${gaps.length === 0 ? 'The plan has no gap.' : `The plan has ${gaps.length} ${gaps.length === 1 ? 'gap' : 'gaps'}.`}`,
    '',
  ].join('\n')
}
