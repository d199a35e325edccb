import { Agent, request, type IncomingHttpHeaders } from 'node:http'
import { createSeededRandom, nextBelow } from '@plimsoll/core'
import type { CheckoutAnswer } from '../checkout/checkout.ts'

export interface Acknowledged {
  key: string
  orderId: number
  totalCents: number
}

/**
 * Buyers over HTTP who do not give up: whatever breaks, they send the same order with the same key again until they hear
 * how it ended. What they heard is what the shop has to stand by.
 */
export function startBuyers(options: {
  url: string
  buyerCount: number
  listingIds: readonly number[]
  seed?: number
}) {
  const { url, buyerCount, listingIds, seed = 1 } = options
  const acknowledged: Acknowledged[] = []
  const unhappy: Record<string, number> = {}
  let retryCount = 0
  let isStopping = false
  const buyers = Array.from({ length: buyerCount }, (_, number) => buy(number))
  return {
    acknowledged,
    async stop() {
      isStopping = true
      await Promise.all(buyers)
      return { acknowledged, unhappy, retryCount }
    },
  }

  async function buy(number: number): Promise<void> {
    const random = createSeededRandom(seed * 1_000 + number)
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const visitor = await persistently(() => greet(agent))
    for (let round = 0; !isStopping; round++) {
      const key = `buyer-${String(number).padStart(4, '0')}-order-${String(round).padStart(6, '0')}`
      const ids = [...new Set([pick(random, listingIds), pick(random, listingIds)])]
      const body = orderBody(visitor, key, ids, number)
      const answer = await persistently(() => placeOrder(agent, visitor, body))
      if (answer.outcome === 'paid') acknowledged.push({ key, orderId: answer.orderId, totalCents: answer.totalCents })
      else unhappy[answer.outcome] = (unhappy[answer.outcome] ?? 0) + 1
    }
    agent.destroy()
  }

  /** Until it answers; a buyer who meets nothing but failures for a minute has found a shop that is closed. */
  async function persistently<T>(act: () => Promise<T | null>): Promise<T> {
    const endMs = performance.now() + 60_000
    for (;;) {
      const answer = await act().catch(() => null)
      if (answer !== null) return answer
      if (performance.now() > endMs) throw new Error('The shop has not answered for a minute.')
      retryCount++
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }

  async function greet(agent: Agent): Promise<Visitor | null> {
    const { status, headers, body } = await ask(agent, 'GET', `/p/${listingIds[0]}`, {})
    if (status !== 200) return null
    const prices = new Map<number, number>()
    for (const id of listingIds) {
      const page = await ask(agent, 'GET', `/p/${id}`, {})
      if (page.status !== 200) return null
      prices.set(id, Math.round(Number(/"price":"([\d.]+)"/.exec(page.body)![1]) * 100))
    }
    const cookie = String(headers['set-cookie']).split(';')[0]!
    return { cookie, csrf: /name="csrf" value="([^"]+)"/.exec(body)![1]!, prices }
  }

  async function placeOrder(agent: Agent, { cookie }: Visitor, body: string): Promise<CheckoutAnswer | null> {
    const headers = { cookie, accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' }
    const answer = await ask(agent, 'POST', '/checkout', headers, body)
    return answer.status >= 500 ? null : (JSON.parse(answer.body) as CheckoutAnswer)
  }

  function ask(agent: Agent, method: string, path: string, headers: Record<string, string>, body = '') {
    return new Promise<{ status: number; headers: IncomingHttpHeaders; body: string }>((resolve, reject) => {
      const asked = request(new URL(path, url), {
        agent,
        method,
        headers: { ...headers, 'content-length': body.length },
      })
      asked.setTimeout(15_000, () => asked.destroy(new Error('no answer')))
      asked.on('error', reject)
      asked.on('response', (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
        response.on('error', reject)
        response.on('end', () => resolve({ status: response.statusCode!, headers: response.headers, body: text }))
      })
      asked.end(body)
    })
  }
}

interface Visitor {
  cookie: string
  csrf: string
  prices: Map<number, number>
}

function orderBody({ csrf, prices }: Visitor, key: string, ids: number[], number: number): string {
  const form = new URLSearchParams({
    csrf,
    idempotencyKey: key,
    email: `buyer-${number}@shop.example`,
    name: `Buyer ${number}`,
    street: 'Quay Lane 1',
    postalCode: '12345',
    city: 'Northport',
    country: 'Ireland',
    paymentToken: 'card-ok',
  })
  for (const id of ids) form.append('line', `${id}:1:${prices.get(id)}`)
  return form.toString()
}

function pick<T>(random: { next(): number }, choices: readonly T[]): T {
  return choices[nextBelow(random, choices.length)]!
}
