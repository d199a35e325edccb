import { HOUR_MS, MINUTE_MS } from '@plimsoll/core'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { compareOutcomes, CrashWorld, scenes } from '../crash-world.ts'

// Every boundary with PLIMSOLL_CRASH_STRIDE=1, for as long as that takes. By itself every so many of them, another share in each scene.
const isAsked = process.env['PLIMSOLL_CRASH_STRIDE'] !== undefined
vi.setConfig({ testTimeout: isAsked ? 24 * HOUR_MS : 30 * MINUTE_MS, hookTimeout: MINUTE_MS })
const stride = Number(process.env['PLIMSOLL_CRASH_STRIDE'] ?? 80)
const only = process.env['PLIMSOLL_CRASH_SCENE']
// As `351-500`: hours of it can be shared by several processes, and what a stopped one has left can be taken up.
const [first = 1, last = Infinity] = (process.env['PLIMSOLL_CRASH_SPAN'] ?? '')
  .split('-')
  .map((at) => Number(at) || undefined)

let world: CrashWorld
beforeAll(async () => void (world = await CrashWorld.open()))
afterAll(() => world.close())

const told = Object.entries(scenes).filter((_, index) => only === undefined || Number(only) === index)

test.each(told)('%s: wherever the console dies, the same people are told the same', async (name, scene) => {
  const calm = await world.tell(scene)
  expect(calm.outcome.repeats).toEqual([])
  expect(calm.outcome.messages.length).toBeGreaterThan(2)
  if (name.includes('replaced')) expect(calm.outcome.actions).toEqual(['rotate web-2'])
  const again = await world.tell(scene)
  expect(compareOutcomes(calm.outcome, again.outcome)).toEqual([])
  const wrong: string[] = []
  let deathCount = 0
  let repeatCount = 0
  const end = Math.min(last, calm.boundaryCount)
  for (let at = first + (name.length % stride); at <= end; at += stride) {
    const { outcome, hasDied } = await world.tell(scene, at)
    if (hasDied) deathCount++
    repeatCount += outcome.repeats.length
    for (const fault of compareOutcomes(calm.outcome, outcome)) wrong.push(`boundary ${at}: ${fault}`)
    if (isAsked && (deathCount % 10 === 0 || at + stride > end))
      process.stdout.write(
        `${name}: boundary ${at} of ${calm.boundaryCount}, ${deathCount} deaths, ${repeatCount} messages came twice, ${wrong.length} faults\n`,
      )
  }
  expect(wrong).toEqual([])
  expect(deathCount).toBeGreaterThan(0)
})
