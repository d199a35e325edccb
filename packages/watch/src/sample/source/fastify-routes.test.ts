import diagnostics from 'node:diagnostics_channel'
import { afterEach, expect, test } from 'vitest'
import { createGuard } from '../../guard.ts'
import { FastifyRoutes } from './fastify-routes.ts'

const troubles: unknown[] = []
const guard = createGuard((where, thrown) => troubles.push([where, thrown]))
let routes = new FastifyRoutes(guard)
afterEach(() => {
  routes.stop()
  routes = new FastifyRoutes(guard)
})

/** As Fastify does it: tells of itself when it is made, and of each route when that is declared. */
function declare(...declared: [method: string | string[], url: string][]): void {
  diagnostics.channel('fastify.initialization').publish({
    fastify: {
      addHook(_: string, hook: (route: { method: string | string[]; url: string }) => void) {
        for (const [method, url] of declared) hook({ method, url })
      },
    },
  })
}

test('a path has the name its route was declared with, a word before a value', () => {
  declare(['GET', '/p/:id'], ['GET', '/p/new'], [['GET', 'HEAD'], '/files/*'], ['GET', '/near/:lat-:lng'], ['GET', '/'])
  expect(
    ['/p/7', '/p/new', '/p/new?x=1', '/files/a/b', '/near/1-2', '/'].map((url) => routes.find('GET', url)),
  ).toEqual(['/p/:id', '/p/new', '/p/new', '/files/*', '/near/:lat-:lng', '/'])
  expect(routes.find('HEAD', '/files/a')).toBe('/files/*')
})

test('what no route takes has no name, nor has another method', () => {
  declare(['GET', '/p/:id'])
  expect(routes.find('GET', '/q/7')).toBeUndefined()
  expect(routes.find('GET', '/p/7/more')).toBeUndefined()
  expect(routes.find('POST', '/p/7')).toBeUndefined()
})

test('an optional end names both paths, and a dead end falls back to the rest', () => {
  declare(['GET', '/list/:page?'], ['GET', '/a/b/c'], ['GET', '/a/*'])
  expect(routes.find('GET', '/list')).toBe('/list/:page?')
  expect(routes.find('GET', '/list/2')).toBe('/list/:page?')
  expect(routes.find('GET', '/a/b/d')).toBe('/a/*')
})

test('an instance that does not know hooks is none of our business', () => {
  diagnostics.channel('fastify.initialization').publish({ fastify: {} })
  expect(troubles).toHaveLength(1)
  expect(routes.find('GET', '/')).toBeUndefined()
})
