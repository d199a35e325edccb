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
interface UnderWay {
  startedAtMs: number
  request: IncomingMessage
}

/** Served requests, told by Node itself: works for every framework on `node:http`, without touching the host's objects. */
export class HttpSource {
  readonly #nowMs: () => number
  readonly #latency = new LatencyHistogram()
  readonly #routes = new Map<string, Route>()
  readonly #underWay = new Map<ServerResponse, UnderWay>()
  readonly #fastifyRoutes: FastifyRoutes
  readonly #servers = new Set<WeakRef<Server>>()
  readonly #knownServers = new WeakSet<Server>()
  readonly #subscriptions: [string, (message: unknown) => void][]
  #totalCount = 0
  #windowErrorCount = 0

  constructor(guard: Guard, nowMs: () => number) {
    this.#nowMs = nowMs
    this.#fastifyRoutes = new FastifyRoutes(guard)
    this.#subscriptions = [
      ['http.server.request.start', guard('http start', (message: unknown) => this.#start(message as StartMessage))],
      [
        'http.server.response.finish',
        guard('http finish', (message: unknown) => this.#finish(message as StartMessage)),
      ],
    ]
    for (const [channel, subscriber] of this.#subscriptions) diagnostics.subscribe(channel, subscriber)
  }

  /** Requests answered since the start. */
  get totalCount(): number {
    return this.#totalCount
  }

  /** Requests under way now. */
  get openCount(): number {
    return this.#underWay.size
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
    if (this.#totalCount === 0) return { http: null, routes: [] }
    const http = {
      requestCount: this.#latency.count,
      errorCount: this.#windowErrorCount,
      latencyMsP50: this.#latency.quantileMs(0.5),
      latencyMsP99: this.#latency.quantileMs(0.99),
      latencyMsMax: this.#latency.maxMs,
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
    this.#latency.reset()
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
    this.#underWay.clear()
  }

  #start({ request, response, server }: StartMessage): void {
    if (!this.#knownServers.has(server) && this.#servers.size < 20) {
      this.#knownServers.add(server)
      this.#servers.add(new WeakRef(server))
    }
    if (this.#underWay.size < MAX_IN_FLIGHT) this.#underWay.set(response, { startedAtMs: this.#nowMs(), request })
    else this.#totalCount++
  }

  #finish({ response }: StartMessage): void {
    const underWay = this.#underWay.get(response)
    if (!underWay) return
    this.#underWay.delete(response)
    this.#record(underWay, response.statusCode >= 500)
  }

  /** An aborted request never finishes; its response is destroyed with the socket, and we look for that at every reading. */
  #endAborted(): void {
    for (const [response, underWay] of this.#underWay) {
      if (!response.destroyed && !response.socket?.destroyed) continue
      this.#underWay.delete(response)
      this.#record(underWay, true)
    }
  }

  #record({ startedAtMs, request }: UnderWay, hasFailed: boolean): void {
    const latencyMs = this.#nowMs() - startedAtMs
    this.#totalCount++
    this.#latency.record(latencyMs)
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
