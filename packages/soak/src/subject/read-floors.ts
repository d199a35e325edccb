import type { Floor } from '../probe/probe-protocol.ts'
import type { FloorPoint } from '../result.ts'
import type { Lifeline } from './lifeline.ts'
import type { Probe } from './probe-desk.ts'

export interface FloorReading {
  /** Of all processes that serve, together. */
  floor: Omit<FloorPoint, 'requestCount' | 'atMs'>
  /** Those that serve. */
  probes: Probe[]
  /** Of it, what caches hold that keep a budget. */
  cachedBytes: number
  /** What the forced collections took, one process after another. */
  collectMs: number
}

/** Collects garbage in every process that serves, and adds up what stays. */
export async function readFloors(
  probes: readonly Probe[],
  lifeline: Lifeline,
  settleMs: number,
): Promise<FloorReading> {
  const floors: Floor[] = []
  for (const probe of probes) floors.push(await lifeline.ask(probe, 'floor', { settleMs }))
  // Wrappers such as npm load the probe too, and answer nothing.
  const serving = probes.filter((_, index) => floors[index]!.requestCount > 0)
  const counted = serving.length > 0 ? floors.filter(({ requestCount }) => requestCount > 0) : floors
  const sum = (read: (floor: Floor) => number) => counted.reduce((total, floor) => total + read(floor), 0)
  return {
    floor: {
      heapBytes: sum(({ heapBytes }) => heapBytes),
      externalBytes: sum(({ externalBytes }) => externalBytes),
      nativeBytes: sum(({ nativeBytes }) => nativeBytes),
      rssBytes: sum(({ rssBytes }) => rssBytes),
      descriptorCount: counted.some(({ descriptorCount }) => descriptorCount === null)
        ? null
        : sum(({ descriptorCount }) => descriptorCount!),
    },
    cachedBytes: sum(({ cachedBytes }) => cachedBytes),
    probes: serving.length > 0 ? serving : [...probes],
    collectMs: floors.reduce((total, { collectMs }) => total + collectMs, 0),
  }
}

/** Processes by how much they have answered, the busiest first. */
export async function rankByRequests(probes: readonly Probe[], lifeline: Lifeline): Promise<Probe[]> {
  const counts = new Map<Probe, number>()
  for (const probe of probes) counts.set(probe, (await lifeline.ask(probe, 'usage', null)).requestCount)
  return [...probes].sort((left, right) => counts.get(right)! - counts.get(left)!)
}
