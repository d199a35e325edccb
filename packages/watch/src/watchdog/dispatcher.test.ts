import type { Command, CommandResult } from '@plimsoll/core/wire'
import { expect, test } from 'vitest'
import type { Act } from '../options.ts'
import { Dispatcher } from './dispatcher.ts'

function dispatcherThat(act: Act) {
  const world = { nowMs: 1000, carried: [] as string[], answers: [] as CommandResult[], ledger: [] as string[] }
  const dispatcher = new Dispatcher({
    act,
    instance: 'web-1#1-abcd',
    nowMs: () => world.nowMs,
    carryOut: ({ id }) => world.carried.push(id),
    answer: (result) => world.answers.push(result),
    tell: (_, { status }) => world.ledger.push(status),
  })
  return { dispatcher, world }
}

const command = (id: string, expiresAtMs = 60_000): Command => ({
  version: 1,
  id,
  kind: 'clear-cache',
  target: 'web-1#1-abcd',
  cache: 'pages',
  toBytes: null,
  expiresAtMs,
  reason: 'INC-7',
})

test('who only observes refuses, says what it would have done, and writes it down', () => {
  const { dispatcher, world } = dispatcherThat('observe')
  dispatcher.take(command('a'))
  expect(world.carried).toEqual([])
  expect(world.answers.at(-1)).toMatchObject({ id: 'a', status: 'refused' })
  expect(world.answers.at(-1)!.sentence).toContain('clear the cache pages')
  expect(world.ledger).toEqual(['refused'])
})

test('a command is carried out once, however often it arrives, and its result repeated', () => {
  const { dispatcher, world } = dispatcherThat('safe')
  for (let time = 0; time < 3; time++) dispatcher.take(command('a'))
  dispatcher.noteProgress('a', 'half way', 'web-4')
  dispatcher.noteOutcome('a', { status: 'done', sentence: 'Cleared.', effect: { beforeBytes: 9, afterBytes: 4 } })
  dispatcher.take(command('a'))
  expect(world.carried).toEqual(['a'])
  expect(world.answers.at(-1)).toMatchObject({
    status: 'done',
    replacement: 'web-4',
    effect: { beforeBytes: 9, afterBytes: 4 },
    endedAtMs: 1000,
  })
  expect(world.ledger).toEqual(['done'])
})

test('what comes too late is not carried out', () => {
  const { dispatcher, world } = dispatcherThat('safe')
  dispatcher.take(command('late', 999))
  expect(world.carried).toEqual([])
  expect(world.answers).toMatchObject([{ status: 'expired' }])
})

test('a main thread that is silent fails the command; one that works on it does not', () => {
  const { dispatcher, world } = dispatcherThat('safe')
  dispatcher.take(command('a'))
  world.nowMs = 40_000
  dispatcher.tick(39_000)
  expect(world.answers.at(-1)!.status).toBe('running')
  dispatcher.tick(5000)
  expect(world.answers.at(-1)).toMatchObject({ status: 'failed' })
  dispatcher.noteOutcome('a', { status: 'done', sentence: 'too late' })
  expect(world.answers.at(-1)!.status).toBe('failed')
})

test('remembers a bounded number of commands', () => {
  const { dispatcher, world } = dispatcherThat('safe')
  for (let index = 0; index < 500; index++) dispatcher.take(command(`c${index}`))
  dispatcher.take(command('c499'))
  expect(world.carried).toHaveLength(500)
})

test('who helps itself uses the key that the console would use, so that nothing is done twice', () => {
  const { dispatcher, world } = dispatcherThat('safe')
  const action = { signature: 'heap:a.ts:1', instance: 'web-1#1-abcd', kind: 'clear-cache', cache: 'pages' } as const
  const own = dispatcher.nextId(action)
  dispatcher.order(command(own))
  expect(dispatcher.nextId(action)).toBe(own)
  dispatcher.noteOutcome(own, { status: 'done', sentence: 'Cleared.' })
  dispatcher.take(command('heap:a.ts:1/web-1#1-abcd/clear-cache/pages/1'))
  expect(world.carried).toEqual([own])
  expect(world.answers.at(-1)).toMatchObject({ id: own, status: 'done' })
  expect(dispatcher.nextId(action)).toBe('heap:a.ts:1/web-1#1-abcd/clear-cache/pages/2')
})
