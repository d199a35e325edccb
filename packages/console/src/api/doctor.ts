import { formatBytes, formatDuration } from '@plimsoll/core'
import { messageOf } from '@plimsoll/core'
import type { Diagnosis } from './contract.ts'
import type { Rooms } from './rooms.ts'
import { toPlan } from './view/plan.ts'

/** What is well and what is not, each with what to do. */
export async function examine({ sql, clock, config, serviceNames, facts, journal, engine }: Rooms): Promise<Diagnosis> {
  const findings: Diagnosis['findings'] = []
  const say = (name: string, verdict: 'ok' | 'warning' | 'bad', sentence: string) =>
    findings.push({ name, verdict, sentence })
  const startedMs = clock.monotonicMs()
  try {
    const [row] = await sql<{ version: string; deadCount: number; waitingSinceMs: number | null }[]>`
      select current_setting('server_version') as version,
        (select count(*)::integer from outbox where status = 'dead') as "deadCount",
        (select min(created_at_ms) from outbox where status in ('pending', 'sending')) as "waitingSinceMs"`
    const tookMs = clock.monotonicMs() - startedMs
    say('store', tookMs < 250 ? 'ok' : 'warning', `PostgreSQL ${row!.version} answers in ${Math.round(tookMs)} ms.`)
    const waitedMs = row!.waitingSinceMs === null ? 0 : clock.nowMs() - row!.waitingSinceMs
    say(
      'messages',
      waitedMs > 60_000 ? 'bad' : row!.deadCount > 0 ? 'warning' : 'ok',
      waitedMs > 60_000
        ? `A message waits since ${formatDuration(waitedMs)}: see Messages for why.`
        : row!.deadCount > 0
          ? `${row!.deadCount} messages could not be delivered at all: see Messages, and mend their addresses.`
          : 'Nothing waits.',
    )
  } catch (error) {
    say('store', 'bad', `The store does not answer: ${messageOf(error)}`)
  }
  say(
    'samples',
    journal.droppedCount === 0 ? 'ok' : 'warning',
    journal.droppedCount === 0
      ? 'Every sample is kept on disk.'
      : `${journal.droppedCount} samples found no room while the disk was slow or full.`,
  )
  const rss = process.memoryUsage.rss()
  say('memory', rss < 512 * 1024 * 1024 ? 'ok' : 'warning', `The console holds ${formatBytes(rss)}.`)
  const services = serviceNames()
  if (services.length === 0) say('services', 'warning', 'No service has reported. Start one with plimsoll run.')
  for (const service of services) {
    const { gaps } = toPlan(service, config, facts(service))
    const sentence = gaps.length === 0 ? 'Its plan has no gap.' : gaps.join(' ')
    say(`plan of ${service}`, gaps.length === 0 ? 'ok' : 'warning', sentence)
  }
  const open = engine.openIncidents().filter(({ state }) => state === 'open').length
  say(
    'incidents',
    open === 0 ? 'ok' : 'warning',
    open === 0 ? 'None waits for somebody.' : `${open} wait for somebody to acknowledge.`,
  )
  return { findings }
}
