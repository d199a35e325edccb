export { defineSoak, type Against, type Gates, type SoakConfig } from './options.ts'
export { runSoak, type Progress, type RunSoakOptions } from './run-soak.ts'
export {
  exitCodeOf,
  type Gate,
  type GateVerdict,
  type Interval,
  type RouteResult,
  type SoakResult,
  type Verdict,
} from './result.ts'
export type { Comparison } from './compare/compare.ts'
export type { SlowCulprit } from './culprit/slow-code.ts'
export type { Change } from './gate/slowdown.ts'
export type { Culprit } from './culprit/name-culprit.ts'
export { loadConfig } from './load/load-config.ts'
export { SoakInvalidError } from './errors.ts'
export { formatHtml } from './report/html.ts'
export { formatJunit } from './report/junit.ts'
export { formatMarkdown } from './report/markdown.ts'
export { formatSarif } from './report/sarif.ts'
export { coloured, formatProgress, formatText, plainStyle, type TextStyle } from './report/text.ts'
export {
  startTraffic,
  type Traffic,
  type TrafficOptions,
  type TrafficReport,
  type TrafficSecond,
} from './traffic/index.ts'
