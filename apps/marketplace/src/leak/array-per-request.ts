import type { IncomingMessage } from 'node:http'

/** “Recent requests, for the error page.” Nobody ever said how many are recent. */
const recentRequests: { at: Date; url: string; headers: Record<string, unknown>; describe: () => string }[] = []

export function rememberRequest(request: IncomingMessage): void {
  const headers = { ...request.headers }
  const url = request.url ?? ''
  const trail = Array.from({ length: 60 }, (_, step) => `${step}: ${request.method} ${url}`)
  recentRequests.push({ at: new Date(), url, headers, describe: () => trail.join('\n') })
}
