import { calleeName, isCall, isClass, isFunction, isMember, methodOf, propertyName, unwrap, type Node } from './node.ts'
import type { Scopes, Variable } from './scopes.ts'

/**
 * A place that can hold a collection: a variable, a property of a place, what an instance of a class holds, what a collection holds
 * under its keys. Two expressions that mean the same place have the same cell, however they spell it: `this.cache`, `self.cache`,
 * `const { cache } = this`, `exports.cache`.
 */
export interface Cell {
  key: string
  kind: 'variable' | 'property' | 'instance' | 'element' | 'global' | 'exports' | 'object'
  /** The last word of its name. */
  name: string
  base: Cell | null
  variable: Variable | null
  /** For an instance or an object: the class, constructor or literal. */
  node: Node | null
}

export interface Cells {
  of(node: Node): Cell | null
  /** What `this` means in a function. */
  ofThis(func: Node): Cell | null
  ofVariable(variable: Variable): Cell
  ofProperty(base: Cell, name: string): Cell
  /** The object that a literal becomes. */
  ofLiteral(literal: Node): Cell | null
}

const globalNames = new Set(['global', 'globalThis', 'window', 'self', 'process'])
const maxDepth = 12

export function createCells(scopes: Scopes): Cells {
  const interned = new Map<string, Cell>()
  const known = new Map<Node, Cell | null>()
  const thisCells = new Map<Node, Cell | null>()

  const intern = (cell: Cell): Cell => {
    const same = interned.get(cell.key)
    if (same) return same
    interned.set(cell.key, cell)
    return cell
  }
  const property = (base: Cell, name: string): Cell => {
    if (name === 'prototype' && base.variable) return instance(base.variable, null)
    if (base.kind === 'global' && name === 'module') return base
    return intern({ key: `${base.key}.${name}`, kind: 'property', name, base, variable: null, node: null })
  }
  const element = (base: Cell): Cell =>
    intern({ key: `${base.key}[]`, kind: 'element', name: base.name, base, variable: null, node: null })
  const instance = (variable: Variable | null, node: Node | null): Cell => {
    const key = variable ? `new:${variable.id}` : `new@${node!.start ?? node!.range?.[0] ?? 0}`
    return intern({ key, kind: 'instance', name: variable?.name ?? '(class)', base: null, variable, node })
  }
  const variableCell = (variable: Variable): Cell =>
    intern({ key: `v:${variable.id}`, kind: 'variable', name: variable.name, base: null, variable, node: null })
  const exportsCell = (): Cell =>
    intern({ key: 'exports', kind: 'exports', name: 'exports', base: null, variable: null, node: null })
  const objectCell = (node: Node): Cell =>
    intern({
      key: `object@${node.start ?? node.range?.[0] ?? 0}`,
      kind: 'object',
      name: '(object)',
      base: null,
      variable: null,
      node,
    })

  const of = (node: Node, depth = 0): Cell | null => {
    if (depth > maxDepth) return null
    const answer = known.get(node)
    if (answer !== undefined) return answer
    known.set(node, null)
    const cell = resolve(unwrap(node), depth + 1)
    known.set(node, cell)
    return cell
  }

  const resolve = (node: Node, depth: number): Cell | null => {
    if (node.type === 'Identifier') {
      const variable = scopes.variableOf(node)
      if (!variable) return globalCell(node['name'] as string)
      return aliasOf(variable, depth) ?? variableCell(variable)
    }
    if (node.type === 'ThisExpression') return ofThis(functionWithThis(node, scopes), depth)
    if (isMember(node)) {
      const object = unwrap(node['object'] as Node)
      if (object.type === 'Identifier' && object['name'] === 'module' && propertyName(node) === 'exports')
        return exportsCell()
      const base = of(object, depth)
      if (!base) return null
      const name = propertyName(node)
      return name === null ? element(base) : property(base, name)
    }
    if (isCall(node)) {
      const callee = calleeName(node)
      const args = node['arguments'] as Node[]
      // Private fields as TypeScript writes them for older targets.
      if (/^_{1,2}(classPrivateFieldGet2?|privateGet)$/.test(callee ?? '') && args.length >= 2) {
        const base = of(args[0]!, depth)
        const field = args[1]!
        return base && field.type === 'Identifier' ? property(base, `#${String(field['name'])}`) : null
      }
      // What compilers of older targets write for `this` after super().
      if (/^_(possibleConstructorReturn|assertThisInitialized|callSuper)$/.test(callee ?? '') && args[0])
        return args[0].type === 'ThisExpression' ? of(args[0], depth) : null
      // var _this = _super.call(this), as older compilers write it
      if (methodOf(node) === 'call' && args[0]?.type === 'ThisExpression') {
        const base = unwrap(unwrap(node['callee'] as Node)['object'] as Node)
        if (base.type === 'Identifier' && /^_super\d*$/.test(base['name'] as string)) return of(args[0], depth)
      }
      if (methodOf(node) === 'get' && args.length === 1) {
        const base = of((unwrap(node['callee'] as Node)['object'] as Node) ?? node, depth)
        return base ? element(base) : null
      }
      return null
    }
    if (node.type === 'AssignmentExpression' && node['operator'] === '=') return of(node['left'] as Node, depth)
    if (node.type === 'LogicalExpression') {
      const right = unwrap(node['right'] as Node)
      // var _this = _super.call(this) || this
      if (right.type === 'ThisExpression' && isCall(unwrap(node['left'] as Node))) return of(right, depth)
      // cache = parent.cache || (parent.cache = {})
      const left = of(node['left'] as Node, depth)
      return left && right.type === 'AssignmentExpression' && of(right['left'] as Node, depth) === left ? left : null
    }
    return null
  }

  /** A variable that is but another name: declared once, never assigned again, from something that is a place. */
  const aliasOf = (variable: Variable, depth: number): Cell | null => {
    const [definition] = variable.definitions
    if (!definition || variable.definitions.length > 1) return null
    if (definition.kind === 'param') return variable.writes.length === 0 ? ofArgument(definition.name, depth) : null
    if (definition.kind === 'import') return null
    if (variable.writes.length > 0) return aliasByAssignment(variable, depth)
    if (!definition.init) return null
    const init = unwrap(definition.init)
    // var Store = exports.Store = function () {}
    const value = lastAssigned(init)
    if (isFunction(value) || isClass(value)) return null
    if (init.type === 'ObjectExpression' && definition.path.length === 0) return null
    let cell = of(init, depth)
    for (const name of definition.path) cell = cell && property(cell, name)
    return cell && cell.key !== `v:${variable.id}` ? cell : null
  }

  /** `(function (self) { … })(this)`: what is handed in where the function is made. */
  const ofArgument = (name: Node, depth: number): Cell | null => {
    const func = name.parent
    const call = func && isFunction(func) ? func.parent : undefined
    if (!func || !call || !isCall(call) || call['callee'] !== func) return null
    const arg = (call['arguments'] as Node[])[(func['params'] as Node[]).indexOf(name)]
    return arg && arg.type !== 'SpreadElement' ? of(arg, depth) : null
  }

  /** `var self; … self = this`, `var _this; … _this = _super.call(this)` */
  const aliasByAssignment = (variable: Variable, depth: number): Cell | null => {
    if (variable.writes.length !== 1 || variable.definitions[0]!.init || variable.definitions[0]!.kind === 'param')
      return null
    const assignment = variable.writes[0]!.parent
    if (assignment?.type !== 'AssignmentExpression' || assignment['operator'] !== '=') return null
    const right = unwrap(assignment['right'] as Node)
    // (_a = this.server) === null || _a === void 0 ? void 0 : _a.close(), as compilers write `this.server?.close()`
    if (/^_[a-z]{1,2}\d*$/.test(variable.name) && (right.type === 'Identifier' || isMember(right)))
      return of(right, depth)
    return right.type === 'ThisExpression' || isSuperCall(right) ? of(right, depth) : null
  }

  const globalCell = (name: string): Cell | null => {
    if (name === 'exports') return exportsCell()
    if (!globalNames.has(name)) return null
    return intern({ key: `global`, kind: 'global', name, base: null, variable: null, node: null })
  }

  const ofThis = (func: Node, depth = 0): Cell | null => {
    const answer = thisCells.get(func)
    if (answer !== undefined) return answer
    thisCells.set(func, null)
    const cell = resolveThis(func, depth)
    thisCells.set(func, cell)
    return cell
  }

  const classCell = (node: Node): Cell => {
    const name = (node['id'] as Node | null) ?? null
    const declared = name && scopes.variableOf(name)
    // `const A = class {}` and `exports.A = class {}` are known by what they are assigned to.
    const parent = node.parent
    if (parent?.type === 'VariableDeclarator' && (parent['id'] as Node).type === 'Identifier') {
      const variable = scopes.variableOf(parent['id'] as Node)
      if (variable) return instance(variable, null)
    }
    return instance(declared, node)
  }

  const resolveThis = (func: Node, depth: number): Cell | null => {
    if (func === scopes.root) return exportsCell()
    const parent = func.parent!
    if (isClass(func)) return classCell(func)
    const given = thisGivenTo(func)
    if (given) return of(given, depth)
    const method = methodBehind(func)
    if (method) return ofLiteral(method, depth, 'value')
    if (/MethodDefinition$/.test(parent.type)) {
      const owner = parent.parent!.parent!
      return parent['static'] ? staticCell(owner) : classCell(owner)
    }
    if (parent.type === 'AssignmentExpression' && parent['right'] === func) {
      const declared = declaredBy(parent)
      if (declared) return instance(declared, null)
      const left = unwrap(parent['left'] as Node)
      if (isMember(left)) {
        const base = of(left['object'] as Node, depth)
        // A constructor that is assigned (`exports.Cache = function () { this.x = … }`) is one when it is named like one.
        if (/^[A-Z]/.test(propertyName(left) ?? '') && assignsToThis(func)) return instance(null, func)
        return base
      }
    }
    if (/Property$/.test(parent.type) && parent.parent?.type === 'ObjectExpression')
      return ofLiteral(parent.parent, depth, propertyName(parent))
    const name =
      func.type === 'FunctionDeclaration' || func['id']
        ? (func['id'] as Node | null)
        : parent.type === 'VariableDeclarator'
          ? (parent['id'] as Node)
          : null
    if (name?.type === 'Identifier') {
      const variable = scopes.variableOf(name)
      if (variable) return instance(variable, null)
    }
    return null
  }

  /** `Store` of `var Store = exports.Store = function () {}` */
  const declaredBy = (assignment: Node): Variable | null => {
    let at = assignment
    while (at.parent?.type === 'AssignmentExpression' && at.parent['right'] === at) at = at.parent
    const id = at.parent?.type === 'VariableDeclarator' ? (at.parent['id'] as Node) : null
    return id?.type === 'Identifier' ? scopes.variableOf(id) : null
  }

  const staticCell = (owner: Node): Cell => {
    const cell = classCell(owner)
    return cell.variable ? variableCell(cell.variable) : objectCell(owner)
  }

  /** The object a literal becomes. */
  const ofLiteral = (literal: Node, depth: number, member: string | null = null): Cell | null => {
    const parent = literal.parent!
    if (parent.type === 'VariableDeclarator' && (parent['id'] as Node).type === 'Identifier') {
      const variable = scopes.variableOf(parent['id'] as Node)
      return variable && variableCell(variable)
    }
    if (parent.type === 'AssignmentExpression' && parent['right'] === literal) return of(parent['left'] as Node, depth)
    if (/Property$/.test(parent.type) && parent.parent?.type === 'ObjectExpression') {
      const base = ofLiteral(parent.parent, depth)
      const name = propertyName(parent)
      return base && name !== null ? property(base, name) : null
    }
    if (isCall(parent)) {
      // Object.assign(A.prototype, {…}), inherit(A, {…}), extend(exports, {…})
      const first = (parent['arguments'] as Node[])[0]
      if (/assign|extend|mixin|inherit|merge|defaults/i.test(calleeName(parent) ?? '')) {
        if (first && first !== literal && unwrap(first).type !== 'ObjectExpression') return of(first, depth)
        // options = Object.assign({ cache: new Map() }, options)
        if (first) return ofLiteral(parent, depth)
      }
    }
    if (parent.type === 'ArrayExpression' && member === 'value') {
      // _createClass(A, [{ key: 'm', value: function () {} }], [statics])
      const call = parent.parent
      const args = call && isCall(call) ? (call['arguments'] as Node[]) : []
      const [subject] = args
      if (call && subject?.type === 'Identifier' && /createClass/i.test(calleeName(call) ?? '')) {
        const variable = scopes.variableOf(subject)
        if (variable) return args.indexOf(parent) === 1 ? instance(variable, null) : variableCell(variable)
      }
    }
    return objectCell(literal)
  }

  return {
    of: (node) => of(node),
    ofThis: (func) => ofThis(func),
    ofVariable: variableCell,
    ofProperty: property,
    ofLiteral: (literal) => ofLiteral(literal, 0),
  }
}

function lastAssigned(node: Node): Node {
  return node.type === 'AssignmentExpression' ? lastAssigned(unwrap(node['right'] as Node)) : node
}

/** `_super.call(this)`, `_callSuper(this, …)` */
function isSuperCall(node: Node): boolean {
  return isCall(node) && (node['arguments'] as Node[])[0]?.type === 'ThisExpression'
}

const takesThis = /^(__awaiter|__generator|__asyncGenerator|__async|_asyncToGenerator|_awaiter)$/
const iterates = /^(forEach|map|filter|some|every|find|findIndex|flatMap|on|once|addListener|each|reduce)$/

/** The `this` that a function is given where it stands: `.bind(this)`, `forEach(function () {…}, this)`, `__awaiter(this, …)`. */
function thisGivenTo(func: Node): Node | null {
  const parent = func.parent!
  if (func.type === 'ArrowFunctionExpression') return null
  if (isMember(parent) && parent['object'] === func && /^(bind|call|apply)$/.test(propertyName(parent) ?? '')) {
    const call = parent.parent
    const [first] = call && isCall(call) && call['callee'] === parent ? (call['arguments'] as Node[]) : []
    return first?.type === 'ThisExpression' ? first : null
  }
  if (!isCall(parent)) return null
  const args = parent['arguments'] as Node[]
  const place = args.indexOf(func)
  const name = calleeName(parent) ?? ''
  if (place > 0 && takesThis.test(name)) return args[0]!.type === 'ThisExpression' ? args[0]! : null
  const next = place === -1 || !iterates.test(name) ? undefined : args[place + 1]
  return next?.type === 'ThisExpression' ? next : null
}

/** `{ key: 'm', value: (function () { var _m = _asyncToGenerator(mark(function _callee() {…})); … })() }`: the literal of the method. */
function methodBehind(func: Node): Node | null {
  let at = func.parent
  if (
    !at ||
    !isCall(at) ||
    !/^(mark|_?asyncToGenerator|_?wrapAsyncGenerator|wrap|coroutine)$/.test(calleeName(at) ?? '')
  )
    return null
  for (let steps = 0; at && steps < 12; steps++, at = at.parent) {
    if (/Property$/.test(at.type))
      return propertyName(at) === 'value' && at.parent?.parent?.type === 'ArrayExpression' ? at.parent : null
    if (/^(ClassBody|Program)$/.test(at.type)) return null
  }
  return null
}

/** The function, class field or program whose `this` is meant. */
function functionWithThis(node: Node, scopes: Scopes): Node {
  let at: Node = node
  for (;;) {
    const parent = at.parent
    if (!parent) return scopes.root
    if (/PropertyDefinition$|AccessorProperty/.test(parent.type) && parent['value'] === at)
      return parent.parent!.parent ?? scopes.root
    if (isFunction(parent) && parent.type !== 'ArrowFunctionExpression') return parent
    if (parent === scopes.root) return scopes.root
    at = parent
  }
}

function assignsToThis(func: Node): boolean {
  const body = func['body'] as Node
  return ((body['body'] as Node[] | undefined) ?? []).some((statement) => {
    const expression = statement['expression'] as Node | undefined
    const left = expression?.type === 'AssignmentExpression' ? unwrap(expression['left'] as Node) : null
    return left && isMember(left) && (left['object'] as Node).type === 'ThisExpression'
  })
}
