import { InvalidOptionError, MINUTE_MS, parseBytes, parseDuration, Reader, SECOND_MS, type Fault } from '@plimsoll/core'

import { parsePathPattern } from './load/path-pattern.ts'
import { parsePost, type Route } from './load/route.ts'
import type { Journey } from './traffic/journey.ts'

/** What has to hold. Each has a default but `p99` and `heap`, which are only looked at when given. */
export interface Gates {
  /** What a request may leave behind: `16 B/request`. Below it nobody cares. Default 16 B. */
  retained?: string
  /** The same of buffers outside of the heap. Default `64 B/request`. */
  external?: string
  /** Share of requests that may fail: `0.1%`. Default 0.1 %. */
  errors?: string
  /** `250 ms`; with a base to compare with also `+10%`. */
  p99?: string
  /** What the heap may hold right after a collection: `300 MB`. */
  heap?: string
}

/** A soak, as a configuration file says it. */
export interface SoakConfig {
  /** As typed into a shell: `node dist/server.js`. It is told its port by `PORT`. */
  start: string
  /** Environment of the service, besides this process' own. */
  environment?: Record<string, string>
  /** Path that is asked until it answers. Default: the first route, or `/`. */
  ready?: string
  /** Routes that are asked, with their weights: `'/products/{1..50000}'`. */
  get?: string[] | Record<string, number>
  /** The same with a body, JSON or a form: `'/orders {"sku":"s{1..500}"}'`. */
  post?: string[] | Record<string, number>
  /** Sent with every request to these routes: `{ authorization: 'Bearer …' }`. Journeys say their own. */
  headers?: Record<string, string>
  /** Visitors, instead of plain routes or beside them. */
  journeys?: Record<string, Journey>
  /** Requests a second (with journeys: visitors). Default: half of what the service can do, at most 1000. */
  ratePerSec?: number
  /** Drives for so long, decided or not: `8h`. Default: until every gate is decided. */
  for?: string
  /** Gives up undecided after so long, starting the service included. Default `110s`. */
  cap?: string
  /** How long the service may take to answer first. Default `30s`. */
  readyWithin?: string
  gates?: Gates
  seed?: number
  /** Afterwards, asks more and more of it: at which rate does it stop keeping up, and what gives out? Default false. */
  knee?: boolean
  /** Another version to be compared with: is this one slower? */
  against?: Against
}

export interface Against {
  /** A branch, tag or commit. */
  ref: string
  /** What builds a version, in its folder: `npm run build`. Default: nothing has to be built. */
  build?: string
  /** Gives up undecided after so long, building not included. Default `7m`. */
  cap?: string
}

export interface ResolvedSoakConfig {
  start: string
  environment: Readonly<Record<string, string>>
  ready: string
  routes: Route[]
  headers: Readonly<Record<string, string>>
  hasJourneys: boolean
  ratePerSec: number | null
  forMs: number | null
  capMs: number
  readyWithinMs: number
  seed: number
  findsKnee: boolean
  gates: ResolvedGates
  against: { ref: string; build: string | null; capMs: number } | null
}

export interface ResolvedGates {
  retainedBytes: number
  externalBytes: number
  errorShare: number
  p99Ms: number | null
  /** Against a base: 0.1 for +10 %. */
  p99Rise: number | null
  heapBytes: number | null
}

/** Types a configuration file, and returns it as it is. */
export function defineSoak(config: SoakConfig): SoakConfig {
  return config
}

const keys = [
  'start',
  'environment',
  'ready',
  'get',
  'post',
  'headers',
  'journeys',
  'ratePerSec',
  'for',
  'cap',
  'readyWithin',
  'gates',
  'seed',
  'knee',
  'against',
]

/** @throws InvalidOptionError with every fault at once */
export function resolveSoakConfig(config: unknown): ResolvedSoakConfig {
  const reader = new Reader(config).object().onlyKeys(keys)
  const gates = reader.at('gates')
  if (!gates.isAbsent) gates.object().onlyKeys(['retained', 'external', 'errors', 'p99', 'heap'])
  const { get, post, journeys } = (config ?? {}) as SoakConfig
  const routes = [...readRoutes('get', get, reader.faults), ...readRoutes('post', post, reader.faults)]
  const hasJourneys = Object.keys(journeys ?? {}).length > 0
  const asksNothing = [get, post, journeys].every((given) => Object.keys(given ?? {}).length === 0)
  if (asksNothing)
    reader.fault("needs something to ask: --get '/products/{1..50000}', or journeys in a configuration file")
  const against = reader.at('against')
  if (!against.isAbsent) against.object().onlyKeys(['ref', 'build', 'cap'])
  const duration = (key: string, fallback: number | null, at = reader.at(key)): number | null => {
    if (at.isAbsent) return fallback
    const ms = parseDuration(at.string())
    if (ms === null || ms <= 0) at.fault(`must be a duration such as 90s, 10m or 8h, and is "${String(at.raw)}"`)
    return ms
  }
  const forMs = duration('for', null)
  const capMs = duration('cap', 110 * SECOND_MS)!
  const p99 = readP99(gates.at('p99'))
  if (p99.p99Rise !== null && against.isAbsent)
    gates.at('p99').fault('needs a base to compare with: --against main, or a time such as "250 ms"')
  const resolved: ResolvedSoakConfig = {
    start: reader.at('start').string(),
    environment: reader.at('environment').record((value) => value.string()),
    ready: reader.at('ready').string({ fallback: firstPath(routes) }),
    routes,
    headers: readHeaders(reader.at('headers')),
    hasJourneys,
    ratePerSec: reader.at('ratePerSec').numberOrNull({ min: 0.1, max: 100_000 }),
    forMs,
    capMs: forMs === null ? capMs : forMs + 2 * MINUTE_MS,
    readyWithinMs: duration('readyWithin', 30 * SECOND_MS)!,
    seed: reader.at('seed').integer({ min: 0, max: 2 ** 32 - 1, fallback: 1 }),
    findsKnee: reader.at('knee').boolean({ fallback: false }),
    gates: {
      retainedBytes: readPerRequest(gates.at('retained'), 16),
      externalBytes: readPerRequest(gates.at('external'), 64),
      errorShare: readShare(gates.at('errors'), 0.001),
      ...p99,
      heapBytes: gates.at('heap').isAbsent ? null : readBytes(gates.at('heap')),
    },
    against: against.isAbsent
      ? null
      : {
          ref: against.at('ref').string(),
          build: against.at('build').isAbsent ? null : against.at('build').string(),
          capMs: duration('cap', 7 * MINUTE_MS, against.at('cap'))!,
        },
  }
  reader.finish('Soak')
  return Object.freeze(resolved)
}

function readRoutes(key: 'get' | 'post', given: SoakConfig['get'], faults: Fault[]): Route[] {
  const pairs = Array.isArray(given) ? given.map((text): [string, number] => [text, 1]) : Object.entries(given ?? {})
  return pairs.flatMap(([text, weight]): Route[] => {
    if (!(weight > 0 && weight < Infinity))
      faults.push({ where: `${key}["${text}"]`, what: 'must have a weight above 0' })
    try {
      if (key === 'post') return [{ ...parsePost(text), weight }]
      parsePathPattern(text)
      return [{ method: 'GET', path: text, body: null, weight }]
    } catch (error) {
      if (!(error instanceof InvalidOptionError)) throw error
      faults.push(...error.faults)
      return []
    }
  })
}

/** Any answer but a server's error means that it is ready, so a path that takes only a POST will do. */
function firstPath(routes: readonly Route[]): string {
  const first = routes.find(({ method }) => method === 'GET') ?? routes[0]
  return first ? parsePathPattern(first.path).at(0) : '/'
}

function readHeaders(reader: Reader): Record<string, string> {
  const headers = reader.record((value) => value.string())
  for (const [name, value] of Object.entries(headers)) {
    if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name) || /[^\t\x20-\x7e\x80-\xff]/.test(value))
      reader.at(name).fault('is no header that can be sent')
  }
  return headers
}

function readPerRequest(reader: Reader, fallback: number): number {
  if (reader.isAbsent) return fallback
  const bytes = parseBytes(reader.string().replace(/\s*\/\s*(?:request|req|r)\s*$/i, ''))
  if (bytes === null || bytes <= 0) reader.fault('must be bytes a request, such as "16 B/request"')
  return bytes ?? fallback
}

function readBytes(reader: Reader): number {
  const bytes = parseBytes(reader.string())
  if (bytes === null || bytes <= 0) reader.fault('must be a size such as "300 MB"')
  return bytes ?? 1
}

function readShare(reader: Reader, fallback: number): number {
  if (reader.isAbsent) return fallback
  const found = /^\s*(\d+(?:\.\d+)?)\s*%\s*$/.exec(reader.string())
  if (!found) reader.fault('must be a percentage such as "0.1%"')
  return found ? Number(found[1]) / 100 : fallback
}

function readP99(reader: Reader): { p99Ms: number | null; p99Rise: number | null } {
  if (reader.isAbsent) return { p99Ms: null, p99Rise: null }
  const text = reader.string()
  const rise = /^\s*\+\s*(\d+(?:\.\d+)?)\s*%\s*$/.exec(text)
  const p99Ms = rise ? null : parseDuration(text)
  if (!rise && p99Ms === null) reader.fault('must be a time such as "250 ms", or with a base "+10%"')
  return { p99Ms, p99Rise: rise ? Number(rise[1]) / 100 : null }
}
