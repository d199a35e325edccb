import diagnostics from 'node:diagnostics_channel'
import type { Guard } from '../../guard.ts'
import { routeOfPath } from './route-name.ts'

/** Routes beyond this many are not told apart. */
const MAX_PATTERNS = 2000

/** One segment of all paths: the words that may follow, a value that may, or anything to the end. */
interface Branch {
  words: Map<string, Branch>
  value: Branch | null
  rest: string | null
  pattern: string | null
}

/** As far as a Fastify instance is needed. */
interface FastifyInstance {
  addHook(name: 'onRoute', hook: (route: { method: string | string[]; url: string }) => void): unknown
}

/**
 * What the routes of Fastify are called. It is asked once for each route, when the app declares it: Fastify also tells of every request
 * on a channel, but an ear on that one puts frames into the stack of every handler, which errors then show instead of the app's own.
 */
export class FastifyRoutes {
  readonly #branches = new Map<string, Branch>()
  readonly #subscriber: (message: unknown) => void
  #patternCount = 0

  constructor(guard: Guard) {
    const note = guard('fastify route', (route: { method: string | string[]; url: string }) => {
      for (const method of [route.method].flat()) this.#add(method, route.url)
    })
    this.#subscriber = guard('fastify', (message: unknown) => {
      ;(message as { fastify: FastifyInstance }).fastify.addHook('onRoute', (route) => note(route))
    })
    diagnostics.subscribe('fastify.initialization', this.#subscriber)
  }

  stop(): void {
    diagnostics.unsubscribe('fastify.initialization', this.#subscriber)
  }

  /** `/p/:id`, as it was declared; undefined when no route takes this path. `url` may carry a query. */
  find(method: string, url: string): string | undefined {
    if (this.#patternCount === 0) return undefined
    const branch = this.#branches.get(method)
    return branch && (findIn(branch, segmentsOf(url.split(/[?#;]/, 1)[0]!), 0) ?? undefined)
  }

  #add(method: string, url: string): void {
    if (++this.#patternCount > MAX_PATTERNS) return
    let branch = this.#branches.get(method)
    if (!branch) this.#branches.set(method, (branch = createBranch()))
    const pattern = routeOfPath(url)
    for (const segment of segmentsOf(url)) {
      if (segment === '*') {
        branch.rest = pattern
        return
      }
      // The last one may be left out: `/p/:id?`.
      if (segment.endsWith('?')) branch.pattern ??= pattern
      branch = follow(branch, segment)
    }
    branch.pattern = pattern
  }
}

/** A word before a value, and the longer path before the rest, as Fastify's router has it. */
function findIn(branch: Branch, segments: readonly string[], index: number): string | null {
  const segment = segments[index]
  if (segment === undefined) return branch.pattern ?? branch.rest
  const word = branch.words.get(segment)
  return (
    (word ? findIn(word, segments, index + 1) : null) ??
    (branch.value ? findIn(branch.value, segments, index + 1) : null) ??
    branch.rest
  )
}

function follow(branch: Branch, segment: string): Branch {
  if (/[:*]/.test(segment)) return (branch.value ??= createBranch())
  const known = branch.words.get(segment)
  if (known) return known
  const fresh = createBranch()
  branch.words.set(segment, fresh)
  return fresh
}

function createBranch(): Branch {
  return { words: new Map(), value: null, rest: null, pattern: null }
}

function segmentsOf(path: string): string[] {
  return path.split('/').filter((segment) => segment !== '')
}
