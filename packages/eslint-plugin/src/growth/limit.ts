import { calledFrom, callersOf } from './call-graph.ts'
import type { Cell } from './cells.ts'
import { countWord, limitWord } from './names.ts'
import { isInside, isMember, type Node, propertyName, unwrap } from './node.ts'
import type { Operation } from './operations.ts'
import type { Program } from './program.ts'

/**
 * The write stands under a comparison with a limit, or its function, one that it calls or one that calls it compares something with one;
 * with `isStrict` only a count.
 */
export function isLimited(write: Operation, func: Node, program: Program, isStrict = false): boolean {
  if (
    testsAround(write.node, func).some(
      (test) => (isLimitTest(test, false, program) && !isAboutEntry(test, write, program)) || isUsedUp(test, program),
    )
  )
    return true
  const functions = [func, ...calledFrom(func, program), ...callersOf(write.func, program)]
  return functions.some((inner) =>
    comparisonsIn(inner, program).some(
      (comparison) => isLimitTest(comparison, isStrict, program) && !isAboutEntry(comparison, write, program),
    ),
  )
}

/** `if (left > 0) { memo[key] = value; left-- }`: what allows the write is one less after it. */
function isUsedUp(test: Node, program: Program): boolean {
  const node = unwrap(test)
  if (node.type !== 'BinaryExpression' || !/^[<>]=?$/.test(node['operator'] as string)) return false
  const sides = [node['left'], node['right']].map((side) => program.cells.of(unwrap(side as Node)))
  return program.scopes.byType('UpdateExpression').some((step) => {
    const stepped = isInside(step, node.parent!) ? program.cells.of(step['argument'] as Node) : null
    return stepped !== null && sides.includes(stepped)
  })
}

/** `entry.count > max`, where `const entry = hits.get(key)`: how much one entry counts bounds no collection. */
function isAboutEntry(test: Node, { cell, key, value }: Operation, program: Program): boolean {
  const node = unwrap(test)
  if (node.type !== 'BinaryExpression') return false
  return [unwrap(node['left'] as Node), unwrap(node['right'] as Node)].some((side) => {
    const owner = isMember(side) ? unwrap(side['object'] as Node) : null
    const variable = owner?.type === 'Identifier' ? program.scopes.variableOf(owner) : null
    // hits.set(address, recent); return recent.length <= max
    const isStored = value !== null && key !== null && unwrap(value).type === 'Identifier'
    if (variable && isStored && program.scopes.variableOf(unwrap(value)) === variable) return true
    const init = variable?.definitions[0]?.init
    const read = init && unwrap(init).type === 'LogicalExpression' ? (unwrap(init)['left'] as Node) : init
    const place = read ? program.cells.of(read) : null
    return place?.kind === 'element' && place.base === cell
  })
}

export function testsAround(node: Node, func: Node): Node[] {
  const tests: Node[] = []
  for (let at = node; at.parent && at !== func; at = at.parent) {
    const { parent } = at
    if ((parent.type === 'IfStatement' || parent.type === 'ConditionalExpression') && parent['test'] !== at)
      tests.push(parent['test'] as Node)
    if (parent.type === 'LogicalExpression' && parent['right'] === at) tests.push(parent['left'] as Node)
  }
  return tests
}

/** With `isCount` a limit has to be one of a count: `waited >= threshold` is about time. */
function isLimitTest(test: Node, isCount: boolean, program: Program): boolean {
  const node = unwrap(test)
  if (node.type === 'LogicalExpression')
    return isLimitTest(node['left'] as Node, isCount, program) || isLimitTest(node['right'] as Node, isCount, program)
  if (node.type === 'UnaryExpression') return isLimitTest(node['argument'] as Node, isCount, program)
  if (node.type !== 'BinaryExpression' || !/^([<>]=?|===?)$/.test(node['operator'] as string)) return false
  const sides = [unwrap(node['left'] as Node), unwrap(node['right'] as Node)]
  const words = sides.map((side) => lastWord(side, program))
  // An equality with a limit counts only beside a count: `if (mode === MAX)` bounds nothing.
  const isEquality = (node['operator'] as string).startsWith('==')
  const hasLimit = words.some((word) => limitWord.test(word) && !/maxAge|maxWait|maxDelay|maxTime/i.test(word))
  const hasCount = words.some((word) => countWord.test(word))
  // The length of what a caller handed in says nothing about how much is kept.
  if (sides.some((side) => isLocalLength(side, program))) return false
  if (hasLimit && isCount && !hasCount && !sides.some((side) => isCounted(side, program))) return false
  if (hasLimit) return !isEquality || hasCount
  return sides.some((side) => isKeptCount(side, program))
}

function isLocalLength(side: Node, program: Program): boolean {
  if (!isMember(side) || propertyName(side) !== 'length') return false
  const { variable, kind } = program.cells.of(side['object'] as Node) ?? {}
  return kind === 'variable' && variable !== undefined && variable !== null && variable.definitions[0]!.kind === 'param'
}

/** A variable or property that counts beyond the call: changed by `++` or `+=` and not local. */
function isKeptCount(side: Node, program: Program): boolean {
  const node = side.type === 'UpdateExpression' ? unwrap(side['argument'] as Node) : side
  const word = lastWord(node, program)
  if (!countWord.test(word) || /length$/i.test(word)) return false
  const cell = program.cells.of(node)
  if (!cell) return false
  if (cell.kind === 'property') return true
  return cell.variable !== null && program.frequencyOf(cell.variable.scope.func) === 'once'
}

const steppedIndexes = new WeakMap<Program, Set<Cell>>()

/** Stepped by one somewhere, up or down. */
function isCounted(side: Node, program: Program): boolean {
  if (side.type === 'UpdateExpression') return true
  let stepped = steppedIndexes.get(program)
  if (!stepped) {
    const steps = program.scopes.byType('UpdateExpression').map((step) => program.cells.of(step['argument'] as Node))
    steppedIndexes.set(program, (stepped = new Set(steps.filter((cell) => cell !== null))))
  }
  const cell = program.cells.of(side)
  return cell !== null && stepped.has(cell)
}

function lastWord(node: Node, program: Program): string {
  if (node.type === 'Identifier') return node['name'] as string
  if (node.type === 'UpdateExpression') return lastWord(unwrap(node['argument'] as Node), program)
  if (isMember(node)) return propertyName(node) ?? ''
  return ''
}

function comparisonsIn(func: Node, program: Program): Node[] {
  return comparisonIndex(program).get(func) ?? []
}

const comparisonIndexes = new WeakMap<Program, Map<Node, Node[]>>()

function comparisonIndex(program: Program): Map<Node, Node[]> {
  const known = comparisonIndexes.get(program)
  if (known) return known
  const index = new Map<Node, Node[]>()
  for (const binary of program.scopes.byType('BinaryExpression')) {
    if (!/^([<>]=?|===?)$/.test(binary['operator'] as string)) continue
    let user = binary.parent
    while (user && /^(LogicalExpression|UnaryExpression|ParenthesizedExpression)$/.test(user.type)) user = user.parent
    if (!user || user.type === 'ForStatement') continue
    for (
      let func: Node | undefined = program.scopes.functionOf(binary);
      func && func !== program.root;
      func = program.scopes.functionOf(func)
    ) {
      const list = index.get(func)
      if (list) list.push(binary)
      else index.set(func, [binary])
    }
  }
  comparisonIndexes.set(program, index)
  return index
}
