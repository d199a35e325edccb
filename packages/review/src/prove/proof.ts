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
  /** The function that the finding says is called; `null` when it has no name. */
  callerName: string | null
  withinMs: number
}
