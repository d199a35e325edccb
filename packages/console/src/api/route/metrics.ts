import type { FastifyInstance } from 'fastify'
import type { Rooms } from '../rooms.ts'

/** What the console says of itself, for Prometheus: text format 0.0.4, with any token. An agent's of one service reads only that. */
export function registerMetricsRoute(server: FastifyInstance, { fleet, facts, engine, live }: Rooms): void {
  server.get('/metrics', { config: { who: 'scrape' } }, async ({ agent }, reply) => {
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
    return reply.type('text/plain; version=0.0.4; charset=utf-8').send(`${lines.join('\n')}\n`)
  })
}

function showLabels(labels: Record<string, string>): string {
  const shown = Object.entries(labels).map(
    ([name, value]) => `${name}="${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`,
  )
  return shown.length === 0 ? '' : `{${shown.join(',')}}`
}
