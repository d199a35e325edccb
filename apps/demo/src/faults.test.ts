import { MINUTE_MS } from '@plimsoll/core'
import { ManualClock } from '@plimsoll/core/testing'
import { expect, test } from 'vitest'
import { BreakPanel, faultKinds, UnknownFaultError, type World } from './faults.ts'

function createPanel(refuses = false) {
  const done: string[] = []
  const world: World = {
    async switchOn(fault, forMs) {
      if (refuses) throw new Error('connection refused')
      done.push(`on ${fault} ${forMs}`)
    },
    async switchOff(fault) {
      done.push(`off ${fault}`)
    },
    setTraffic: ({ factor, crawlers }) => void done.push(`traffic ${factor}${crawlers ? ' with crawlers' : ''}`),
    async kill(which) {
      done.push(`kill ${which}`)
      return `${which} 4711 was killed.`
    },
  }
  const clock = new ManualClock(0)
  const panel = new BreakPanel(world, clock, () => {})
  const stateOf = (name: string) => panel.states().find((state) => state.name === name)!
  return { panel, clock, done, stateOf }
}

test('every fault is promised a verdict before it is clicked, and every lasting one an end', () => {
  for (const kind of faultKinds) {
    expect(kind.promise).not.toBe('')
    expect(kind.lastsMs === null || kind.lastsMs <= 5 * MINUTE_MS).toBe(true)
  }
})

test('a lasting fault reverts by itself', async () => {
  const { panel, clock, done, stateOf } = createPanel()
  await panel.begin('leak')
  expect(stateOf('leak').until).toEqual({ atMs: 5 * MINUTE_MS })
  await clock.advanceAsync(5 * MINUTE_MS)
  expect(done).toEqual(['on pages-by-url 300000', 'traffic 2 with crawlers', 'traffic 1', 'off pages-by-url'])
  expect(stateOf('leak')).toEqual({ name: 'leak', until: null, sentence: 'Over. The shop is as it was.' })
})

test('one lasting fault at a time: the next one ends the one before', async () => {
  const { panel, done, clock } = createPanel()
  await panel.begin('slow-database')
  await panel.begin('traffic')
  await clock.advanceAsync(2 * MINUTE_MS)
  expect(done).toEqual(['on slow-database 120000', 'off slow-database', 'traffic 5', 'traffic 1'])
})

test('two clicks at the same time are one after the other, and each lasts its whole time', async () => {
  const { panel, done, clock, stateOf } = createPanel()
  await Promise.all([panel.begin('traffic'), panel.begin('traffic')])
  expect(done).toEqual(['traffic 5', 'traffic 1', 'traffic 5'])
  await panel.begin('slow-database')
  await clock.advanceAsync(1 * MINUTE_MS)
  await panel.begin('traffic')
  await clock.advanceAsync(1.5 * MINUTE_MS)
  expect(stateOf('traffic').until).toEqual({ atMs: 3 * MINUTE_MS })
})

test('a blow does not end what lasts, and says whom it hit', async () => {
  const { panel, stateOf } = createPanel()
  await panel.begin('traffic')
  await panel.begin('kill-worker')
  expect(stateOf('traffic').until).not.toBeNull()
  expect(stateOf('kill-worker')).toEqual({ name: 'kill-worker', until: null, sentence: 'worker 4711 was killed.' })
})

test('says so when the shop cannot be broken, and knows no other faults', async () => {
  const { panel, done, stateOf } = createPanel(true)
  await panel.begin('leak')
  expect(stateOf('leak')).toEqual({ name: 'leak', until: null, sentence: 'Nothing was broken: connection refused' })
  expect(done).toEqual(['traffic 1', 'off pages-by-url'])
  await expect(panel.begin('format-disk')).rejects.toThrow(UnknownFaultError)
})
