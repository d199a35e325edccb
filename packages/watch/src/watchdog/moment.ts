import type { Sample } from '@plimsoll/core/wire'
import type { Moment } from '../detect/detector.ts'
import type { Reading } from '../sample/sampler.ts'

/** What detectors look at of a reading, with what the kernel says of the container. */
export function momentOf(
  { sample, requestTotal }: Reading,
  cgroup: Sample['cgroup'],
  counts: Pick<Moment, 'descriptorCount' | 'threadCount'> = {},
): Moment {
  const { memory, gc } = sample
  return {
    atMs: sample.atMs,
    windowMs: sample.windowMs,
    rssBytes: memory.rssBytes,
    heapUsedBytes: memory.heapUsedBytes,
    heapTotalBytes: memory.heapTotalBytes,
    externalBytes: memory.externalBytes,
    requestTotal,
    gcShare: gc.cpuShare,
    gcPauseMsMax: gc.pauseMsMax,
    majorCount: gc.majorCount,
    ...counts,
    cgroupBytes: cgroup?.currentBytes ?? null,
    pressureAvg10: cgroup?.pressureAvg10 ?? null,
  }
}
