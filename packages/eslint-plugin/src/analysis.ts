import { createElsewhere } from './growth/elsewhere.ts'
import type { Finding, Rule, Settings } from './finding.ts'
import { startOf, type Node } from './growth/node.ts'
import { understand, type Program } from './growth/program.ts'
import { rules } from './rules.ts'

export type { CacheLibrary, MemoizeLibrary } from './knowledge/libraries.ts'
export type { Edit, Finding, Rule, Settings, Severity, Suggestion } from './finding.ts'
export type { Node, Position } from './growth/node.ts'
export { understand, type Program } from './growth/program.ts'
export { rules } from './rules.ts'

/**
 * All findings of one file, in the order of its lines. The tree may come from any parser that makes an ESTree with positions;
 * `parent` links are set on it. `file`, an absolute path, lets the proof look into the other files of the package. `onFailure` is told of
 * a rule that fails, and the other rules go on.
 * @throws RangeError when the tree is nested too deeply
 * @throws Error whose message begins with the rule that failed, without `onFailure`
 */
export function review(
  root: Node,
  source: string,
  settings: Settings & { isTyped?: boolean; file?: string; onFailure?: (error: Error) => void } = {},
): Finding[] {
  const elsewhere = settings.file === undefined ? null : createElsewhere(settings.file)
  const program = understand(root, source, settings.isTyped, elsewhere)
  const onFailure = settings.onFailure ?? fail
  return findAll(program, rules, settings, onFailure).sort((a, b) => startOf(a.node) - startOf(b.node))
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
