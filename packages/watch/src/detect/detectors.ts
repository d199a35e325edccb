import { cgroupPressure } from './cgroup-pressure.ts'
import { handleGrowth, threadGrowth } from './count-growth.ts'
import type { Detector, EventDetector } from './detector.ts'
import { external } from './external.ts'
import { gcThrash } from './gc-thrash.ts'
import { heapFloor } from './heap-floor.ts'
import { nativeGrowth } from './native-growth.ts'

/** Kinds of memory that are followed through their verdicts. */
export const detectors: readonly Detector[] = [heapFloor, external, nativeGrowth, handleGrowth, threadGrowth]

/** What is told when it happens, and not again before it was over for a while. */
export const eventDetectors: readonly EventDetector[] = [gcThrash, cgroupPressure]
