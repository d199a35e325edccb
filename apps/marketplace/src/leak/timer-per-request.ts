import type { IncomingMessage } from 'node:http'

const HOUR_MS = 3_600_000

/** “Warn when a visitor is quiet for an hour”: one timer for each request, and none is ever stopped. */
export function warnWhenQuiet(request: IncomingMessage): void {
  const trail = Array.from({ length: 40 }, (_, index) => `${request.url} ${index}`)
  setInterval(() => trail.reverse(), HOUR_MS).unref()
}
