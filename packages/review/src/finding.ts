import type { Edit, Severity } from 'eslint-plugin-plimsoll/analysis'
import type { Proof } from './prove/proof.ts'

/** A place in a file. Lines and columns count from 1, as editors and SARIF do. */
export interface Place {
  line: number
  column: number
  endLine: number
  endColumn: number
  /** The first line of the source there, trimmed. */
  code: string
}

/** A finding as it is told: plain data, for people and for programs. */
export interface ReviewFinding {
  rule: string
  severity: Severity
  /** Relative to the folder the review runs in, with `/`. */
  path: string
  /** Where it grows. */
  place: Place
  /** Other lines of this file where it grows in the same way. */
  otherLines: number[]
  declaration: Place
  sentence: string
  why: string
  /** What the key is made of; `null` where there is none. */
  key: string | null
  caller: string
  /** About how many bytes each call leaves behind; `null` when the code does not tell. */
  entryBytes: number | null
  fix: string
  suggestions: { title: string; isSafe: boolean; edits: readonly Edit[] }[]
  /** Stays the same when lines move: rule, file, code and how often the same stood before. */
  fingerprint: string
  /** The dependency it is in, `name@version`; `null` for one's own code. */
  dependency: string | null
  /** What running the code said; `null` when it was not run. */
  proof: Proof | null
}

/** A file that could not be reviewed, and why. */
export interface Unread {
  path: string
  what: string
}

/** An installed version that the table of known leaks speaks of. */
export interface LeakyDependency {
  name: string
  version: string
  fixedIn: string | null
  what: string
  source: string
  /** Its folder, relative to where the review runs. */
  path: string
}

/** All that a review says. */
export interface Report {
  findings: ReviewFinding[]
  /** What may grow, and only running it can tell; empty unless that is asked for. What is proven of it becomes a finding. */
  suspects: ReviewFinding[]
  unread: Unread[]
  /** Ignore comments that give no reason, and so ignore nothing. */
  unreasoned: { path: string; line: number }[]
  dependencies: LeakyDependency[]
  /** Folders and files that git ignores, and that nobody named: they were not reviewed. */
  leftOut: string[]
  fileCount: number
  lineCount: number
  /** Findings that an ignore comment with a reason took out, and that the baseline did. */
  ignoredCount: number
  knownCount: number
  fixedCount: number
}
