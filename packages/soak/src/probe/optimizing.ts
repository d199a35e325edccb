import v8 from 'node:v8'

/** Who starts a service so means it, and Node 24 without a JIT crashes when it is told to optimize. */
const neverOptimizing = /--(?:jitless|lite[-_]mode|no[-_]?(?:opt|turbofan))(?![-\w])/

/**
 * Whether V8 makes faster code of functions that are called often, in this process and its threads. Faster code has data beside it, in the
 * heap, and its functions reach their turn one by one over tens of thousands of requests: some 30 B a request for as long as anyone looks,
 * and back again where it was made in vain. Code that was made stays.
 */
export function setOptimizing(isOn: boolean): void {
  const startedWith = [...process.execArgv, process.env.NODE_OPTIONS ?? ''].join(' ')
  if (neverOptimizing.test(startedWith)) return
  v8.setFlagsFromString(isOn ? '--opt' : '--no-opt')
  // On again it is not put: not every Node has this compiler on, and what it does the other does as well.
  if (!isOn) v8.setFlagsFromString('--no-maglev')
}
