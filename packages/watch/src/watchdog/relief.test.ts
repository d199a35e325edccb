import type { CacheReport } from '@plimsoll/core/wire'
import { expect, test } from 'vitest'
import { decideRelief, type Distress } from './relief.ts'

const cache = (name: string, bytes: number | null, budgetBytes: number | null): CacheReport => ({
  name,
  createdAt: null,
  bytes,
  budgetBytes,
  entryCount: null,
  hitCount: 0,
  missCount: 0,
  loadCount: 0,
  removals: {},
  curve: [],
})
const distress = (changes: Partial<Distress>): Distress => ({
  verdict: 'sinking',
  act: 'safe',
  sinkingForMs: 0,
  hasConsole: false,
  msSinceCommand: null,
  caches: [],
  limitBytes: 100e6,
  tried: new Set(),
  hasController: false,
  canLeave: false,
  msSinceEffect: null,
  ...changes,
})

test('nothing is done before it sinks', () => {
  expect(decideRelief(distress({ verdict: 'leaking', hasController: true }))).toBeNull()
})

test('a cache without a bound is cleared first, then what holds much, then the process is replaced', () => {
  const caches = [cache('large', 40e6, 50e6), cache('small', 1e6, 50e6), cache('registered', null, null)]
  const tried = new Set<string>()
  const next = () => decideRelief(distress({ caches, tried, hasController: true }))
  expect(next()).toEqual({ kind: 'clear-cache', cache: 'registered' })
  tried.add('registered')
  expect(next()).toEqual({ kind: 'clear-cache', cache: 'large' })
  tried.add('large')
  expect(next()).toEqual({ kind: 'rotate' })
  tried.add('rotate')
  expect(next()).toBeNull()
})

test('a console is given ten seconds, counted from the trouble or its last command', () => {
  const watched = { hasConsole: true, hasController: true }
  expect(decideRelief(distress({ ...watched, sinkingForMs: 9000 }))).toBeNull()
  expect(decideRelief(distress({ ...watched, sinkingForMs: 11_000 }))).toEqual({ kind: 'rotate' })
  expect(decideRelief(distress({ ...watched, sinkingForMs: 60_000, msSinceCommand: 3000 }))).toBeNull()
  expect(decideRelief(distress({ ...watched, sinkingForMs: 60_000, msSinceCommand: 30_000 }))).toEqual({
    kind: 'rotate',
  })
})

test('a plain process says once that nothing more can be done', () => {
  expect(decideRelief(distress({}))).toMatchObject({ kind: 'none' })
  expect(decideRelief(distress({ tried: new Set(['none']) }))).toBeNull()
})

test('what helped is given time to show; what did not is followed by the next action at once', () => {
  const caches = [cache('first', null, null), cache('second', null, null)]
  const after = (msSinceEffect: number | null) =>
    decideRelief(distress({ caches, tried: new Set(['first']), msSinceEffect }))
  expect(after(null)).toEqual({ kind: 'clear-cache', cache: 'second' })
  expect(after(5000)).toBeNull()
  expect(after(30_000)).toEqual({ kind: 'clear-cache', cache: 'second' })
})

test('a single process that is started again leaves, once', () => {
  expect(decideRelief(distress({ canLeave: true }))).toEqual({ kind: 'leave' })
  expect(decideRelief(distress({ canLeave: true, tried: new Set(['leave']) }))).toBeNull()
  expect(decideRelief(distress({ canLeave: true, hasController: true }))).toEqual({ kind: 'rotate' })
})
