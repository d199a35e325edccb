import v8 from 'node:v8'
import vm from 'node:vm'

/** V8's optimizing compilers: the flag of each, and what tells whether it is on, whatever flag or default has brought that about. */
const compilers = [
  { flag: 'opt', question: '%IsTurbofanEnabled()' },
  { flag: 'maglev', question: '%IsMaglevEnabled()' },
]

/** Those that were taken from V8, to be given back: Node 24 without a JIT crashes when it is told to optimize. */
let taken: string[] = []

/**
 * Whether V8 makes faster code of functions that are called often, in this process and its threads; on again, it does so as it did before.
 * Faster code has data beside it, in the heap, and its functions reach their turn one by one over tens of thousands of requests: some
 * 30 B a request for as long as anyone looks, and back again where it was made in vain. Code that was made stays.
 */
export function setOptimizing(isOn: boolean): void {
  if (isOn) {
    for (const flag of taken) v8.setFlagsFromString(`--${flag}`)
    taken = []
    return
  }
  for (const flag of compilersInUse()) {
    v8.setFlagsFromString(`--no-${flag}`)
    taken.push(flag)
  }
}

function compilersInUse(): string[] {
  // Whoever is started with this keeps it: to take it away ends what is compiled later.
  const mayAsk = askV8() !== null
  if (!mayAsk) v8.setFlagsFromString('--allow-natives-syntax')
  // A V8 that cannot be asked is left as it is.
  const flags = askV8() ?? []
  if (!mayAsk) v8.setFlagsFromString('--no-allow-natives-syntax')
  return flags
}

function askV8(): string[] | null {
  try {
    return compilers.filter(({ question }) => new vm.Script(question).runInThisContext()).map(({ flag }) => flag)
  } catch {
    return null
  }
}
