import { randomBytes, timingSafeEqual } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import Fastify, { type FastifyInstance, type FastifyReply } from 'fastify'
import { BreakPanel, faultKinds, UnknownFaultError } from './faults.ts'
import type { Message } from './inbox.ts'

export interface DemoPage {
  readonly app: FastifyInstance
  /** What lets somebody in: the link with this key is printed at start and configured as a link of the console. */
  readonly key: string
  /** Tells every open page that something changed. */
  tell(): void
}

export interface DemoPageOptions {
  panel: BreakPanel
  links: { label: string; url: string }[]
  messages(): readonly Message[]
}

const MAX_OPEN_PAGES = 50
const shownMessages = 50

const read = (name: string) => readFileSync(new URL(`../page/${name}`, import.meta.url))
const files = [
  { path: '/', type: 'text/html; charset=utf-8', body: read('index.html') },
  { path: '/demo.css', type: 'text/css; charset=utf-8', body: read('demo.css') },
  { path: '/demo.js', type: 'text/javascript; charset=utf-8', body: read('demo.js') },
  { path: '/mark.svg', type: 'image/svg+xml', body: read('mark.svg') },
]

/** The break panel and the inbox as a page: who opens the printed link gets a cookie, who has none gets a sentence. */
export function createDemoPage(options: DemoPageOptions): DemoPage {
  const key = randomBytes(18).toString('base64url')
  const app = Fastify({ logger: false, bodyLimit: 1024, forceCloseConnections: true })
  const open = new Set<ServerResponse>()

  const state = () =>
    JSON.stringify({
      kinds: faultKinds.map(({ name, title, does, promise, lastsMs }) => ({ name, title, does, promise, lastsMs })),
      faults: options.panel.states(),
      links: options.links,
      messages: options.messages().slice(0, shownMessages),
    })
  const tell = () => {
    const event = `data: ${state()}\n\n`
    for (const page of open) page.write(event)
  }

  app.addHook('onRequest', async (request, reply) => {
    reply.headers({
      'content-security-policy': "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
    })
    const given = (request.query as { key?: string }).key
    if (given !== undefined && isSame(given, key)) {
      // Lax, because the link is followed from the console's page; a change needs our own page as its origin besides.
      return reply.header('set-cookie', `demo=${key}; HttpOnly; SameSite=Lax; Path=/`).redirect('/', 303)
    }
    const cookie = /(?:^|;\s*)demo=([^;]+)/.exec(request.headers.cookie ?? '')?.[1] ?? ''
    if (!isSame(cookie, key))
      return refuse(reply, 401, 'Open this page by the link that npm start printed: it carries the key.')
    if (request.method !== 'GET' && request.headers.origin !== `http://${request.headers.host}`) {
      return refuse(reply, 403, 'Only the page itself may break things.')
    }
  })

  for (const { path, type, body } of files) app.get(path, (_request, reply) => reply.type(type).send(body))

  app.get('/api/events', (request, reply) => {
    if (open.size >= MAX_OPEN_PAGES) return refuse(reply, 503, `${MAX_OPEN_PAGES} pages are open already; close one.`)
    reply.hijack()
    reply.raw.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
    reply.raw.write(`data: ${state()}\n\n`)
    open.add(reply.raw)
    request.raw.on('close', () => open.delete(reply.raw))
  })
  app.post<{ Params: { name: string } }>('/api/faults/:name', async (request, reply) => {
    await options.panel.begin(request.params.name)
    return reply.code(204).send()
  })
  app.delete('/api/fault', async (_request, reply) => {
    await options.panel.stop()
    return reply.code(204).send()
  })
  app.setErrorHandler((error, _request, reply) => {
    if (error instanceof UnknownFaultError) return refuse(reply, 404, error.message)
    return refuse(reply, 500, error instanceof Error ? error.message : String(error))
  })

  return { app, key, tell }
}

function refuse(reply: FastifyReply, status: number, sentence: string) {
  return reply.code(status).type('text/plain; charset=utf-8').send(`${sentence}\n`)
}

function isSame(given: string, wanted: string): boolean {
  const [left, right] = [Buffer.from(given), Buffer.from(wanted)]
  return left.length === right.length && timingSafeEqual(left, right)
}
