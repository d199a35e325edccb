import type { Session } from 'node:inspector'
import { getHeapStatistics, setFlagsFromString } from 'node:v8'

/** Its compilers that do so; in Node 20 only the first. */
const COMPILERS = Number.parseInt(process.versions.node) < 22 ? ['turbo'] : ['turbo', 'maglev']

/**
 * Makes V8 compile its functions anew, each for itself, until the answer is called. V8's samplers walk frames of machine code and
 * know of no function that was compiled into its caller, so a hot handler's allocations would count for the framework that calls it.
 * To throw compiled code away V8 looks at every object once, which takes longer than a full collection: not on a heap larger than
 * `maxHeapBytes`. Answers null where it is left alone: there, where another one's coverage would end, and where flags of the host's
 * own about inlining stay. `session` is connected to this very thread, and profiles nothing else.
 */
export function keepFunctionsApart(session: Session, maxHeapBytes: number): (() => void) | null {
  const isTheHosts = [...process.execArgv, process.env.NODE_OPTIONS ?? ''].some((flags) => /inlining/.test(flags))
  const isHeapLarge = (): boolean => getHeapStatistics().used_heap_size > maxHeapBytes
  if (isTheHosts || process.env.NODE_V8_COVERAGE || isHeapLarge()) return null
  allowInlining(false)
  discardCompiled(session)
  return () => {
    allowInlining(true)
    if (!isHeapLarge()) discardCompiled(session)
  }
}

/** Read as the compiler begins with a function, so it may change while the process runs. */
function allowInlining(isAllowed: boolean): void {
  for (const compiler of COMPILERS) setFlagsFromString(`--${isAllowed ? '' : 'no-'}${compiler}-inlining`)
}

/** V8 does so when counting of calls begins; what it learnt about types stays, so that hot functions are compiled again at once. */
function discardCompiled(session: Session): void {
  for (const method of ['enable', 'startPreciseCoverage', 'stopPreciseCoverage', 'disable'])
    session.post(`Profiler.${method}`)
}
