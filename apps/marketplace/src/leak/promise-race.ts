import type { IncomingMessage } from 'node:http'

/** Settles when the shop shuts down. Whatever ever raced against it is remembered by it. */
const shutdown = new Promise<string[]>((resolve) => process.once('SIGUSR2', () => resolve([])))

export function raceWithShutdown(request: IncomingMessage): void {
  const answer = Promise.resolve(Array.from({ length: 40 }, (_, index) => `${request.url} ${index}`))
  void Promise.race([shutdown, answer])
}
