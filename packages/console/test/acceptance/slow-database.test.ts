import { MiB, MINUTE_MS, SECOND_MS } from '@plimsoll/core'
import { expect, test } from 'vitest'
import { parseConfig } from '../../src/config-file.ts'
import { VirtualConsole } from '../../src/testing/virtual-console.ts'
import { createDatabase } from '../facts.ts'
import { storyConfig, WEB } from '../story.ts'

test('a database that is slow for hours does not become its own usual', () => {
  const startMs = Date.parse('2024-01-01T00:00:00Z')
  const world = new VirtualConsole(parseConfig(storyConfig()), WEB, startMs)
  const behave = (sqlRunMsP50: number) => {
    for (const { behaviour } of world.service.processes) behaviour.sqlRunMsP50 = sqlRunMsP50
  }
  const alerts = () => world.incidents.flatMap(({ alerts }) => alerts.filter(({ rule }) => rule === 'database'))
  behave(60)
  world.until(startMs + 20 * MINUTE_MS)
  expect(alerts()).toEqual([])
  behave(400)
  world.until(startMs + 140 * MINUTE_MS)
  expect(alerts()).toMatchObject([{ clearedAtMs: null }])
  expect(alerts()[0]!.sentence).toContain('run 400 ms (p50) instead of 60 ms')
  // Back at its usual it is over, although that is not quick.
  behave(60)
  world.until(startMs + 145 * MINUTE_MS)
  expect(world.incidents).toMatchObject([{ state: 'resolved' }])
  world.until(startMs + 165 * MINUTE_MS)
  expect(world.incidents).toHaveLength(1)
})

/** A leak, proven and acted upon; the statements of all workers get slow with it. */
function leakThenSlow(cpuWaitShare: readonly [web1: number, web2: number, web3: number]): VirtualConsole {
  const startMs = Date.parse('2024-01-01T00:00:00Z')
  const world = new VirtualConsole(parseConfig(storyConfig()), WEB, startMs)
  world.database = createDatabase({ roundTripMs: 37 })
  world.until(startMs + 5 * MINUTE_MS)
  world.service.worker('web-2').behaviour.leakBytesPerMin = 40 * MiB
  world.until(startMs + 6 * MINUTE_MS)
  expect(world.incidents).toMatchObject([{ cause: 'leak', conclusion: { kind: 'leak' } }])
  expect(checkOf(world)).toMatchObject({ verdict: 'ok' })
  world.service.change({ sqlRunMsP50: 181, latencyMsP50: 500, latencyMsP99: 1400 })
  for (const [index, name] of ['web-1', 'web-2', 'web-3'].entries())
    world.service.worker(name).behaviour.cpuWaitShare = cpuWaitShare[index]!
  world.until(startMs + 8 * MINUTE_MS)
  return world
}

const checkOf = ({ incidents }: VirtualConsole) => incidents[0]!.checks.find(({ name }) => name === 'database')!

test.each([
  ['when all workers wait for a processor', [0.9, 0.9, 0.9]],
  ['when most do, and one hardly', [0.9, 0.6, 0.9]],
] as const)('slow statements on a starved machine join the leak that is proven, %s', (_when, cpuWaitShare) => {
  const world = leakThenSlow(cpuWaitShare)
  expect(world.incidents).toHaveLength(1)
  expect(world.incidents[0]!.alerts.map(({ cause }) => cause)).toEqual(['leak', 'latency'])
  expect(checkOf(world)).toMatchObject({ verdict: 'ok' })
})

test('slow statements of workers that get a processor at once are a problem of their own', () => {
  expect(leakThenSlow([0.1, 0.1, 0.1]).incidents.map(({ cause }) => cause)).toEqual(['leak', 'database'])
})

test('slow statements of workers that stalled are no proof when their traffic has ended and they look free', () => {
  const startMs = Date.parse('2024-01-01T00:00:00Z')
  const world = new VirtualConsole(parseConfig(storyConfig()), WEB, startMs)
  world.database = createDatabase({ roundTripMs: 37 })
  world.until(startMs + 5 * MINUTE_MS)
  world.service.change({ sqlRunMsP50: 181, stallMs: 110 })
  world.until(world.nowMs + 20 * SECOND_MS)
  world.service.change({ requestsPerSec: 0, sqlRunMsP50: 0, stallMs: 0 })
  world.until(world.nowMs + 2 * MINUTE_MS)
  expect(world.incidents).toEqual([])
})

test('an acquittal is not taken back for an answer that is late for want of a processor, and is for one that is late without', () => {
  const world = leakThenSlow([0.9, 0.9, 0.9])
  world.database = createDatabase({ roundTripMs: 700, slowCount: 3, isStarved: true })
  world.until(world.nowMs + MINUTE_MS)
  expect(checkOf(world)).toMatchObject({ verdict: 'ok' })
  expect(world.incidents).toHaveLength(1)
  world.database = createDatabase({ roundTripMs: 700, slowCount: 3 })
  world.until(world.nowMs + MINUTE_MS)
  expect(checkOf(world)).toMatchObject({ verdict: 'guilty' })
})

test('who has only just started is held against the usual of those before it', () => {
  const startMs = Date.parse('2024-01-01T00:00:00Z')
  const world = new VirtualConsole(parseConfig(storyConfig()), WEB, startMs)
  world.service.change({ sqlRunMsP50: 60 })
  world.until(startMs + 10 * MINUTE_MS)
  // A new version, whose first statements are slower: code that is not compiled yet, connections that are not open yet.
  for (const worker of world.service.workers.slice()) {
    world.fleet.retire(WEB, worker.identity.instance, world.nowMs)
    worker.isRunning = false
    world.service.start(worker.identity.name, world.nowMs, { ...worker.behaviour, sqlRunMsP50: 130 })
  }
  world.until(startMs + 12 * MINUTE_MS)
  expect(world.incidents).toEqual([])
  world.service.change({ sqlRunMsP50: 400 })
  world.until(startMs + 14 * MINUTE_MS)
  expect(world.incidents).toMatchObject([{ cause: 'database' }])
  expect(world.incidents[0]!.sentence).toContain('instead of 60 ms')
})
