import { createElsewhere } from './growth/elsewhere.ts'
import type { Finding, Rule, Settings } from './finding.ts'
import { startOf, type Node } from './growth/node.ts'
import { understand, type Program } from './growth/program.ts'
import { suspectsOf } from './rule/unbounded-growth.ts'
import { rules } from './rules.ts'

export type { CacheLibrary, MemoizeLibrary } from './knowledge/libraries.ts'
export type { Edit, Finding, Rule, Settings, Severity, Suggestion } from './finding.ts'
export type { Node, Position } from './growth/node.ts'
export { understand, type Program } from './growth/program.ts'
export { namesOfCallers } from './growth/call-graph.ts'
export { rules } from './rules.ts'

/** How one file is to be looked at. */
export interface ReviewSettings extends Settings {
  isTyped?: boolean
  /** An absolute path: lets the proof look into the other files of the package. */
  file?: string
  /** Is told of a rule that fails, and the other rules go on. */
  onFailure?: (error: Error) => void
}

/**
 * All findings of one file, in the order of its lines. The tree may come from any parser that makes an ESTree with positions;
 * `parent` links are set on it.
 * @throws RangeError when the tree is nested too deeply
 * @throws Error whose message begins with the rule that failed, without `onFailure`
 */
export function review(root: Node, source: string, settings: ReviewSettings = {}): Finding[] {
  return inOrder(findAll(read(root, source, settings), rules, settings, settings.onFailure ?? fail))
}

/** The same for lines where the code leaves open whether they keep something for ever: no findings until running it has shown so. */
export function suspect(root: Node, source: string, settings: ReviewSettings = {}): Finding[] {
  return inOrder(suspectsOf(read(root, source, settings)))
}

function read(root: Node, source: string, { file, isTyped }: ReviewSettings): Program {
  return understand(root, source, isTyped, file === undefined ? null : createElsewhere(file))
}

function inOrder(findings: Finding[]): Finding[] {
  return findings.sort((a, b) => startOf(a.node) - startOf(b.node))
}

function fail(error: Error): never {
  throw error
}

function findAll(
  program: Program,
  wanted: readonly Rule[],
  settings: Settings,
  onFailure: (error: Error) => void,
): Finding[] {
  return wanted.flatMap((rule) => {
    try {
      return rule.find(program, settings)
    } catch (error) {
      if (error instanceof RangeError || !(error instanceof Error)) throw error
      onFailure(new Error(`${rule.name}: ${error.message}`, { cause: error }))
      return []
    }
  })
}
