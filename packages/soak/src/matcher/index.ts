export { measureLeak, toLeak, type LeakFinding, type LeakMatchers, type LeakOptions } from './to-leak.ts'
