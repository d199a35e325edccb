import fc from 'fast-check'
import { expect, test } from 'vitest'
import { TimerWheel } from './timer-wheel.ts'

const TICK_MS = 64

test('hands out every slot at the first tick not before its deadline, whatever is filed, removed and moved', () => {
  const deadline = fc.oneof(fc.nat(5000), fc.nat(400_000), fc.nat(40_000_000), fc.constant(Infinity))
  const act = fc.oneof(
    { weight: 4, arbitrary: fc.record({ do: fc.constant('file' as const), slot: fc.nat(19), inMs: deadline }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('remove' as const), slot: fc.nat(19) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('relocate' as const), from: fc.nat(19), to: fc.nat(19) }) },
    {
      weight: 4,
      arbitrary: fc.record({
        do: fc.constant('advance' as const),
        ms: fc.oneof(fc.nat(200), fc.nat(100_000), fc.nat(50_000_000)),
      }),
    },
  )
  fc.assert(
    fc.property(fc.array(act, { maxLength: 100 }), fc.nat(10_000_000), (acts, startMs) => {
      let nowMs = startMs
      const wheel = new TimerWheel(startMs)
      wheel.resize(20)
      const due = new Map<number, number>()
      for (const act of acts) {
        if (act.do === 'file') {
          wheel.file(act.slot, nowMs + act.inMs)
          due.set(act.slot, nowMs + act.inMs)
        } else if (act.do === 'remove') {
          wheel.remove(act.slot)
          due.delete(act.slot)
        } else if (act.do === 'relocate') {
          if (due.has(act.to) || !due.has(act.from)) continue
          wheel.relocate(act.from, act.to)
          due.set(act.to, due.get(act.from)!)
          due.delete(act.from)
        } else {
          nowMs += act.ms
          wheel.advance(nowMs, Infinity, (slot) => {
            expect(due.get(slot)).toBeLessThanOrEqual(nowMs)
            due.delete(slot)
          })
          for (const deadlineMs of due.values()) expect(deadlineMs).toBeGreaterThan(nowMs - TICK_MS)
        }
        const soonestMs = Math.min(Infinity, ...due.values())
        expect(wheel.nextMs()).toBeLessThanOrEqual(soonestMs + 2 * TICK_MS)
        expect(wheel.count).toBe([...due.values()].filter(Number.isFinite).length)
      }
    }),
    { numRuns: 300 },
  )
})

test('touches no more slots at a time than it is told to, and loses none', () => {
  const wheel = new TimerWheel(0)
  wheel.resize(10_000)
  // All due together, and so far ahead that they have to sink through every level.
  for (let slot = 0; slot < 10_000; slot++) wheel.file(slot, 20_000_000)
  let dueCount = 0
  let turns = 0
  let wasDone = false
  while (!wasDone) {
    let touched = 0
    wasDone = wheel.advance(21_000_000, 100, () => {
      touched++
      dueCount++
    })
    expect(touched).toBeLessThanOrEqual(100)
    turns++
  }
  expect(dueCount).toBe(10_000)
  expect(turns).toBeGreaterThanOrEqual(200)
  expect(wheel.nextMs()).toBe(Infinity)
})

test('is not confused by a clock that goes back', () => {
  const wheel = new TimerWheel(100_000)
  wheel.resize(2)
  wheel.file(0, 101_000)
  wheel.advance(50_000, Infinity, () => expect.unreachable())
  wheel.file(1, 100_500)
  const due: number[] = []
  wheel.advance(102_000, Infinity, (slot) => due.push(slot))
  expect(due).toEqual([1, 0])
})
