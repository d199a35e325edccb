import type { Finding, Rule } from '../finding.ts'
import type { Cell } from '../growth/cells.ts'
import { longevityOf } from '../growth/longevity.ts'
import { isCall, isMember, methodOf, propertyName, unwrap, type Node } from '../growth/node.ts'
import type { Program } from '../growth/program.ts'
import { finding } from './report.ts'

const rule = 'no-growing-text'

export const noGrowingText: Rule = {
  name: rule,
  severity: 'high',
  summary: 'A text or a buffer that lives as long as the program gets longer with every call.',
  find(program) {
    const measured = new Set(
      program.scopes
        .byType('MemberExpression', 'OptionalMemberExpression')
        .filter((member) => /^(length|byteLength)$/.test(propertyName(member) ?? ''))
        .map((member) => program.cells.of(member['object'] as Node)),
    )
    return [...longerByAssignment(program)].flatMap(([cell, writes]) =>
      measured.has(cell) ? [] : (judge(cell, writes, program) ?? []),
    )
  },
}

/** `text += more`, `text = text + more`, `buffer = Buffer.concat([buffer, more])`, by what they make longer. */
function longerByAssignment(program: Program): Map<Cell, Node[]> {
  const found = new Map<Cell, Node[]>()
  for (const assignment of program.scopes.byType('AssignmentExpression')) {
    const cell = program.cells.of(assignment['left'] as Node)
    const operator = assignment['operator'] as string
    if (!cell || (operator !== '+=' && !(operator === '=' && makesLonger(assignment['right'] as Node, cell, program))))
      continue
    const known = found.get(cell)
    if (known) known.push(assignment)
    else found.set(cell, [assignment])
  }
  return found
}

function makesLonger(right: Node, cell: Cell, program: Program): boolean {
  const value = unwrap(right)
  if (value.type === 'BinaryExpression')
    return value['operator'] === '+' && [value['left'], value['right']].some((side) => isOrHolds(side as Node))
  if (!isCall(value) || methodOf(value) !== 'concat') return false
  const [parts] = value['arguments'] as Node[]
  return ((parts && (unwrap(parts)['elements'] as (Node | null)[] | undefined)) ?? []).some(
    (part) => part && program.cells.of(part) === cell,
  )

  /** `text + a + b` */
  function isOrHolds(side: Node): boolean {
    const node = unwrap(side)
    return program.cells.of(node) === cell || (node.type === 'BinaryExpression' && isOrHolds(node['left'] as Node))
  }
}

function judge(cell: Cell, longer: readonly Node[], program: Program): Finding | null {
  const operations = program.operations.get(cell) ?? []
  const inits = operations.filter(({ kind, node }) => kind === 'init' && !longer.includes(node))
  if (!inits.some(({ value }) => value && isText(value))) return null
  // Any other assignment after start-up may cut it.
  if (operations.some(({ kind }) => kind === 'reset')) return null
  if (inits.some(({ node, func }) => isAssignment(node) && program.frequencyOf(func) === 'many' && !isMaker(func)))
    return null
  const grows = longer.filter((write) => {
    const func = program.scopes.functionOf(write)
    // process.stdin.on('data', …) reads what there is, and ends.
    return (
      program.frequencyOf(func) === 'many' && !/\.on\(\s*['"](data|readable)/.test(program.text(func.parent ?? func))
    )
  })
  const writes = operations.filter(({ node }) => grows.includes(node))
  const [first, ...others] = grows
  const longevity = first && longevityOf(cell, operations, writes, program)
  if (longevity !== 'program' && longevity !== 'singleton') return null
  const name = program.text(first!['left'] as Node)
  return finding(program, rule, first!, {
    sentence: `${name} gets longer with every call`,
    why: `${longevity === 'program' ? 'It lives' : 'Its owner lives'} as long as the program, and nothing here starts it anew.`,
    declaration: inits.find(({ value }) => value && isText(value))!.node,
    others,
    entryBytes: 100,
    fix: `Write to a stream or a log, or keep the last part: ${name} = ${name}.slice(-limit).`,
  })
}

function isAssignment({ type }: Node): boolean {
  return type === 'AssignmentExpression'
}

function isMaker(func: Node): boolean {
  return func.parent?.['kind'] === 'constructor' || /^[A-Z]/.test(String(func['id']?.name ?? ''))
}

/** `''`, `` `…` ``, `Buffer.alloc(0)` */
function isText(value: Node): boolean {
  if (value.type === 'TemplateLiteral' || (value.type === 'Literal' && typeof value['value'] === 'string')) return true
  const callee = isCall(value) ? unwrap(value['callee'] as Node) : null
  return callee !== null && isMember(callee) && (callee['object'] as Node)['name'] === 'Buffer'
}
