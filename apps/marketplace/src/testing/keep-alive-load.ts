import { Agent, get } from 'node:http'
import { createSeededRandom, nextExponential } from '@plimsoll/core'

export interface LoadResult {
  answeredCount: number
  /** Connections that broke under a request: each is a request that a shopper saw fail. */
  droppedCount: number
  /** Answers by status. */
  statuses: Record<string, number>
  /** Answers by the worker that gave them. */
  workers: Record<string, number>
  /** The first few errors, for the failure's message. */
  errors: string[]
}

/** Some shoppers, each on a kept connection, each pausing a little between requests; nothing is tried a second time. */
export function startLoad(options: {
  url: string
  paths: readonly string[]
  shopperCount: number
  pauseMs?: number
  seed?: number
}) {
  const { url, paths, shopperCount, pauseMs = 20, seed = 1 } = options
  const result: LoadResult = { answeredCount: 0, droppedCount: 0, statuses: {}, workers: {}, errors: [] }
  let isStopping = false
  const shoppers = Array.from({ length: shopperCount }, (_, number) => shop(number))
  return {
    result,
    async stop(): Promise<LoadResult> {
      isStopping = true
      await Promise.all(shoppers)
      return result
    },
  }

  async function shop(number: number): Promise<void> {
    const random = createSeededRandom(seed * 1000 + number)
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    for (let step = number; !isStopping; step++) {
      await ask(agent, new URL(paths[step % paths.length]!, url))
      await new Promise((resolve) => setTimeout(resolve, nextExponential(random, pauseMs)))
    }
    agent.destroy()
  }

  function ask(agent: Agent, target: URL): Promise<void> {
    return new Promise((resolve) => {
      const drop = (error: Error) => {
        result.droppedCount++
        if (result.errors.length < 5) result.errors.push(`${target.pathname}: ${error.message}`)
        resolve()
      }
      const request = get(target, { agent }, (response) => {
        const worker = String(response.headers['x-served-by'])
        response.resume()
        response.on('error', drop)
        response.on('end', () => {
          result.answeredCount++
          count(result.statuses, String(response.statusCode))
          count(result.workers, worker)
          resolve()
        })
      })
      request.on('error', drop)
    })
  }
}

function count(counts: Record<string, number>, name: string): void {
  counts[name] = (counts[name] ?? 0) + 1
}
