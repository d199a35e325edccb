import { expect, test } from 'vitest'
import { LatencyHistogram } from './latency-histogram.ts'

test('quantiles are right to within a bucket of 9 %', () => {
  const histogram = new LatencyHistogram()
  for (let latencyMs = 1; latencyMs <= 1000; latencyMs++) histogram.record(latencyMs)
  expect(histogram.count).toBe(1000)
  expect(histogram.quantileMs(0.5) / 500).toBeGreaterThan(0.99)
  expect(histogram.quantileMs(0.5) / 500).toBeLessThan(1.1)
  expect(histogram.quantileMs(0.99) / 990).toBeLessThan(1.1)
  expect(histogram.quantileMs(1)).toBe(1000)
  expect(histogram.maxMs).toBe(1000)
})

test('nothing recorded and absurd latencies do no harm', () => {
  const histogram = new LatencyHistogram()
  expect(histogram.quantileMs(0.99)).toBe(0)
  for (const latencyMs of [0, -5, 1e12]) histogram.record(latencyMs)
  expect(histogram.quantileMs(1)).toBe(1e12)
  histogram.reset()
  expect(histogram.count).toBe(0)
})
