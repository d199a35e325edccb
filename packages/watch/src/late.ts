/** What only a program that lives for longer than a moment needs of the watch: loaded a second after its start, all at once. */
export { Probe } from './probe.ts'
export { MetricTotals } from './report/metrics.ts'
export { readCgroup, readThreadCount } from './sample/source/cgroup.ts'
export { readDescriptorCount } from './sample/source/descriptors.ts'
export { findHeapLimit } from './sample/source/process.ts'
export { autopsyOf } from './watchdog/action/autopsy.ts'
export { runCacheAction } from './watchdog/action/clear-cache.ts'
export { defaultLeaveLimits, leave } from './watchdog/action/leave.ts'
