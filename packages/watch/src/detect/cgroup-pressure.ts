import { formatBytes } from '@plimsoll/core'
import type { EventDetector } from './detector.ts'

/** Percent of the time that something in the container waits for memory, averaged over 10 s by the kernel. */
const MIN_PRESSURE = 10
const MIN_SHARE = 0.92
const MIN_MOMENTS = 3

/** The container runs out of memory, whoever in it uses it. */
export const cgroupPressure: EventDetector = {
  name: 'cgroup-pressure',
  judge({ moments, cgroupLimitBytes }) {
    const recent = moments.slice(-MIN_MOMENTS)
    const last = recent.at(-1)
    if (!last || recent.length < MIN_MOMENTS) return null
    const isWaiting = recent.every(({ pressureAvg10 }) => pressureAvg10 !== null && pressureAvg10 >= MIN_PRESSURE)
    const isFull =
      cgroupLimitBytes !== null &&
      recent.every(
        ({ cgroupBytes, rssBytes }) =>
          cgroupBytes !== null && cgroupBytes >= MIN_SHARE * cgroupLimitBytes && rssBytes >= 0.5 * cgroupBytes,
      )
    if (isFull) {
      const sentence = `is in a container that is nearly full: ${formatBytes(last.cgroupBytes!)} of ${formatBytes(cgroupLimitBytes)}.`
      return { kind: 'cgroup-pressure', severity: 'critical', sentence }
    }
    if (!isWaiting) return null
    const sentence = `waits for memory ${Math.round(last.pressureAvg10!)} % of the time: its container or host is short of it.`
    return { kind: 'cgroup-pressure', severity: 'warning', sentence }
  },
}
