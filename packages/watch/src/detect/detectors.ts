import type { Detector } from './detector.ts'
import { heapFloor } from './heap-floor.ts'

/** What is looked for, the most telling first. */
export const detectors: readonly Detector[] = [heapFloor]
