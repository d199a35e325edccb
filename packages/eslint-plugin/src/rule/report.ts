import type { Finding, Suggestion } from '../finding.ts'
import { describeCaller } from '../growth/caller.ts'
import type { Node } from '../growth/node.ts'
import type { Program } from '../growth/program.ts'

/** A finding that is no growth of a collection of ours: caller and defaults filled in. */
export function finding(
  program: Program,
  rule: string,
  node: Node,
  parts: Pick<Finding, 'sentence' | 'why' | 'fix'> & {
    severity?: Finding['severity']
    declaration?: Node
    others?: readonly Node[]
    key?: string | null
    entryBytes?: number | null
    suggestions?: Suggestion[]
    caller?: string
  },
): Finding {
  return {
    rule,
    node,
    severity: 'high',
    others: [],
    declaration: node,
    key: null,
    entryBytes: null,
    suggestions: [],
    caller: describeCaller(program.scopes.functionOf(node), program),
    ...parts,
  }
}
