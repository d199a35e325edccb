import { ManualClock } from '@plimsoll/core/testing'
import type { CacheReport, Command, CommandResult } from '@plimsoll/core/wire'
import { expect, test } from 'vitest'
import type { Act } from '../options.ts'
import { Dispatcher } from './dispatcher.ts'
import type { Lookout } from './lookout.ts'
import { SelfHelp } from './self-help.ts'

const cache = (name: string) => ({ name, bytes: null, budgetBytes: null }) as CacheReport
const sinking = { verdict: 'sinking', finding: { limitBytes: 100e6 }, signature: 'heap:a.ts:1' } as Lookout['gravest']

/** A process with two registered caches, of which each frees what the test says. */
function processThat({
  act,
  hasConsole = false,
  controller = null as string | null,
  freedBytes = 0,
}: {
  act: Act
  hasConsole?: boolean
  controller?: string | null
  freedBytes?: number
}) {
  const clock = new ManualClock()
  const story: string[] = []
  const results: CommandResult[] = []
  const dispatcher = new Dispatcher({
    act,
    instance: 'web-1',
    nowMs: () => clock.nowMs(),
    carryOut: ({ id, cache: name }) => {
      story.push(`clear ${name}`)
      dispatcher.noteOutcome(id, { status: 'done', sentence: '', effect: { beforeBytes: freedBytes, afterBytes: 0 } })
    },
    answer: (result) => results.push(result),
    tell: (_, result) => help.noteResult(result),
  })
  const help = new SelfHelp({
    act,
    clock,
    heapLimitBytes: 100e6,
    identity: () => ({ instance: 'web-1', name: 'web-1', controller }) as never,
    canLeave: () => false,
    dispatcher,
    turn: { take: () => true, give: () => {} },
    ask: (message) => story.push(message.kind),
    tell: (action, status) => story.push(`${status}: ${action}`),
  })
  const sinkFor = (seconds: number): void => {
    for (let second = 0; second < seconds; second++) {
      help.consider(sinking, [cache('pages'), cache('sessions')], hasConsole)
      clock.advance(1000)
    }
  }
  const order = (): void =>
    dispatcher.take({
      version: 1,
      id: 'from-a-person',
      kind: 'clear-cache',
      target: 'web-1',
      cache: 'sessions',
      toBytes: null,
      expiresAtMs: clock.nowMs() + 60_000,
      reason: 'INC-7',
    } as Command)
  return { story, results, sinkFor, order }
}

test('ask waits for an answer, and without one nothing is touched', () => {
  const { story, sinkFor } = processThat({ act: 'ask', hasConsole: true, controller: 'primary' })
  sinkFor(10)
  expect(story).toEqual([])
  sinkFor(120)
  expect(story).toEqual(['would: clear the cache pages', 'would: clear the cache sessions', 'would: replace web-1'])
})

test('ask does what a person orders, and only that', () => {
  const { story, results, sinkFor, order } = processThat({ act: 'ask', hasConsole: true })
  sinkFor(5)
  order()
  sinkFor(8)
  expect(story).toEqual(['clear sessions'])
  expect(results.at(-1)).toMatchObject({ id: 'from-a-person', status: 'done' })
})

test('ask without a console does what observe does: it writes down', () => {
  for (const act of ['ask', 'observe'] as const) {
    const { story, sinkFor } = processThat({ act })
    sinkFor(60)
    expect(story.slice(0, 2)).toEqual(['would: clear the cache pages', 'would: clear the cache sessions'])
    expect(story.every((line) => !line.startsWith('clear'))).toBe(true)
  }
})

test('a clear that did not help is followed by the next action at once, and the last resort comes within 30 s', () => {
  const { story, sinkFor } = processThat({ act: 'safe', controller: 'primary' })
  sinkFor(3)
  expect(story).toEqual(['clear pages', 'clear sessions', 'rotation-wanted'])
})

test('a clear that helped is given its time before the next', () => {
  const { story, sinkFor } = processThat({ act: 'safe', controller: 'primary', freedBytes: 50e6 })
  sinkFor(20)
  expect(story).toEqual(['clear pages'])
  sinkFor(9)
  expect(story).toEqual(['clear pages', 'clear sessions'])
})

test('a console that sends nothing has ten seconds, then safe helps itself', () => {
  const { story, sinkFor } = processThat({ act: 'safe', hasConsole: true })
  sinkFor(10)
  expect(story).toEqual([])
  sinkFor(1)
  expect(story).toEqual(['clear pages'])
})
