import type { Rule, Suggestion } from '../finding.ts'
import { findEmptied, type Emptied } from '../growth/emptied.ts'
import { findLeftEmpty } from '../growth/left-empty.ts'
import { functionName } from '../growth/function-name.ts'
import { endOf, startOf, unwrap, type Node } from '../growth/node.ts'
import type { Program } from '../growth/program.ts'
import { finding } from './report.ts'

const rule = 'no-emptied-entry'

export const noEmptiedEntry: Rule = {
  name: rule,
  severity: 'medium',
  summary: 'An entry is set to null or undefined where it should be deleted, and its key stays for ever.',
  find: (program) => [
    ...findEmptied(program).map(({ blank, write, declaration }) => {
      const name = write.cell.name
      const emptier = functionName(blank.func)
      const line = blank.node.loc?.start.line ?? '?'
      return finding(program, rule, write.node, {
        severity: 'medium',
        declaration,
        others: [blank.node],
        sentence: `${name} keeps every key it ever had`,
        why: `${emptier ? `${emptier}()` : 'A callback'} empties an entry (line ${line}) and leaves its key; nothing deletes one.`,
        key: program.text(write.key!),
        entryBytes: 80,
        fix: `Delete the entry on line ${line} instead of emptying it.`,
        suggestions: suggest({ blank, write, declaration }, program),
      })
    }),
    ...findLeftEmpty(program).map(({ write, leaving, declaration }) => {
      const name = write.cell.name
      const leaver = functionName(leaving.func)
      const line = leaving.node.loc?.start.line ?? '?'
      return finding(program, rule, write.node, {
        severity: 'medium',
        declaration,
        others: [leaving.node],
        sentence: `${name} keeps an empty group for every key it ever had`,
        why: `${leaver ? `${leaver}()` : 'A callback'} takes the last member out of a group (line ${line}), and nothing takes the group out of ${name}.`,
        key: program.text(write.key!),
        entryBytes: 200,
        fix: `Take the group out of ${name} after line ${line} when it is empty.`,
      })
    }),
  ],
}

/** `o[k] = null` becomes `delete o[k]`, where nobody uses the assignment's value. */
function suggest({ blank, write }: Emptied, program: Program): Suggestion[] {
  const { node } = blank
  if (node.parent?.type !== 'ExpressionStatement') return []
  const text =
    node.type === 'AssignmentExpression'
      ? `delete ${sourceOf(node['left'] as Node, program)}`
      : `${sourceOf(unwrap(node['callee'] as Node)['object'] as Node, program)}.delete(${sourceOf(blank.key!, program)})`
  return [
    {
      title: `Delete the entry of ${write.cell.name}`,
      edits: [{ from: startOf(node), to: endOf(node), text }],
      isSafe: false,
    },
  ]
}

function sourceOf(node: Node, program: Program): string {
  return program.source.slice(startOf(node), endOf(node))
}
