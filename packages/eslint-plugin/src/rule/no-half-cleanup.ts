import type { Rule, Suggestion } from '../finding.ts'
import { describeCaller } from '../growth/caller.ts'
import { functionName } from '../growth/function-name.ts'
import { estimateBytes } from '../growth/estimate.ts'
import { findForgotten, findHalfCleanups, type Forgotten, type HalfCleanup } from '../growth/half-cleanup.ts'
import { endOf, isCall, isMember, type Node, unwrap } from '../growth/node.ts'
import type { Program } from '../growth/program.ts'
import { finding } from './report.ts'
import { indentOf } from './unbounded-growth.ts'

const rule = 'no-half-cleanup'

export const noHalfCleanup: Rule = {
  name: rule,
  severity: 'high',
  summary: 'Two collections get an entry under the same key, and only one of them ever loses it.',
  find: (program) => [
    ...findHalfCleanups(program).map((half) => describe(half, program)),
    ...findForgotten(program).map((forgotten) => describeForgotten(forgotten, program)),
  ],
}

function describeForgotten({ kept, declaration, partner, emptier }: Forgotten, program: Program) {
  const name = nameOf(kept, program)
  const emptierName = functionName(emptier)!
  const line = emptier.loc?.start.line ?? '?'
  return finding(program, rule, kept.node, {
    severity: 'medium',
    sentence: `${emptierName}() empties ${partner.name} and leaves ${kept.cell.name} as it is`,
    why: `${describeCaller(kept.func, program)} writes to both at once; ${emptierName}() (line ${line}) empties ${partner.name} and does not so much as mention ${kept.cell.name}.`,
    declaration,
    key: kept.key && program.text(kept.key),
    entryBytes: estimateBytes(kept.value),
    fix: `Empty ${name} in ${emptierName}() too (line ${line}).`,
  })
}

function describe(half: HalfCleanup, program: Program) {
  const { kept, declaration, partner, removal } = half
  const key = program.text(kept.key!)
  const name = nameOf(kept, program)
  const partnerName = nameOf(partner, program)
  const remover = functionName(removal.func)
  const line = removal.node.loc?.start.line ?? '?'
  return finding(program, rule, kept.node, {
    severity: kept.cell.kind === 'variable' ? 'high' : 'medium',
    sentence: `${name} keeps its entry for each ${key}, while ${partnerName} lets its own go`,
    why: `${describeCaller(kept.func, program)} stores under ${key} in both; ${remover ? `${remover}()` : 'a callback'} takes it out of ${partnerName} (line ${line}), and nothing takes anything out of ${name}.`,
    declaration,
    key,
    entryBytes: estimateBytes(kept.value),
    fix: `Take the entry out of ${name} where it leaves ${partnerName} (line ${line}).`,
    suggestions: suggest(half, program),
  })
}

/** The collection as it is written there: `this.topics`. */
function nameOf({ node, cell }: HalfCleanup['kept'], program: Program): string {
  const target = isCall(node) ? unwrap(node['callee'] as Node) : unwrap((node['left'] ?? node['argument']) as Node)
  return isMember(target) ? program.text(target['object'] as Node) : cell.name
}

/** The same removal once more, with the other name: where both are fields of `this` or variables, and of one kind. */
function suggest({ kept, removal }: HalfCleanup, program: Program): Suggestion[] {
  const statement = removal.node.parent
  if (statement?.type !== 'ExpressionStatement' || statement.parent?.type !== 'BlockStatement') return []
  const isDelete = removal.node.type === 'UnaryExpression'
  if (isDelete !== (kept.how === '[]=') || (!isDelete && removal.how !== 'delete')) return []
  const target = isDelete ? unwrap(removal.node['argument'] as Node) : unwrap(removal.node['callee'] as Node)
  const collection = isMember(target) ? unwrap(target['object'] as Node) : null
  if (!collection || !removal.key) return []
  const holder = isMember(collection) ? `${program.text(collection['object'] as Node)}.` : ''
  const name = `${holder}${kept.cell.name}`
  const text = isDelete
    ? `delete ${name}[${program.text(removal.key)}]`
    : `${name}.delete(${program.text(removal.key)})`
  const semicolon = program.source.slice(endOf(statement) - 1, endOf(statement)) === ';' ? ';' : ''
  const at = endOf(statement)
  return [
    {
      title: `Take it out of ${kept.cell.name} there too`,
      edits: [{ from: at, to: at, text: `\n${indentOf(statement, program.source)}${text}${semicolon}` }],
      isSafe: false,
    },
  ]
}
