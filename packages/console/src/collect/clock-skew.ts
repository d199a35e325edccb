import type { Sample, Signal } from '@plimsoll/core/wire'

/** Readings of an agent whose clock is wrong, on the console's clock. */
export function shiftSample(sample: Sample, shiftMs: number): Sample {
  if (shiftMs === 0) return sample
  const { memory } = sample
  const floorAtMs = memory.floorAtMs === null ? null : memory.floorAtMs + shiftMs
  return { ...sample, atMs: sample.atMs + shiftMs, memory: { ...memory, floorAtMs } }
}

export function shiftSignal(signal: Signal, shiftMs: number): Signal {
  if (shiftMs === 0) return signal
  return {
    ...signal,
    atMs: signal.atMs + shiftMs,
    series: signal.series.map(([atMs, value]) => [atMs + shiftMs, value]),
  }
}
