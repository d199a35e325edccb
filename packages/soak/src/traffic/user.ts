import {
  assert,
  InvalidOptionError,
  nextBelow,
  nextNormal,
  parseDuration,
  type Clock,
  type Random,
  type Timer,
} from '@plimsoll/core'

import { Answer } from './answer.ts'
import type { Client, Connection, Method } from './client.ts'
import { CookieJar } from './cookie-jar.ts'
import { RequestFailedError, TrafficEndedError, type FailureKind } from './failure.ts'
import type { AskOptions, Checkout, Fields, User } from './journey.ts'
import { createZipf, type KeyPopularity } from './key-popularity.ts'
import type { Ledger, Phase, SessionMark } from './ledger.ts'
import { NotLoopbackError, type Target } from './loopback.ts'
import type { Form } from './page.ts'
import type { Response } from './response-parser.ts'

/** What all users of one run share. */
export interface World {
  clock: Clock
  client: Client
  target: Target
  ledger: Ledger
  zipfs: Map<string, KeyPopularity>
  counter: { fresh: number }
  /** Told before each request; answers whether it may be sent. */
  mayAsk(): boolean
  /** Resolves when the pause is over; null when there is none. */
  gate(): Promise<void> | null
  /** Told when the last request under way has ended. */
  onQuiet(): void
  /** Nobody may begin anything. */
  isOver(): boolean
  /** The lines were cut on this side. */
  isCut(): boolean
}

const MAX_REDIRECTS = 5
const MAX_ZIPFS = 100
const baseHeaders = 'user-agent: plimsoll-traffic\r\naccept: text/html,*/*\r\n'

export class VirtualUser implements User {
  readonly id: string
  readonly random: Random
  readonly #world: World
  readonly #connection: Connection
  readonly #jar = new CookieJar()
  readonly #mark: SessionMark
  /** The instant the next request is meant for. */
  #intendedMs: number
  #pause: { timer: Timer; reject: (error: TrafficEndedError) => void } | null = null

  constructor(world: World, id: string, random: Random, intendedMs: number, isCounted: boolean) {
    this.#world = world
    this.id = id
    this.random = random
    this.#intendedMs = intendedMs
    this.#connection = world.client.open()
    this.#mark = { isCounted, isSeen: false, isAffected: false, phaseSeen: null, phaseAffected: null }
  }

  get(path: string, options: AskOptions = {}): Promise<Answer> {
    return this.#ask('GET', path, null, options)
  }

  post(path: string, fields: Fields, options: AskOptions = {}): Promise<Answer> {
    return this.#ask('POST', path, encode(Object.entries(fields)), options)
  }

  send(method: Method, path: string, json?: unknown, options: AskOptions = {}): Promise<Answer> {
    return this.#ask(method, path, json === undefined ? null : toAsciiJson(json), { ...options, isJson: true })
  }

  submit(page: Answer, form: Form, changes: Fields = {}, options: AskOptions = {}): Promise<Answer> {
    const kept = form.fields.filter(([name]) => !Object.hasOwn(changes, name))
    const body = encode([...kept, ...Object.entries(changes)])
    const action = form.action === '' ? page.path : this.#resolve(form.action, page.path)
    if (form.method === 'POST') return this.#ask('POST', action, body, options)
    return this.#ask('GET', `${action.split('?', 1)[0]}?${body}`, null, options)
  }

  fresh(): number {
    return ++this.#world.counter.fresh
  }

  think(median: number | string, sigma = 0.6): Promise<void> {
    const { clock, isOver } = this.#world
    const medianMs = typeof median === 'string' ? parseDuration(median) : median
    assert(medianMs !== null, 'think takes milliseconds or a duration such as "1s"')
    const pauseMs = Math.min(20, Math.exp(sigma * nextNormal(this.random))) * medianMs
    if (isOver()) return Promise.reject(new TrafficEndedError())
    this.#intendedMs = clock.monotonicMs() + pauseMs
    return new Promise((resolve, reject) => {
      const wake = () => {
        this.#pause = null
        resolve()
      }
      this.#pause = { timer: clock.after(pauseMs, wake, { keepAlive: true }), reject }
    })
  }

  zipf(count: number, exponent = 0.9): number {
    const { zipfs } = this.#world
    const key = `${count}^${exponent}`
    let popularity = zipfs.get(key)
    if (!popularity) {
      if (zipfs.size >= MAX_ZIPFS) zipfs.clear()
      zipfs.set(key, (popularity = createZipf(count, exponent)))
    }
    return popularity.rank(this.random)
  }

  pick<T>(list: readonly T[]): T {
    assert(list.length > 0, 'a journey picks from a list that is not empty')
    return list[nextBelow(this.random, list.length)]!
  }

  chance(probability: number): boolean {
    return this.random.next() < probability
  }

  reconnect(): void {
    this.#connection.close()
  }

  recordCheckout(checkout: Checkout): void {
    this.#world.ledger.recordCheckout(checkout)
  }

  /** The traffic is over: wakes a user who thinks, so that the session ends. */
  wake(): void {
    this.#pause?.timer.cancel()
    this.#pause?.reject(new TrafficEndedError())
    this.#pause = null
  }

  /** Ends the connection; a request under way is not counted. */
  leave(): void {
    this.#connection.close()
  }

  async #ask(
    firstMethod: Method,
    firstPath: string,
    firstBody: string | null,
    options: AskOptions & { isJson?: boolean },
  ): Promise<Answer> {
    let method: Method = firstMethod
    const extra = extraHeaders(options)
    let path = this.#resolve(firstPath, '/')
    let body = firstBody
    for (let hops = 0; ; hops++) {
      const route = (hops === 0 ? options.route : undefined) ?? routeOf(method, path)
      const { response, phase } = await this.#exchange(method, path, body, route, extra, options)
      const fail = this.#checker(`${method} ${path}`, route, phase)
      const location = response.status >= 300 && response.status < 400 ? response.headers.get('location') : undefined
      if (location === undefined) return new Answer(response, path, fail)
      if (hops === MAX_REDIRECTS) throw fail(`it was redirected more than ${MAX_REDIRECTS} times`)
      path = this.#resolve(location, path)
      if (response.status !== 307 && response.status !== 308) {
        method = 'GET'
        body = null
      }
    }
  }

  async #exchange(
    method: Method,
    path: string,
    body: string | null,
    route: string,
    extra: string,
    { accept, isJson }: AskOptions & { isJson?: boolean },
  ) {
    const { ledger, clock, target, mayAsk, isCut, gate } = this.#world
    for (let closed = gate(); closed; closed = gate()) {
      await closed
      this.#intendedMs = clock.monotonicMs()
    }
    if (!mayAsk()) throw new TrafficEndedError()
    const phase = ledger.phase
    const intendedMs = this.#intendedMs
    const note = (failure: FailureKind | null, latencyMs: number | null, response: Response | null) =>
      ledger.recordRequest({
        route,
        phase,
        failure,
        status: response?.status ?? null,
        latencyMs,
        responseBytes: response?.body.length ?? 0,
        session: this.#mark,
      })
    const kind = body === null ? '' : isJson ? jsonHeaders : formHeaders(target)
    const headers = baseHeaders + this.#jar.header + kind + extra
    let response: Response
    ledger.inFlightCount++
    try {
      response = await this.#connection.exchange({ method, path, headers, body })
    } catch (error) {
      if (isCut()) throw new TrafficEndedError()
      if (error instanceof RequestFailedError) {
        note(error.kind, error.kind === 'timed-out' ? clock.monotonicMs() - intendedMs : null, null)
      }
      throw error
    } finally {
      if (--ledger.inFlightCount === 0) this.#world.onQuiet()
      this.#intendedMs = clock.monotonicMs()
    }
    if (response.setCookies.length > 0) this.#jar.take(response.setCookies, clock.nowMs())
    const failure = judgeStatus(response.status, accept)
    note(failure, this.#intendedMs - intendedMs, response)
    if (failure)
      throw new RequestFailedError(failure, `${method} ${path}`, `it was answered with status ${response.status}`)
    return { response, phase }
  }

  /** A request that was answered is failed by what its journey finds in the answer, at most once. */
  #checker(request: string, route: string, phase: Phase): (why: string) => RequestFailedError {
    let isFailed = false
    return (why) => {
      if (!isFailed) this.#world.ledger.recordCheckFailed(route, phase, this.#mark)
      isFailed = true
      return new RequestFailedError('check-failed', request, why)
    }
  }

  /** @throws NotLoopbackError when a link leads to another origin */
  #resolve(address: string, base: string): string {
    // A plain path is the rule, and parsing an address costs as much as the rest of the request.
    if (address.startsWith('/') && !address.startsWith('//') && plainPath.test(address)) return address
    const { authority, isTls } = this.#world.target
    const origin = `http${isTls ? 's' : ''}://${authority}`
    const url = URL.canParse(address, origin + base) ? new URL(address, origin + base) : null
    if (url?.origin !== new URL(origin).origin) throw new NotLoopbackError(address)
    return url.pathname + url.search
  }
}

/** Nothing that would have to be escaped in a request line, no dot segments, no fragment. */
const plainPath = /^(?:\/(?!\.{1,2}(?:[/?]|$))[\w\-.~%!$&'()*+,;=:@]*)+(?:\?[\w\-.~%!$&'()*+,;=:@/?]*)?$/

function judgeStatus(status: number, accept: readonly number[] | undefined): FailureKind | null {
  if (status < 400 || accept?.includes(status)) return null
  return status >= 500 ? 'server-error' : 'check-failed'
}

const jsonHeaders = 'content-type: application/json\r\n'

/** @throws InvalidOptionError for a header that would end its line */
function extraHeaders({ headers }: AskOptions): string {
  if (!headers) return ''
  return Object.entries(headers)
    .map(([name, value]) => {
      if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name) || /[^\t\x20-\x7e\x80-\xff]/.test(value))
        throw new InvalidOptionError('Request', [{ where: `headers.${name}`, what: 'is no header that can be sent' }])
      return `${name}: ${value}\r\n`
    })
    .join('')
}

/** JSON without a byte above 127, as it goes out byte for byte. */
function toAsciiJson(value: unknown): string {
  return JSON.stringify(value).replaceAll(
    /[\u0080-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

function formHeaders({ authority, isTls }: Target): string {
  return `origin: http${isTls ? 's' : ''}://${authority}\r\ncontent-type: application/x-www-form-urlencoded\r\n`
}

function encode(fields: readonly (readonly [string, string | number])[]): string {
  return new URLSearchParams(fields.map(([name, value]): [string, string] => [name, String(value)])).toString()
}

/** `GET /p/17?sid=…` is `GET /p/:id`: whatever holds a digit is an id. */
export function routeOf(method: string, path: string): string {
  const [bare] = path.split('?', 1)
  return `${method} ${bare!.replaceAll(/[^/]*\d[^/]*/g, ':id')}`
}
