import type { FastifyInstance } from 'fastify'
import type { Rooms } from '../rooms.ts'

const TEXT = 'text/plain; version=0.0.4; charset=utf-8'
const OPEN_METRICS = 'application/openmetrics-text; version=1.0.0; charset=utf-8'

/**
 * What the console says of itself, for Prometheus, with any token; an agent's of one service reads only that. All are gauges,
 * which text format 0.0.4 and OpenMetrics 1.0.0 write alike but for the end.
 */
export function registerMetricsRoute(server: FastifyInstance, { fleet, facts, engine, live }: Rooms): void {
  server.get('/metrics', { config: { who: 'scrape' } }, async ({ agent, headers }, reply) => {
    const lines: string[] = []
    const gauge = (name: string, help: string, rows: readonly [labels: Record<string, string>, value: number][]) => {
      lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} gauge`)
      for (const [labels, value] of rows) lines.push(`${name}${showLabels(labels)} ${value}`)
    }
    const own = agent?.service ?? null
    const isShown = (service: string) => own === null || service === own
    const processes = fleet
      .serviceNames()
      .filter(isShown)
      .flatMap((service) =>
        facts(service)
          .processes.filter(({ presence }) => presence === 'alive')
          .map((process) => ({ labels: { service, process: process.identity.name }, process })),
      )
    gauge(
      'plimsoll_process_depth_bytes',
      'What stays after a full garbage collection, else heap used.',
      processes.flatMap(({ labels, process }) =>
        process.depthBytes === null ? [] : [[labels, process.depthBytes] as [Record<string, string>, number]],
      ),
    )
    gauge(
      'plimsoll_heap_limit_bytes',
      "V8's ceiling.",
      processes.flatMap(({ labels, process }) =>
        process.limitBytes === null ? [] : [[labels, process.limitBytes] as [Record<string, string>, number]],
      ),
    )
    const open = engine.openIncidents().filter(({ service }) => isShown(service))
    gauge('plimsoll_console_incidents', 'Incidents that are not resolved.', [
      [{ state: 'open' }, open.filter(({ state }) => state === 'open').length],
      [{ state: 'acknowledged' }, open.filter(({ state }) => state === 'acknowledged').length],
    ])
    gauge('plimsoll_console_listeners', 'Pages that listen to the stream.', [[{}, live.listeners.length]])
    gauge('plimsoll_console_resident_bytes', 'Memory of the console itself.', [[{}, process.memoryUsage.rss()]])
    const isOpenMetrics = /\bapplication\/openmetrics-text\b/i.test(headers.accept ?? '')
    if (isOpenMetrics) lines.push('# EOF')
    return reply
      .header('vary', 'accept')
      .type(isOpenMetrics ? OPEN_METRICS : TEXT)
      .send(`${lines.join('\n')}\n`)
  })
}

function showLabels(labels: Record<string, string>): string {
  const shown = Object.entries(labels).map(
    ([name, value]) => `${name}="${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`,
  )
  return shown.length === 0 ? '' : `{${shown.join(',')}}`
}
