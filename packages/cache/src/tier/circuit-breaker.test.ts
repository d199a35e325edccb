import { expect, test } from 'vitest'
import { breakerTransitions, CircuitBreaker } from './circuit-breaker.ts'

const create = () => new CircuitBreaker({ cooldownMs: 100, maxCooldownMs: 400 })
const broken = () => {
  const breaker = create()
  for (let n = 0; n < 4; n++) breaker.failed(0)
  return breaker
}

test('opens after four failures in a row, and not after three', () => {
  const breaker = create()
  for (let n = 0; n < 3; n++) breaker.failed(0)
  expect(breaker.state).toBe('closed')
  breaker.failed(0)
  expect(breaker.state).toBe('open')
})

test('opens when every second call fails, and stays closed when every tenth does', () => {
  const opens = (period: number) => {
    const breaker = create()
    for (let n = 1; n <= 1000 && breaker.state === 'closed'; n++) {
      if (n % period === 0) breaker.failed(n)
      else breaker.answered(n)
    }
    return breaker.state === 'open'
  }
  expect(opens(2)).toBe(true)
  expect(opens(10)).toBe(false)
})

test('lets one trial through once it has cooled, which closes it', () => {
  const breaker = broken()
  expect(breaker.startTrial(99)).toBe(false)
  expect(breaker.startTrial(100)).toBe(true)
  expect(breaker.state).toBe('half-open')
  expect(breaker.startTrial(500)).toBe(true)
  breaker.answered(501)
  expect(breaker.state).toBe('closed')
  breaker.failed(502)
  expect(breaker.state).toBe('closed')
})

test('waits twice as long after each trial that fails, up to the most', () => {
  const breaker = broken()
  const waits: number[] = []
  let nowMs = 0
  for (let n = 0; n < 5; n++) {
    const openedAtMs = nowMs
    while (!breaker.startTrial(nowMs)) nowMs++
    waits.push(nowMs - openedAtMs)
    breaker.failed(nowMs)
  }
  expect(waits).toEqual([100, 200, 400, 400, 400])
})

test('starts over with a short wait when it had been mended for long, and not before', () => {
  const breaker = broken()
  breaker.startTrial(100)
  breaker.answered(100)
  for (let n = 0; n < 4; n++) breaker.failed(150)
  expect(breaker.startTrial(150 + 199)).toBe(false)
  breaker.startTrial(150 + 200)
  breaker.answered(350)
  for (let n = 0; n < 4; n++) breaker.failed(350 + 400)
  expect(breaker.startTrial(750 + 100)).toBe(true)
})

test('every state can be reached and left', () => {
  const reached = Object.values(breakerTransitions).flatMap((cells) => Object.values(cells))
  expect(new Set(reached)).toEqual(new Set(Object.keys(breakerTransitions)))
})
