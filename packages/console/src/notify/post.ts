import { HOUR_MS, messageOf, SECOND_MS } from '@plimsoll/core'
import { lookup as lookUp, type LookupAddress } from 'node:dns'
import { request as requestHttp, type IncomingMessage } from 'node:http'
import { request as requestHttps } from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import { mayCall } from './address-guard.ts'
import { DeliveryError } from './channel.ts'

export interface PostAnswer {
  status: number
  /** At most {@link MAX_ANSWER_BYTES} of it. */
  body: string
  retryAfterMs: number | null
}

const MAX_ANSWER_BYTES = 64 * 1024

/**
 * Posts a body. Redirects are not followed, for they would leave with signature and secrets; a name is looked up once and called
 * at the address that was judged, so that it can't lead elsewhere a moment later.
 * @throws {@link DeliveryError} when there is no answer, or the address must not be called
 */
export function post(
  target: string,
  { headers, body, abortSignal }: { headers: Record<string, string>; body: string; abortSignal: AbortSignal },
): Promise<PostAnswer> {
  const url = new URL(target)
  const { hostname } = url
  if (isIP(hostname.replace(/^\[|\]$/g, '')) !== 0 && !mayCall(hostname, hostname.replace(/^\[|\]$/g, '')))
    return Promise.reject(forbiddenError(hostname))
  return new Promise<PostAnswer>((resolve, reject) => {
    const fail = (error: unknown) => {
      const reason: unknown = abortSignal.aborted ? abortSignal.reason : error
      reject(
        reason instanceof DeliveryError
          ? reason
          : new DeliveryError(messageOf(reason), { isFinal: false, cause: reason }),
      )
    }
    const outgoing = (url.protocol === 'https:' ? requestHttps : requestHttp)(
      url,
      {
        method: 'POST',
        headers: { 'user-agent': 'Plimsoll', 'content-length': String(Buffer.byteLength(body)), ...headers },
        signal: abortSignal,
        lookup: guardedLookup(hostname),
        agent: false,
      },
      (response) => void readAnswer(response).then(resolve, fail),
    )
    outgoing.on('error', fail)
    outgoing.end(body)
  })
}

function guardedLookup(host: string): LookupFunction {
  return (name, options, done) => {
    lookUp(name, { ...options, all: true }, (error, found) => {
      const addresses = (error ? [] : found) as LookupAddress[]
      const allowed = addresses.filter(({ address }) => mayCall(host, address))
      if (error) return done(error, [])
      if (allowed.length === 0) return done(forbiddenError(host), [])
      return options.all ? done(null, allowed) : done(null, allowed[0]!.address, allowed[0]!.family)
    })
  }
}

function forbiddenError(host: string): NodeJS.ErrnoException {
  return new DeliveryError(
    `${host} leads to an address that must not be called: this machine under another name, or a place where clouds keep secrets.`,
    { isFinal: true },
  )
}

async function readAnswer(response: IncomingMessage): Promise<PostAnswer> {
  let body = ''
  response.setEncoding('utf8')
  for await (const chunk of response as AsyncIterable<string>) {
    body += chunk
    // What it says beyond could be endless.
    if (body.length > MAX_ANSWER_BYTES) break
  }
  response.destroy()
  return {
    status: response.statusCode ?? 0,
    body: body.slice(0, MAX_ANSWER_BYTES),
    retryAfterMs: readRetryAfter(response.headers['retry-after'], response.headers.date),
  }
}

/** Seconds, or a date, of which only the distance to the answer's own date is believed. */
function readRetryAfter(value: string | undefined, dateHeader: string | undefined): number | null {
  if (value === undefined) return null
  const seconds = Number(value)
  if (Number.isFinite(seconds)) return seconds >= 0 ? Math.min(seconds * SECOND_MS, HOUR_MS) : null
  const waitMs = Date.parse(value) - Date.parse(dateHeader ?? '')
  return Number.isFinite(waitMs) && waitMs >= 0 ? Math.min(waitMs, HOUR_MS) : null
}

/** What an answer means where 2xx is taken, 408, 429 and 5xx may be tried again, and the rest never will be taken. @throws {@link DeliveryError} */
export function checkAnswer({ status, body, retryAfterMs }: PostAnswer): void {
  if (status >= 200 && status < 300) return
  const isBusy = status === 429 || status === 408 || status >= 500
  // Whole: what is cut before its secrets are hidden keeps half of one.
  const words = body.trim()
  throw new DeliveryError(`It answered ${status}${words === '' ? '.' : `: ${words}`}`, {
    isFinal: !isBusy,
    retryAfterMs,
  })
}
