import diagnostics from 'node:diagnostics_channel'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Sample } from '@plimsoll/core/wire'
import { MAX_FAILURES, type Guard } from '../../guard.ts'
import { LatencyHistogram } from '../latency-histogram.ts'
import { FastifyRoutes } from './fastify-routes.ts'
import { hashRoute, nameDeclared, nameRoute } from './route-name.ts'

/** Requests under way beyond this many are counted, not timed. */
const MAX_IN_FLIGHT = 5000
/** The youngest of them are looked for one by one: for few that is faster than a map. */
const MAX_YOUNG = 64
/** A request with a body beyond this is not held. */
const MAX_HELD_BODY_BYTES = 16 * 1024
const MAX_SERVERS = 20
/** Routes beyond this many share one name. */
const MAX_ROUTES = 50
/** Routes told in a sample, the busiest first. */
const MAX_TOLD_ROUTES = 20

interface StartMessage {
  request: IncomingMessage
  response: ServerResponse
  server: Server
}
interface UnderWay {
  asked: StartMessage
  startedAtMs: number
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
  /** The same by {@link hashRoute}, of those that no framework named. */
  readonly #guessed = new Map<number, Route>()
  /** Requests under way: the youngest in no order, as Node told of them, so that nothing is made for a request; and the others. */
  readonly #young: StartMessage[] = []
  readonly #youngStartedAtMs = new Float64Array(MAX_YOUNG)
  readonly #older = new Map<ServerResponse, UnderWay>()
  #nextOlder = 0
  readonly #fastifyRoutes: FastifyRoutes
  readonly #servers = new Set<WeakRef<Server>>()
  readonly #knownServers = new WeakSet<Server>()
  readonly #subscriptions: [string, (message: unknown) => void][]
  #totalCount = 0
  #windowErrorCount = 0
  #held: StartMessage | null = null
  #countAtRead = 0
  #underWayAtRead = 0

  constructor(guard: Guard, nowMs: () => number) {
    this.#nowMs = nowMs
    this.#fastifyRoutes = new FastifyRoutes(guard)
    // Called for every request, so the guard is only asked when something was thrown.
    const tell = guard('http', (thrown: unknown) => {
      throw thrown
    })
    let failureCount = 0
    const fail = (thrown: unknown): void => {
      tell(thrown)
      if (++failureCount >= MAX_FAILURES) this.stop()
    }
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
   * Requests whose objects are alive now: those under way, and one that was answered. That one we hold while others come, since
   * what V8 compiled refers weakly to the hidden classes it was compiled for: when no request, response or connection is
   * there during a full collection, their classes die, the code that relies on them is thrown away, and what serves requests is compiled
   * anew, which costs more than the collection. It is always the same one, so that floors do not differ by what each request carried,
   * and one without a body to speak of.
   */
  get openCount(): number {
    return this.#young.length + this.#older.size + (this.#held ? 1 : 0)
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
    if (this.#totalCount === this.#countAtRead) this.#held = null
    const underWayCount = this.#young.length + this.#older.size
    const arrivedCount = this.#totalCount - this.#countAtRead + underWayCount - this.#underWayAtRead
    this.#countAtRead = this.#totalCount
    this.#underWayAtRead = underWayCount
    if (this.#totalCount + underWayCount === 0) return { http: null, routes: [] }
    const all = new LatencyHistogram()
    for (const { latency } of this.#routes.values()) all.add(latency)
    const http = {
      requestCount: all.count,
      arrivedCount,
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
    this.#young.length = 0
    this.#older.clear()
    this.#held = null
  }

  #start(asked: StartMessage): void {
    // The held request's server is known, and mostly the only one.
    if (this.#held?.server !== asked.server) this.#noteServer(asked.server)
    let at = this.#young.length
    if (at === MAX_YOUNG) {
      if (this.#older.size + MAX_YOUNG >= MAX_IN_FLIGHT) return void this.#totalCount++
      at = this.#nextOlder = (this.#nextOlder + 1) % MAX_YOUNG
      const older = this.#young[at]!
      this.#older.set(older.response, { asked: older, startedAtMs: this.#youngStartedAtMs[at]! })
    }
    this.#youngStartedAtMs[at] = this.#nowMs()
    this.#young[at] = asked
  }

  #noteServer(server: Server): void {
    if (this.#knownServers.has(server) || this.#servers.size >= MAX_SERVERS) return
    this.#knownServers.add(server)
    this.#servers.add(new WeakRef(server))
  }

  #finish(answered: StartMessage): void {
    const { request, response, server } = answered
    // Not one that came before we listened: nobody noted its server, and nobody would while it is held.
    if (!this.#held && this.#knownServers.has(server) && hasSmallBody(request)) this.#held = answered
    this.#end(response, response.statusCode >= 500)
  }

  #end(response: ServerResponse, hasFailed: boolean): void {
    for (let index = this.#young.length - 1; index >= 0; index--) {
      const { request, response: asked } = this.#young[index]!
      if (asked !== response) continue
      const startedAtMs = this.#youngStartedAtMs[index]!
      const last = this.#young.pop()!
      if (index < this.#young.length) {
        this.#young[index] = last
        this.#youngStartedAtMs[index] = this.#youngStartedAtMs[this.#young.length]!
      }
      return this.#record(request, startedAtMs, hasFailed)
    }
    const entry = this.#older.get(response)
    if (!entry) return
    this.#older.delete(response)
    this.#record(entry.asked.request, entry.startedAtMs, hasFailed)
  }

  /**
   * An aborted request never finishes; its response is destroyed with the socket, and we look for that at every reading. One that waits
   * behind another of its connection has no socket yet, but its request has.
   */
  #endAborted(): void {
    const underWay = [...this.#young, ...Array.from(this.#older.values(), ({ asked }) => asked)]
    for (const { request, response } of underWay) {
      if (response.destroyed || request.socket.destroyed) this.#end(response, true)
    }
  }

  #record(request: IncomingMessage, startedAtMs: number, hasFailed: boolean): void {
    const latencyMs = this.#nowMs() - startedAtMs
    this.#totalCount++
    if (hasFailed) this.#windowErrorCount++
    const route = this.#routeOf(request)
    route.requestCount++
    if (hasFailed) route.errorCount++
    route.latency.record(latencyMs)
  }

  #routeOf(request: IncomingMessage): Route {
    const declared = nameDeclared(request, this.#fastifyRoutes)
    if (declared !== null) return this.#routeNamed(declared)
    const hash = hashRoute(request)
    const known = this.#guessed.get(hash)
    if (known) return known
    const route = this.#routeNamed(nameRoute(request))
    if (this.#guessed.size < MAX_ROUTES) this.#guessed.set(hash, route)
    return route
  }

  #routeNamed(name: string): Route {
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

function hasSmallBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] === undefined && !(Number(headers['content-length'] ?? 0) > MAX_HELD_BODY_BYTES)
}
