/** What running the code said of a finding. */
export interface Proof {
  verdict: 'proven' | 'refuted' | 'undecided' | 'not drivable'
  /** Bytes that stay after each call; `null` when that was not measured. */
  bytesPerCall: number | null
  /** How it was found out, or why not. */
  what: string
}

/** What the process that runs the code is asked. */
export interface ProofTask {
  file: string
  /** Where it grows, counted from 1. */
  line: number
  column: number
  /** Names of functions by which the line is come by, the nearest first. */
  callerNames: readonly string[]
  /** Only what outlives the object that is called counts: reading the code did not tell how long that lives. */
  isLettingGo: boolean
  /** What stays is left on an abort signal: a call without one says nothing. */
  isAboutSignal: boolean
  withinMs: number
}

/** Where a line and column, counted from 1, are in a source. */
export function offsetOf(source: string, line: number, column: number): number {
  let start = 0
  for (let at = 1; at < line; at++) start = source.indexOf('\n', start) + 1
  return start + column - 1
}
