import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { randomBytes } from 'node:crypto'
import { messageOf, Reader, type Clock, type Random } from '@plimsoll/core'
import { readBody } from '../http/read-body.ts'
import type { Books, Charge } from './books.ts'
import type { Mischief } from './mischief.ts'

export interface TestProviderOptions {
  books: Books
  mischief: Mischief
  random: Random
  clock: Clock
}

const MAX_BODY_LENGTH = 4096

/**
 * A payment provider that moves no money: `POST /authorise`, `POST /void`, and `GET /books` for whoever audits it. Charges
 * once a key; a voided key is never charged again. The token `card-declined` is always declined.
 */
export function createTestProvider(options: TestProviderOptions): Server {
  const { books, mischief, random, clock } = options
  return createServer((request, response) => {
    if (request.method === 'GET' && request.url === '/books') return answer(response, 200, summarise(books))
    const act = request.method === 'POST' ? acts[request.url ?? ''] : undefined
    if (!act) return answer(response, 404, { error: 'POST /authorise, POST /void or GET /books' })
    settle(act, request).then(
      ([status, settled]) => {
        if (status === null) return
        if (mischief.delayMs === 0) answer(response, status, settled)
        else clock.after(mischief.delayMs, () => answer(response, status, settled))
      },
      (error: unknown) => answer(response, 400, { error: messageOf(error) }),
    )
  })

  /** Acts, and says how the answer goes out: null for not at all. */
  async function settle(act: Act, request: IncomingMessage): Promise<[number | null, unknown]> {
    const settled = act(JSON.parse(await readBody(request, MAX_BODY_LENGTH)), options)
    const draw = random.next()
    if (draw < mischief.timeoutShare) return [null, settled]
    return [draw < mischief.timeoutShare + mischief.repeatShare ? 503 : 200, settled]
  }
}

type Act = (body: unknown, options: TestProviderOptions) => unknown

const acts: Readonly<Record<string, Act>> = {
  '/authorise'(body, { books, mischief, random }) {
    const { key, amountCents, token } = readAuthorise(body)
    const known = books.find(key)
    if (known)
      return known.amountCents === amountCents ? known : { status: 'declined', reason: 'the key was used before' }
    const isDeclined = token === 'card-declined' || random.next() < mischief.declineShare
    const charge: Charge = {
      key,
      amountCents,
      status: isDeclined ? 'declined' : 'authorised',
      reference: randomBytes(9).toString('base64url'),
      reason: isDeclined ? 'The card was declined by its bank.' : null,
    }
    books.write(charge)
    return charge
  },
  '/void'(body, { books }) {
    const key = new Reader(body).object().at('key').string({ maxLength: 100 })
    const known = books.find(key)
    const charge: Charge = { amountCents: 0, reference: '', ...known, key, status: 'voided', reason: 'voided' }
    if (known?.status !== 'voided') books.write(charge)
    return charge
  },
}

function readAuthorise(body: unknown) {
  const reader = new Reader(body).object()
  const asked = {
    key: reader.at('key').string({ maxLength: 100 }),
    amountCents: reader.at('amountCents').integer({ min: 1 }),
    token: reader.at('token').string({ maxLength: 100 }),
  }
  reader.finish('Authorisation')
  return asked
}

function summarise(books: Books) {
  const summary = { authorisedCount: 0, authorisedCents: 0, declinedCount: 0, voidedCount: 0 }
  for (const { status, amountCents } of books.all()) {
    summary[`${status}Count`]++
    if (status === 'authorised') summary.authorisedCents += amountCents
  }
  return summary
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
