import type { IncomingMessage } from 'node:http'

/** Only 20 characters of each request are kept, and V8 keeps the whole of what they were cut from. */
const tokens = new Set<string>()

export function keepToken(request: IncomingMessage): void {
  const text = JSON.stringify({ url: request.url, headers: request.headers, at: Date.now(), pad: 'x'.repeat(3000) })
  tokens.add(text.slice(0, 20))
}
