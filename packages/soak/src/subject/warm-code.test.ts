import { expect, test } from 'vitest'

import type { Facts } from '../gate/facts.ts'
import type { Lifeline } from './lifeline.ts'
import type { Probe } from './probe-desk.ts'
import { WarmCode } from './warm-code.ts'

const probes = [{}, {}] as Probe[]

/** A service whose code is kept as it is, after a first batch of which a tenth took longer than 20 ms. */
async function keptCode(config: { forMs?: number; p99Ms?: number } = {}) {
  const { forMs = null, p99Ms = null } = config
  const facts = { config: { forMs, gates: { p99Ms } }, notes: [] as string[], lastPause: null } as unknown as Facts
  const asked: boolean[] = []
  const ask = (_: Probe, name: string, { isOn }: { isOn: boolean }) => {
    expect(name).toBe('setOptimizing')
    asked.push(isOn)
    return Promise.resolve(null)
  }
  const code = new WarmCode(facts, { ask } as unknown as Lifeline)
  const lap = (latencyMsP90: number, failureCount = 0) => {
    facts.lastPause = { lap: { latencyMsP90, failureCount } } as Facts['lastPause']
  }
  lap(20)
  await code.keep(probes)
  return { code, facts, asked, lap }
}

test('in every process nothing more is optimized, for as long as it answers as before', async () => {
  const { code, facts, asked, lap } = await keptCode()
  expect(asked).toEqual([false, false])
  for (const p90 of [20, 60, 99]) {
    lap(p90)
    await code.check(probes)
  }
  expect(asked).toHaveLength(2)
  expect(facts.notes).toEqual([])
})

test.each<[string, number, number]>([
  ['answered slowly', 101, 0],
  ['failed requests', 20, 1],
])('where it %s from then on, V8 may optimize again, once, and that is said', async (how, p90, failureCount) => {
  const { code, facts, asked, lap } = await keptCode()
  lap(p90, failureCount)
  await code.check(probes)
  await code.check(probes)
  expect(asked).toEqual([false, false, true, true])
  expect(facts.notes).toEqual([expect.stringMatching(`without that it ${how}$`)])
})

test('where its latency has a limit, or it is soaked for hours, V8 does as it likes', async () => {
  const configs = [{ p99Ms: 250 }, { forMs: 3_600_000 }]
  for (const config of configs) {
    const { code, asked } = await keptCode(config)
    await code.release(probes)
    expect(asked).toEqual([])
  }
})
