import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { KiB, messageOf, type Clock } from '@plimsoll/core'
import PostalMime from 'postal-mime'
import { SMTPServer } from 'smtp-server'

/** One message that left the console: a mail, or a page to somebody's pager. */
export interface Message {
  id: number
  atMs: number
  channel: 'mail' | 'page'
  /** What its sender tells it apart by: Message-ID, or Idempotency-Key. The same again is the same message again. */
  key: string
  to: string
  subject: string
  text: string
}

export interface Inbox {
  readonly smtpPort: number
  readonly pageUrl: string
  /** Newest first. */
  messages(): readonly Message[]
  clear(): void
  /** What is down refuses everything, as a server does that others wait for. */
  setDown(down: { mail: boolean; page: boolean }): void
  stop(): Promise<void>
}

/** The oldest message leaves when one more arrives: an inbox that never lets go would be a poor joke here. */
const MAX_MESSAGES = 200
const MAX_MESSAGE_BYTES = 256 * KiB

/** Starts the fake inbox: an SMTP server and a pager's webhook, both on loopback, that keep what the console sends. */
export async function startInbox(clock: Clock, onMessage: (message: Message) => void): Promise<Inbox> {
  const messages: Message[] = []
  let down = { mail: false, page: false }
  let nextId = 1
  const keep = (message: Omit<Message, 'id' | 'atMs'>) => {
    const kept = { id: nextId++, atMs: clock.nowMs(), ...message }
    messages.unshift(kept)
    messages.length = Math.min(messages.length, MAX_MESSAGES)
    onMessage(kept)
  }

  const smtp = new SMTPServer({
    disabledCommands: ['AUTH', 'STARTTLS'],
    size: MAX_MESSAGE_BYTES,
    maxClients: 20,
    onMailFrom(_address, _session, done) {
      if (down.mail) done(Object.assign(new Error('try again later'), { responseCode: 451 }))
      else done()
    },
    onData(stream, session, done) {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('error', done)
      stream.on('end', () => {
        const to = session.envelope.rcptTo.map(({ address }) => address).join(', ')
        PostalMime.parse(Buffer.concat(chunks)).then(
          (mail) => {
            keep({ channel: 'mail', key: mail.messageId ?? '', to, subject: mail.subject ?? '', text: mail.text ?? '' })
            done()
          },
          (error: unknown) => done(new Error(messageOf(error))),
        )
      })
    },
  })
  smtp.on('error', () => {})
  await new Promise<void>((resolve, reject) => {
    smtp.server.once('error', reject)
    smtp.listen(0, '127.0.0.1', () => resolve())
  })

  const pager = createServer((request, response) => {
    if (down.page) response.writeHead(503, { connection: 'close' }).end()
    else void receivePage(request, response, keep)
  })
  const pagerPort = await listen(pager)

  return {
    smtpPort: portOf(smtp.server.address()),
    pageUrl: `http://127.0.0.1:${pagerPort}/page`,
    messages: () => messages,
    clear: () => void (messages.length = 0),
    setDown: (change) => void (down = change),
    async stop() {
      await new Promise<void>((resolve) => smtp.close(() => resolve()))
      pager.closeAllConnections()
      await new Promise<void>((resolve) => pager.close(() => resolve()))
    },
  }
}

async function receivePage(
  request: IncomingMessage,
  response: ServerResponse,
  keep: (page: Omit<Message, 'id' | 'atMs'>) => void,
): Promise<void> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > MAX_MESSAGE_BYTES) {
      response.writeHead(413, { connection: 'close' }).end()
      return
    }
    chunks.push(chunk)
  }
  try {
    const page = JSON.parse(Buffer.concat(chunks).toString('utf8')) as Record<string, unknown>
    const field = (name: string) => (typeof page[name] === 'string' ? page[name] : '')
    const key = request.headers['idempotency-key']
    keep({
      channel: 'page',
      key: typeof key === 'string' ? key : '',
      to: field('team'),
      subject: field('subject'),
      text: field('text'),
    })
    response.writeHead(204).end()
  } catch {
    response
      .writeHead(400, { 'content-type': 'text/plain' })
      .end('A page is a JSON object with team, subject and text.\n')
  }
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => resolve(portOf(server.address())))
  })
}

function portOf(address: ReturnType<Server['address']>): number {
  if (address === null || typeof address === 'string') throw new Error('The inbox listens on a port, not on a path.')
  return address.port
}
