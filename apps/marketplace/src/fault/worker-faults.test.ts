import { EventEmitter } from 'node:events'
import type { Server } from 'node:http'
import { expect, test } from 'vitest'
import { leakNames } from './fault-names.ts'
import { switchFault, type FaultHooks } from './worker-faults.ts'

function createHooks() {
  const server = new EventEmitter()
  const historical: unknown[] = []
  const pages = { useHistorical: (source: unknown) => historical.push(source) }
  return { hooks: { server: server as Server, pages } as unknown as FaultHooks, server, historical }
}

test.each(leakNames)('%s takes hold when it is switched on, once, and lets go when it is switched off', (name) => {
  const { hooks, server, historical } = createHooks()
  switchFault(hooks, name, true)
  switchFault(hooks, name, true)
  if (name === 'pages-by-url') expect(historical[0]).toBeTypeOf('function')
  else expect(server.listenerCount('request')).toBe(1)
  const request = { url: '/img/1.svg?q=a+b', headers: {}, socket: {} }
  expect(() => server.emit('request', request)).not.toThrow()
  switchFault(hooks, name, false)
  if (name === 'pages-by-url') expect(historical.at(-1)).toBeNull()
  else expect(server.listenerCount('request')).toBe(0)
})
