import type { Detector } from './detector.ts'
import { judgeFloor } from './heap-floor.ts'

/**
 * Buffers and what else V8 knows but does not hold, after a full collection. Judged as the heap is; its limit is the
 * container's or the machine's memory, less what else the process has in it.
 */
export const external: Detector = {
  name: 'external',
  memory: 'external',
  basis: 'floor',
  judge(view) {
    const last = view.moments.at(-1)
    if (!last || view.memoryLimitBytes === null) return null
    const others = Math.max(0, last.rssBytes - last.externalBytes)
    return judgeFloor(
      view,
      'external',
      ({ externalBytes, budgetedOffHeapBytes = 0 }) => externalBytes - budgetedOffHeapBytes,
      Math.max(1, view.memoryLimitBytes - others),
    )
  },
}
