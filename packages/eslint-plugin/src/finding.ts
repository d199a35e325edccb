import type { Node } from './growth/node.ts'
import type { Program } from './growth/program.ts'
import type { CacheLibrary, MemoizeLibrary } from './knowledge/libraries.ts'

/** What a rule found: enough to understand and repair it without opening a manual. */
export interface Finding {
  rule: string
  severity: Severity
  /** What grows, by whom: the first sentence of the message. */
  sentence: string
  /** Where it grows. */
  node: Node
  /** Other lines where it grows in the same way. */
  others: readonly Node[]
  /** Where it is declared, or made; the growth line itself when there is no other. */
  declaration: Node
  /** Why nothing bounds it. */
  why: string
  /** What the key is made of, or what is kept; `null` where there is no key. */
  key: string | null
  /** Who calls: an exported function, a request handler, a timer. */
  caller: string
  /** Bytes an entry is about, from the shape of what is stored; `null` when the shape does not tell. */
  entryBytes: number | null
  /** What to do about it. */
  fix: string
  suggestions: readonly Suggestion[]
}

/** `high`: grows for ever once it is called often enough. `medium`: does so in uses that this file does not show. */
export type Severity = 'high' | 'medium'

/** A change of the code that compiles. */
export interface Suggestion {
  title: string
  edits: readonly Edit[]
  /** Behaviour provably stays, so that `--fix` may make it. */
  isSafe: boolean
}

export interface Edit {
  /** Offsets into the source. */
  from: number
  to: number
  text: string
}

/** What users know about their libraries and we do not: `settings.plimsoll` of an ESLint configuration. */
export interface Settings {
  /** Caches of libraries, and which option bounds them. */
  caches?: readonly CacheLibrary[]
  /** Functions that memoize, and which option bounds what they remember. */
  memoizers?: readonly MemoizeLibrary[]
}

/** One concept: what it looks for, and how to find it. */
export interface Rule {
  name: string
  /** The worst it finds. */
  severity: Severity
  /** In the strict set only. */
  isStrict?: boolean
  /** What it is about, in a sentence: the head of its page. */
  summary: string
  find(program: Program, settings: Settings): Finding[]
}
