import { type Cell, type Cells, createCells } from './cells.ts'
import type { Elsewhere } from './elsewhere.ts'
import { createFrequencies, type Frequency } from './frequency.ts'
import { endOf, type Node, startOf } from './node.ts'
import { collectOperations, type Operation } from './operations.ts'
import { buildScopes, type Scopes } from './scopes.ts'

/** One file, understood as far as rules need it. Built once, shared by all rules. */
export interface Program {
  root: Node
  scopes: Scopes
  cells: Cells
  operations: ReadonlyMap<Cell, readonly Operation[]>
  frequencyOf(func: Node): Frequency
  /** The source of a node, shortened to one line. */
  text(node: Node): string
  source: string
  /** TypeScript: what is suggested has to satisfy a type checker. */
  isTyped: boolean
  /** The other files of the package; `null` when there are none to ask. */
  elsewhere: Elsewhere | null
}

const longestText = 80

export function understand(root: Node, source: string, isTyped = false, elsewhere: Elsewhere | null = null): Program {
  const scopes = buildScopes(root)
  const cells = createCells(scopes)
  return {
    root,
    scopes,
    cells,
    operations: collectOperations(scopes, cells),
    frequencyOf: createFrequencies(scopes),
    source,
    isTyped,
    elsewhere,
    text(node) {
      const text = source.slice(startOf(node), endOf(node)).replaceAll(/\s+/g, ' ')
      return text.length > longestText ? `${text.slice(0, longestText - 1)}…` : text
    },
  }
}
