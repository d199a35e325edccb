import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/**
 * Serves the metrics to Prometheus on the loopback, from the watchdog's thread: also while the main thread is stopped. Shows numbers
 * and names of routes, files and variables, so it listens to nobody but this machine.
 */
export function serveMetrics(
  port: number,
  { render, tell }: { render(): string; tell(sentence: string): void },
): { close(): void } {
  const server = createServer((request, response) => {
    const isWanted = request.method === 'GET' && request.url?.split('?', 1)[0] === '/metrics'
    response.writeHead(isWanted ? 200 : 404, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' })
    response.end(isWanted ? render() : 'The metrics are at /metrics.\n')
  })
  server.maxConnections = 10
  server.on('error', ({ message }) =>
    tell(`no metrics on port ${port}: ${message}. Choose another PLIMSOLL_METRICS_PORT.`),
  )
  server.listen(port, '127.0.0.1', () => {
    if (port === 0) tell(`metrics: http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`)
  })
  server.unref()
  return { close: () => void server.close() }
}
