import diagnostics from 'node:diagnostics_channel'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Sample } from '@plimsoll/core/wire'
import type { Guard } from '../../guard.ts'
import { LatencyHistogram } from '../latency-histogram.ts'
import { FastifyRoutes } from './fastify-routes.ts'
import { nameRoute } from './route-name.ts'

/** Requests under way beyond this many are counted, not timed. */
const MAX_IN_FLIGHT = 5000
/** Routes beyond this many share one name. */
const MAX_ROUTES = 50
/** Routes told in a sample, the busiest first. */
const MAX_TOLD_ROUTES = 20

interface StartMessage {
  request: IncomingMessage
  response: ServerResponse
  server: Server
}
interface Route {
  requestCount: number
  errorCount: number
  latency: LatencyHistogram
}

/** Served requests, told by Node itself: works for every framework on `node:http`, without touching the host's objects. */
export class HttpSource {
  readonly #nowMs: () => number
  readonly #routes = new Map<string, Route>()
  /** Requests under way and when each began, in no order. A scan from the youngest finds one sooner than a map, while there are few. */
  readonly #underWay: { response: ServerResponse; startedAtMs: number }[] = []
  readonly #fastifyRoutes: FastifyRoutes
  readonly #servers = new Set<WeakRef<Server>>()
  readonly #knownServers = new WeakSet<Server>()
  readonly #subscriptions: [string, (message: unknown) => void][]
  #totalCount = 0
  #windowErrorCount = 0
  #answered: StartMessage | null = null
  #countAtRead = 0

  constructor(guard: Guard, nowMs: () => number) {
    this.#nowMs = nowMs
    this.#fastifyRoutes = new FastifyRoutes(guard)
    // Called for every request, so the guard is only asked when something was thrown.
    const fail = guard('http', (thrown: unknown) => {
      throw thrown
    })
    const start = (message: unknown): void => {
      try {
        this.#start(message as StartMessage)
      } catch (thrown) {
        fail(thrown)
      }
    }
    const finish = (message: unknown): void => {
      try {
        this.#finish(message as StartMessage)
      } catch (thrown) {
        fail(thrown)
      }
    }
    this.#subscriptions = [
      ['http.server.request.start', start],
      ['http.server.response.finish', finish],
    ]
    for (const [channel, subscriber] of this.#subscriptions) diagnostics.subscribe(channel, subscriber)
  }

  /** Requests answered since the start. */
  get totalCount(): number {
    return this.#totalCount
  }

  /**
   * Requests whose objects are alive now: those under way, and the one that was answered last. That one we hold while others come, since
   * what V8 compiled refers weakly to the hidden classes it was compiled for: when no request, response or connection is
   * there during a full collection, their classes die, the code that relies on them is thrown away, and what serves requests is compiled
   * anew, which costs more than the collection.
   */
  get openCount(): number {
    return this.#underWay.length + (this.#answered ? 1 : 0)
  }

  /** Servers that took requests, as long as they live. */
  servers(): Server[] {
    const alive: Server[] = []
    for (const reference of this.#servers) {
      const server = reference.deref()
      if (server) alive.push(server)
      else this.#servers.delete(reference)
    }
    return alive
  }

  read(): Pick<Sample, 'http' | 'routes'> {
    this.#endAborted()
    // Where nobody asks any more, nothing is held: it may be large.
    if (this.#totalCount === this.#countAtRead) this.#answered = null
    this.#countAtRead = this.#totalCount
    if (this.#totalCount === 0) return { http: null, routes: [] }
    const all = new LatencyHistogram()
    for (const { latency } of this.#routes.values()) all.add(latency)
    const http = {
      requestCount: all.count,
      errorCount: this.#windowErrorCount,
      latencyMsP50: all.quantileMs(0.5),
      latencyMsP99: all.quantileMs(0.99),
      latencyMsMax: all.maxMs,
    }
    const routes = [...this.#routes]
      .filter(([, route]) => route.requestCount > 0)
      .sort(([, left], [, right]) => right.requestCount - left.requestCount)
      .slice(0, MAX_TOLD_ROUTES)
      .map(([name, { requestCount, errorCount, latency }]) => ({
        route: name,
        requestCount,
        errorCount,
        latencyMsP99: latency.quantileMs(0.99),
      }))
    this.#windowErrorCount = 0
    for (const route of this.#routes.values()) {
      route.requestCount = route.errorCount = 0
      route.latency.reset()
    }
    return { http, routes }
  }

  stop(): void {
    for (const [channel, subscriber] of this.#subscriptions) diagnostics.unsubscribe(channel, subscriber)
    this.#fastifyRoutes.stop()
    this.#underWay.length = 0
    this.#answered = null
  }

  #start({ response, server }: StartMessage): void {
    if (!this.#knownServers.has(server) && this.#servers.size < 20) {
      this.#knownServers.add(server)
      this.#servers.add(new WeakRef(server))
    }
    if (this.#underWay.length < MAX_IN_FLIGHT) this.#underWay.push({ response, startedAtMs: this.#nowMs() })
    else this.#totalCount++
  }

  #finish(answered: StartMessage): void {
    const { request, response } = answered
    this.#answered = answered
    for (let index = this.#underWay.length - 1; index >= 0; index--) {
      if (this.#underWay[index]!.response !== response) continue
      return this.#record(request, this.#takeOut(index), response.statusCode >= 500)
    }
  }

  /** Answers when it began. */
  #takeOut(index: number): number {
    const { startedAtMs } = this.#underWay[index]!
    const last = this.#underWay.pop()!
    if (index < this.#underWay.length) this.#underWay[index] = last
    return startedAtMs
  }

  /** An aborted request never finishes; its response is destroyed with the socket, and we look for that at every reading. */
  #endAborted(): void {
    for (let index = this.#underWay.length - 1; index >= 0; index--) {
      const { response } = this.#underWay[index]!
      if (response.destroyed || response.socket?.destroyed) this.#record(response.req, this.#takeOut(index), true)
    }
  }

  #record(request: IncomingMessage, startedAtMs: number, hasFailed: boolean): void {
    const latencyMs = this.#nowMs() - startedAtMs
    this.#totalCount++
    if (hasFailed) this.#windowErrorCount++
    const route = this.#routeOf(nameRoute(request, this.#fastifyRoutes))
    route.requestCount++
    if (hasFailed) route.errorCount++
    route.latency.record(latencyMs)
  }

  #routeOf(name: string): Route {
    const known = this.#routes.get(name)
    if (known) return known
    if (this.#routes.size >= MAX_ROUTES) return this.#routes.get('other') ?? this.#addRoute('other')
    return this.#addRoute(name)
  }

  #addRoute(name: string): Route {
    const route = { requestCount: 0, errorCount: 0, latency: new LatencyHistogram() }
    this.#routes.set(name, route)
    return route
  }
}
