import fc from 'fast-check'
import { expect, test } from 'vitest'

import { Histogram } from './histogram.ts'

const latencies = fc.array(fc.double({ min: 0, max: 1_000_000, noNaN: true }), { minLength: 1, maxLength: 300 })

test('every quantile is within 0.4 % (or a microsecond) of the exact one', () => {
  fc.assert(
    fc.property(latencies, fc.double({ min: 0.001, max: 1, noNaN: true }), (values, quantile) => {
      const histogram = new Histogram()
      for (const value of values) histogram.record(value)
      const exact = values.toSorted((a, b) => a - b)[Math.ceil(quantile * values.length) - 1]!
      expect(Math.abs(histogram.quantileMs(quantile) - exact)).toBeLessThanOrEqual(exact * 0.004 + 0.001)
    }),
  )
})

test('merged or sent as slots, it answers what one histogram of all would', () => {
  fc.assert(
    fc.property(latencies, latencies, (some, others) => {
      const [left, right, all] = [new Histogram(), new Histogram(), new Histogram()]
      for (const value of some) left.record(value)
      for (const value of others) right.record(value)
      for (const value of [...some, ...others]) all.record(value)
      left.merge(Histogram.fromSlots(JSON.parse(JSON.stringify(right.toSlots())) as [number, number][]))
      expect(left.count).toBe(all.count)
      for (const quantile of [0.1, 0.5, 0.99]) {
        expect(Math.abs(left.quantileMs(quantile) - all.quantileMs(quantile))).toBeLessThanOrEqual(
          all.quantileMs(quantile) * 0.004 + 0.001,
        )
      }
    }),
  )
})

test('holds nothing: zeros, and values out of range are clamped', () => {
  const histogram = new Histogram()
  expect([histogram.count, histogram.meanMs, histogram.maxMs, histogram.quantileMs(0.99)]).toEqual([0, 0, 0, 0])
  histogram.record(-5)
  histogram.record(1e12)
  expect(histogram.quantileMs(0.5)).toBe(0)
  expect(histogram.maxMs).toBeCloseTo(2 ** 31 / 1000, 0)
  histogram.clear()
  expect(histogram.count).toBe(0)
})
