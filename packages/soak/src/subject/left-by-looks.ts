import type { FloorPoint } from '../result.ts'

type Bytes = Pick<FloorPoint, 'heapBytes' | 'externalBytes'>

/**
 * What looking at the heap has left in it. A heap that was written down is larger afterwards: V8 flattens its strings and keeps what it
 * read of scripts. That is taken off every floor that is compared with floors, or a rise is seen that the service has no part in.
 */
export class LeftByLooks {
  #left: Bytes = { heapBytes: 0, externalBytes: 0 }

  /** `before` is the last floor before the look, less what earlier looks left; `after` what was read after it, with no load between. */
  note(before: Bytes, after: Bytes): void {
    const add = (name: keyof Bytes): number => {
      const left = this.#left[name]
      // Less than before: a cache has let go meanwhile, and what earlier looks left is still there. And a string is written once more at
      // most, so that by more than what there was the service itself has grown.
      return Math.max(left, Math.min(after[name] - before[name], left + before[name]))
    }
    this.#left = { heapBytes: add('heapBytes'), externalBytes: add('externalBytes') }
  }

  /** The floor without it. */
  takeOff<Floor extends Bytes>(floor: Floor): Floor {
    const { heapBytes, externalBytes } = this.#left
    return { ...floor, heapBytes: floor.heapBytes - heapBytes, externalBytes: floor.externalBytes - externalBytes }
  }
}
