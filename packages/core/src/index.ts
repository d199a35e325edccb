export { KiB, MiB, GiB, formatBytes, parseBytes } from './bytes.ts'
export { SECOND_MS, MINUTE_MS, HOUR_MS, DAY_MS, formatDuration, parseDuration } from './duration.ts'
export { systemClock, delay, type Clock, type Timer } from './clock.ts'
export {
  systemRandom,
  createSeededRandom,
  nextBelow,
  nextExponential,
  nextNormal,
  type Random,
} from './random.ts'
export { PlimsollError, InvalidOptionError, describeFaults, messageOf, type Fault } from './error.ts'
export { assert } from './assert.ts'
export { Reader } from './reader.ts'
