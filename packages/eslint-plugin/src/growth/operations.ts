import type { Cell, Cells } from './cells.ts'
import {
  calleeName,
  isCall,
  isFunction,
  isLiteral,
  isMember,
  methodOf,
  propertyName,
  unwrap,
  type Node,
} from './node.ts'
import { limitWord } from './names.ts'
import type { Scopes } from './scopes.ts'

/** What is done to a collection somewhere. */
export type OperationKind =
  /** An entry may come on top: `set`, `add`, `push`, `o[k] = v`. */
  | 'grow'
  /** One entry leaves: `delete`, `splice`, `shift`, `delete o[k]`. */
  | 'remove'
  /** All or many leave: `clear`, `length = 0`, a fresh collection, `filter`. */
  | 'reset'
  /** A value is taken out but its key stays: `o[k] = undefined`. */
  | 'blank'
  /** Looked up by key: `get`, `has`, `k in o`, `o[k]`. */
  | 'read'
  /** Its size is compared with something. */
  | 'measure'
  /** It is handed to a function. */
  | 'pass'
  /** It gets its value: a literal or `new`. */
  | 'init'

export interface Operation {
  kind: OperationKind
  cell: Cell
  /** The call, assignment or comparison. */
  node: Node
  /** The innermost function around it, or the program. */
  func: Node
  /** Key of a keyed write or read; `null` for lists. */
  key: Node | null
  /** What is stored. */
  value: Node | null
  /** The method or operator, for messages: `set`, `push`, `[]=`. */
  how: string
}

const growMethods: Record<string, [key: number | null, value: number | null]> = {
  set: [0, 1],
  add: [0, 0],
  push: [null, 0],
  unshift: [null, 0],
  append: [null, 0],
  put: [0, 1],
}
const removeMethods = new Set(['delete', 'pop', 'shift', 'splice', 'remove', 'del', 'evict', 'dequeue', 'unset'])
const resetMethods = new Set(['clear', 'reset', 'prune', 'flush', 'purge', 'empty', 'removeAll', 'flushAll', 'expire'])
const readMethods = new Set(['get', 'has', 'indexOf', 'includes', 'find', 'hasOwnProperty', 'peek'])
/** Names of functions that are handed a collection in order to take things out of it. */
const cleaners = /clean|evict|prune|trim|expire|purge|sweep|remove|clear|drop|shrink|limit|delete|reap|discard|^pull$/i

export function collectOperations(scopes: Scopes, cells: Cells): Map<Cell, Operation[]> {
  const operations = new Map<Cell, Operation[]>()
  const bound: { from: Cell; to: Cell }[] = []

  const record = (
    kind: OperationKind,
    target: Node | Cell | null,
    node: Node,
    how: string,
    key: Node | null = null,
    value: Node | null = null,
  ): void => {
    const cell = target && 'type' in target ? cells.of(target) : target
    if (!cell) return
    const operation = { kind, cell, node, func: scopes.functionOf(node), key, value, how }
    const list = operations.get(cell)
    if (list) list.push(operation)
    else operations.set(cell, [operation])
  }

  const recordCall = (call: Node): void => {
    const callee = unwrap(call['callee'] as Node)
    const args = call['arguments'] as Node[]
    const method = methodOf(call)
    if (method !== null && isMember(callee)) {
      const object = callee['object'] as Node
      const grown = Object.hasOwn(growMethods, method) ? growMethods[method] : undefined
      const { length } = args
      if (grown && length > 0 && (grown[0] === null || method !== 'set' || length >= 2)) {
        const [key, value] = grown
        record(
          'grow',
          object,
          call,
          method,
          key === null ? null : args[key]!,
          value === null ? null : (args[value] ?? null),
        )
      } else if (removeMethods.has(method)) record('remove', object, call, method, args[0] ?? null)
      else if (resetMethods.has(method)) record('reset', object, call, method)
      else if (readMethods.has(method)) record('read', object, call, method, args[0] ?? null)
      if ((method === 'apply' || method === 'call') && isMember(unwrap(object))) {
        // list.push.apply(list, items); hasOwnProperty.call(map, key)
        const inner = propertyName(unwrap(object))
        const subject = (unwrap(object)['object'] as Node | undefined) ?? null
        if (inner === 'push' || inner === 'unshift')
          record('grow', args[0] ?? subject, call, 'push', null, args[1] ?? null)
        if (inner === 'splice') record('remove', args[0] ?? subject, call, 'splice')
        if (inner === 'hasOwnProperty' && args.length === 2) record('read', args[0]!, call, 'hasOwnProperty', args[1]!)
      }
    }
    const name = calleeName(call) ?? ''
    if (name === '__classPrivateFieldSet' && args.length >= 3) {
      const base = cells.of(args[0]!)
      if (base && args[1]!.type === 'Identifier')
        recordValue(call, cells.ofProperty(base, `#${String(args[1]!['name'])}`), args[2]!)
    }
    for (const arg of args) {
      const value = unwrap(arg.type === 'SpreadElement' ? (arg['argument'] as Node) : arg)
      if (value.type !== 'Identifier' && !isMember(value)) continue
      if (arg.type !== 'SpreadElement' && cleaners.test(name)) record('reset', value, call, name)
      else record('pass', value, call, name)
    }
    bindParameters(call)
  }

  /** What a local function does to its parameter it does to the argument. */
  const bindParameters = (call: Node): void => {
    const func = localFunction(call, scopes)
    if (!func) return
    for (const [place, param] of (func['params'] as Node[]).entries()) {
      const name = param.type === 'AssignmentPattern' ? (param['left'] as Node) : param
      const arg = (call['arguments'] as Node[])[place]
      if (name.type !== 'Identifier' || !arg) continue
      const variable = scopes.variableOf(name)
      const from = variable && cells.ofVariable(variable)
      const to = cells.of(arg)
      if (from && to && from !== to) bound.push({ from, to })
      else if (from && !to && isContainerValue(unwrap(arg))) record('init', from, arg, 'argument', null, arg)
    }
  }

  const recordValue = (node: Node, cell: Cell | null, right: Node): void => {
    if (!cell) return
    const value = unwrap(right)
    if (isDerivative(value, cell, cells)) record('grow', cell, node, '=', null, value)
    else if (isReduction(value, cell, cells)) record('reset', cell, node, '=')
    else record('init', cell, node, '=', null, value)
  }

  for (const call of scopes.byType('CallExpression', 'OptionalCallExpression', 'NewExpression')) recordCall(call)

  for (const assignment of scopes.byType('AssignmentExpression')) {
    const left = unwrap(assignment['left'] as Node)
    const right = assignment['right'] as Node
    const operator = assignment['operator'] as string
    if (isMember(left)) {
      const name = propertyName(left)
      const object = left['object'] as Node
      if (name === 'length' && !left['computed']) record('reset', object, assignment, 'length')
      else if (left['computed'] && (name === null || left['property']?.type !== 'Literal')) {
        const value = unwrap(right)
        const isBlank =
          operator === '=' &&
          ((value.type === 'Identifier' && value['name'] === 'undefined') ||
            isLiteral(value, null) ||
            (value.type === 'UnaryExpression' && value['operator'] === 'void'))
        record(isBlank ? 'blank' : 'grow', object, assignment, '[]=', left['property'] as Node, right)
        continue
      }
    }
    if (left.type === 'Identifier' || isMember(left)) {
      if (operator === '=' || operator === '||=' || operator === '??=') recordValue(assignment, cells.of(left), right)
    }
  }
  for (const update of scopes.byType('UpdateExpression')) {
    const target = unwrap(update['argument'] as Node)
    if (isMember(target) && target['computed'] && propertyName(target) === null)
      record('grow', target['object'] as Node, update, '[]=', target['property'] as Node)
  }
  for (const unary of scopes.byType('UnaryExpression')) {
    const target = unwrap(unary['argument'] as Node)
    if (unary['operator'] === 'delete' && isMember(target))
      record('remove', target['object'] as Node, unary, 'delete', target['property'] as Node)
  }
  for (const member of scopes.byType('MemberExpression', 'OptionalMemberExpression')) {
    const parent = member.parent!
    if (member['computed'] && propertyName(member) === null) {
      const isTarget =
        (parent.type === 'AssignmentExpression' && parent['left'] === member) ||
        parent.type === 'UpdateExpression' ||
        (parent.type === 'UnaryExpression' && parent['operator'] === 'delete')
      if (!isTarget || parent['operator'] === '||=' || parent['operator'] === '??=')
        record('read', member['object'] as Node, member, '[]', member['property'] as Node)
    }
    const name = propertyName(member)
    if (name === 'size' || name === 'length') {
      const comparison = comparisonAround(member)
      if (comparison) record('measure', member['object'] as Node, comparison, name)
    }
  }
  for (const call of scopes.byType('CallExpression')) {
    // Object.keys(o).length > max
    if (!/^(keys|values|entries|getOwnPropertyNames)$/.test(calleeName(call) ?? '')) continue
    const parent = call.parent!
    const [subject] = call['arguments'] as Node[]
    if (subject && isMember(parent) && propertyName(parent) === 'length') {
      const comparison = comparisonAround(parent)
      if (comparison) record('measure', subject, comparison, 'length')
      else if (negationAround(parent)) record('measure', subject, parent, 'length')
    }
  }
  for (const binary of scopes.byType('BinaryExpression'))
    if (binary['operator'] === 'in') record('read', binary['right'] as Node, binary, 'in', binary['left'] as Node)

  for (const variable of scopes.variables) {
    for (const definition of variable.definitions) {
      const given = definition.fallback ?? (definition.path.length === 0 ? definition.init : null)
      const value = given ? madeBy(unwrap(given), scopes) : null
      if (value && definition.kind !== 'import' && definition.kind !== 'function' && definition.kind !== 'class')
        if (isContainerValue(value) || definition.kind !== 'param')
          record('init', cells.ofVariable(variable), definition.name, '=', null, value)
    }
  }
  for (const field of scopes.byType('PropertyDefinition', 'AccessorProperty')) {
    const name = propertyName(field)
    const owner = field.parent?.parent
    if (name === null || !field['value'] || !owner) continue
    const base = field['static'] ? staticOf(owner, cells) : cells.ofThis(owner)
    recordField(base, name, field['value'] as Node)
  }
  for (const call of scopes.byType('CallExpression')) {
    // Fields as bundlers write them for older targets: __publicField(this, 'calls', new Map()), __privateAdd(this, _calls, new Map())
    if (!/^_{1,2}(publicField|defineProperty|privateAdd|classPrivateFieldInitSpec)$/.test(calleeName(call) ?? ''))
      continue
    const [owner, field, value] = call['arguments'] as Node[]
    if (owner?.type !== 'ThisExpression' || !field || !value) continue
    const name = isLiteral(field)
      ? String(field['value'])
      : field.type === 'Identifier'
        ? `#${String(field['name'])}`
        : null
    if (name !== null) recordField(cells.of(owner), name, value)
  }
  for (const property of scopes.byType('Property', 'ObjectProperty')) {
    const name = propertyName(property)
    const value = unwrap(property['value'] as Node)
    if (name === null || property.parent?.type !== 'ObjectExpression' || !isContainerValue(value)) continue
    recordField(cells.ofLiteral(property.parent), name, value)
  }

  function recordField(base: Cell | null, name: string, value: Node): void {
    if (base) record('init', cells.ofProperty(base, name), value, '=', null, unwrap(value))
  }

  const carry = (from: Cell, to: Cell): void => {
    const list = operations.get(to) ?? []
    for (const operation of operations.get(from) ?? [])
      if (
        operation.kind !== 'pass' &&
        !list.some((other) => other.node === operation.node && other.kind === operation.kind)
      )
        list.push({ ...operation, cell: to })
    if (list.length > 0) operations.set(to, list)
  }
  // Three rounds: an argument may itself be the parameter of a local function.
  for (let round = 0; round < 3 && bound.length > 0; round++) {
    // `function add(box, one) { box.list.push(one) }`, called with `this`.
    const parts = new Map<Cell, Cell[]>()
    for (const cell of operations.keys())
      if (cell.kind === 'property' && cell.base!.kind === 'variable')
        parts.set(cell.base!, [...(parts.get(cell.base!) ?? []), cell])
    for (const { from, to } of bound) {
      carry(from, to)
      for (const part of parts.get(from) ?? []) carry(part, cells.ofProperty(to, part.name))
    }
  }
  return operations
}

function staticOf(owner: Node, cells: Cells): Cell | null {
  const instance = cells.ofThis(owner)
  return instance?.variable ? cells.ofVariable(instance.variable) : null
}

/** The function that a call runs when that can be read off: `f()` with `f` declared here and never assigned, `(function () {})()`. */
export function localFunction(call: Node, scopes: Scopes): Node | null {
  const callee = unwrap(call['callee'] as Node)
  if (isFunction(callee)) return callee
  if (callee.type !== 'Identifier') return null
  const variable = scopes.variableOf(callee)
  if (!variable || variable.writes.length > 0 || variable.definitions.length !== 1) return null
  const { init, path } = variable.definitions[0]!
  return init && path.length === 0 && isFunction(unwrap(init)) ? unwrap(init) : null
}

/** What a function of this file makes, where all that it does is to make it: `const cache = createMap()`. */
function madeBy(value: Node, scopes: Scopes): Node {
  const func = isCall(value) ? localFunction(value, scopes) : null
  if (!func || (value['arguments'] as Node[]).length > 0) return value
  const body = func['body'] as Node
  const [only, ...rest] = body.type === 'BlockStatement' ? (body['body'] as Node[]) : []
  const made = body.type === 'BlockStatement' ? only?.['argument'] : body
  return made && rest.length === 0 && only?.type !== 'ThrowStatement' && isContainerValue(unwrap(made as Node))
    ? unwrap(made as Node)
    : value
}

export function isContainerValue(value: Node): boolean {
  return (
    value.type === 'ObjectExpression' ||
    value.type === 'ArrayExpression' ||
    value.type === 'NewExpression' ||
    (isCall(value) && methodOf(value) === 'create' && isLiteral((value['arguments'] as Node[])[0] ?? value, null))
  )
}

/** `list.concat(x)`, `[...list, x]`, `{ ...map, [k]: v }`, `Object.assign({}, map, …)` assigned back to where they come from. */
function isDerivative(value: Node, cell: Cell, cells: Cells): boolean {
  if (isCall(value) && methodOf(value) === 'concat')
    return cells.of(unwrap(value['callee'] as Node)['object'] as Node) === cell
  const parts = (value['elements'] ?? value['properties']) as (Node | null)[] | undefined
  if (value.type !== 'ArrayExpression' && value.type !== 'ObjectExpression') return false
  const spreads = (parts ?? []).filter((part) => part && /^(Spread|ExperimentalSpread)/.test(part.type))
  return (
    (parts ?? []).length > spreads.length && spreads.some((part) => part && cells.of(part['argument'] as Node) === cell)
  )
}

function isReduction(value: Node, cell: Cell, cells: Cells): boolean {
  if (!isCall(value)) return false
  const method = methodOf(value)
  if (method && /^(filter|slice|without|reject|omit|splice)$/.test(method)) {
    const subject = unwrap(value['callee'] as Node)['object'] as Node
    if (cells.of(subject) === cell) return true
    return (value['arguments'] as Node[]).some((arg) => cells.of(arg) === cell)
  }
  return false
}

/** A comparison of a size with something that could be a limit: not with nothing, and not a loop's own end. */
function comparisonAround(member: Node): Node | null {
  let at = member
  while (
    at.parent &&
    /^(BinaryExpression|UnaryExpression|ParenthesizedExpression|TS\w+|ChainExpression)$/.test(at.parent.type)
  ) {
    at = at.parent
    if (at.type !== 'BinaryExpression') continue
    const other = unwrap((contains(at['left'] as Node, member) ? at['right'] : at['left']) as Node)
    // Math.max(0, cache.size - maxEntries)
    if (at['operator'] === '-' && isLimit(other)) return at
    if (!/^(<|>|<=|>=|===?|!==?)$/.test(at['operator'] as string)) continue
    if (isLiteral(other, 0)) return null
    const user = at.parent
    if (user?.type === 'ForStatement') return null
    if (
      user?.type === 'WhileStatement' &&
      other.type === 'Identifier' &&
      /^[ijkn]$|index|pos/i.test(other['name'] as string)
    )
      return null
    return at
  }
  return null
}

function isLimit(node: Node): boolean {
  return limitWord.test(String(isMember(node) ? propertyName(node) : node['name']))
}

function negationAround(node: Node): boolean {
  const parent = node.parent
  return parent?.type === 'UnaryExpression' && parent['operator'] === '!'
}

function contains(outer: Node, inner: Node): boolean {
  for (let at: Node | undefined = inner; at; at = at.parent) if (at === outer) return true
  return false
}
