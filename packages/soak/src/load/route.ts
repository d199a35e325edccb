import { InvalidOptionError } from '@plimsoll/core'

import { parsePathPattern, parsePattern, type PathPattern } from './path-pattern.ts'

/** A path that is asked, with what is sent there. */
export interface Route {
  method: 'GET' | 'POST'
  /** With places that vary: `/products/{1..50000}`. */
  path: string
  /** Of a POST: JSON when it begins with a brace or bracket, else a form. Ranges vary in it too: `{"sku":"s{1..500}"}`. */
  body: string | null
  weight: number
}

export function routeName({ method, path }: Pick<Route, 'method' | 'path'>): string {
  return `${method} ${path}`
}

/** `/orders {"sku":"s{1..500}","count":2}`: a path, a blank, and what is sent. @throws InvalidOptionError */
export function parsePost(text: string): Pick<Route, 'method' | 'path' | 'body'> {
  const [, path = '', body = ''] = /^(\S*)\s*([^]*)$/.exec(text)!
  const route = { method: 'POST', path, body } as const
  parseRoute(route)
  return route
}

/** What a route asks at each turn. */
export interface RequestPattern {
  /** How many different requests it makes before it begins anew. */
  count: number
  at(number: number): { path: string; json: unknown } | { path: string; fields: Record<string, string> }
}

/** @throws InvalidOptionError */
export function parseRoute({ path, body }: Pick<Route, 'path' | 'body'>): RequestPattern {
  const paths = parsePathPattern(path)
  if (body === null || body === '')
    return { count: paths.count, at: (number) => ({ path: paths.at(number), json: undefined }) }
  const bodies = parseBodyPattern(body)
  const count = Math.max(paths.count, bodies.count)
  if (!/^\s*[{[]/.test(body))
    return {
      count,
      at: (number) => ({
        path: paths.at(number),
        fields: Object.fromEntries(new URLSearchParams(bodies.at(number))),
      }),
    }
  const at = (number: number) => ({ path: paths.at(number), json: JSON.parse(bodies.at(number)) as unknown })
  try {
    at(0)
  } catch {
    throw new InvalidOptionError('Body', [
      { where: body.slice(0, 200), what: `is no JSON when numbers are put in: ${bodies.at(0).slice(0, 200)}` },
    ])
  }
  return { count, at }
}

/** Only ranges: JSON has braces and commas of its own. */
function parseBodyPattern(text: string): PathPattern {
  return parsePattern(text, /\{(\d{1,15}\.\.\d{1,15})\}/)
}
