import type { Edit, Rule } from '../finding.ts'
import { calleeName, endOf, propertyName, startOf, unwrap, type Node } from '../growth/node.ts'
import type { Program } from '../growth/program.ts'
import { finding } from './report.ts'

export const noWeakMapIndex: Rule = {
  name: 'no-weak-map-index',
  severity: 'high',
  summary: 'Brackets on a WeakMap make ordinary properties named after the key, which it never lets go.',
  find: (program) =>
    program.scopes
      .byType('MemberExpression')
      .filter(
        (member) => member['computed'] && propertyName(member) === null && isWeak(member['object'] as Node, program),
      )
      .map((member) => {
        const map = program.text(member['object'] as Node)
        const parent = member.parent!
        const isWrite =
          parent.type === 'AssignmentExpression' && parent['left'] === member && parent['operator'] === '='
        const edits = isWrite ? writeEdits(member, parent, program) : readEdits(member, parent, program)
        return finding(program, 'no-weak-map-index', member, {
          sentence: `${map}[…] does not use the WeakMap but an ordinary property of it`,
          why: 'The key becomes a string ("[object Object]"), and the entry stays for ever.',
          key: program.text(member['property'] as Node),
          fix: `Use ${map}.set(key, value) and ${map}.get(key).`,
          suggestions: edits.length > 0 ? [{ title: isWrite ? 'Use set()' : 'Use get()', edits, isSafe: true }] : [],
        })
      }),
}

function isWeak(object: Node, program: Program): boolean {
  const cell = program.cells.of(object)
  if (!cell) return false
  const inits = (program.operations.get(cell) ?? []).filter(({ kind }) => kind === 'init')
  return (
    inits.length > 0 && inits.every(({ value }) => value?.type === 'NewExpression' && calleeName(value) === 'WeakMap')
  )
}

function writeEdits(member: Node, assignment: Node, program: Program): Edit[] {
  if (assignment.parent?.type !== 'ExpressionStatement') return []
  const [object, key, value] = [member['object'], member['property'], assignment['right']].map((node) =>
    slice(unwrap(node as Node), program),
  )
  return [{ from: startOf(assignment), to: endOf(assignment), text: `${object}.set(${key}, ${value})` }]
}

function readEdits(member: Node, parent: Node, program: Program): Edit[] {
  if (
    parent.type === 'UpdateExpression' ||
    parent.type === 'UnaryExpression' ||
    (parent.type === 'AssignmentExpression' && parent['left'] === member)
  )
    return []
  const [object, key] = [member['object'], member['property']].map((node) => slice(node as Node, program))
  return [{ from: startOf(member), to: endOf(member), text: `${object}.get(${key})` }]
}

function slice(node: Node, program: Program): string {
  return program.source.slice(startOf(node), endOf(node))
}
