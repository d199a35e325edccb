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
import { fewKeys, fewKeysEnding, fileKey, strangersWord } from './names.ts'
import type { Scopes } from './scopes.ts'
import type { Frequency } from './frequency.ts'

/** Where the keys of a collection come from, and so how many there can be. */
export interface KeySource {
  /**
   * `finite`: as many as the code spells out. `few`: its name says a program has few. `file`: files of the program. `stranger`:
   * chosen by whoever calls. `identity`: an object. `open`: nothing bounds it.
   */
  kind: 'finite' | 'few' | 'file' | 'stranger' | 'identity' | 'open'
  /** As a phrase: `JSON.stringify(options)`. */
  text: string
}

const maxDepth = 6

export function judgeKey(
  key: Node,
  scopes: Scopes,
  text: (node: Node) => string,
  frequencyOf: (func: Node) => Frequency,
): KeySource {
  const source = (kind: KeySource['kind']): KeySource => ({ kind, text: text(key) })
  const visit = (node: Node, depth: number): KeySource['kind'] => {
    const value = unwrap(node)
    if (depth > maxDepth) return 'open'
    switch (value.type) {
      case 'Literal':
      case 'ThisExpression':
        return value.type === 'Literal' ? 'finite' : 'identity'
      case 'TemplateLiteral':
        return widest((value['expressions'] as Node[]).map((part) => visit(part, depth + 1)))
      case 'ObjectExpression':
      case 'ArrayExpression':
      case 'NewExpression':
        return 'identity'
      case 'ConditionalExpression':
        return widest([visit(value['consequent'] as Node, depth + 1), visit(value['alternate'] as Node, depth + 1)])
      case 'LogicalExpression':
        return widest([visit(value['left'] as Node, depth + 1), visit(value['right'] as Node, depth + 1)])
      case 'UnaryExpression':
        return /^(typeof|!|void|delete)$/.test(value['operator'] as string)
          ? 'finite'
          : visit(value['argument'] as Node, depth + 1)
      case 'BinaryExpression': {
        const operator = value['operator'] as string
        if (operator === '%' || operator === '&' || /[<>=]|^in/.test(operator)) return 'finite'
        return widest([visit(value['left'] as Node, depth + 1), visit(value['right'] as Node, depth + 1)])
      }
      case 'AssignmentExpression':
        return visit(value['right'] as Node, depth + 1)
      case 'UpdateExpression':
        return 'open'
    }
    if (isCall(value)) return ofCall(value, depth)
    if (isMember(value)) return ofMember(value)
    if (value.type === 'Identifier') return ofName(value, depth)
    return 'open'
  }

  const ofCall = (call: Node, depth: number): KeySource['kind'] => {
    const args = call['arguments'] as Node[]
    const method = methodOf(call)
    const name = calleeName(call) ?? ''
    const callee = unwrap(call['callee'] as Node)
    // Object.prototype.toString.call(x) knows a dozen words.
    if (method === 'call' && /(^|\.)(toString|class2type)\.call/i.test(text(callee))) return 'finite'
    if (name === 'Symbol') return 'finite'
    if (/stringify|hash|digest|serializ|toKey|cacheKey|getKey|makeKey|createKey|inspect/i.test(name)) {
      return 'stranger'
    }
    if (
      isMember(callee) &&
      /^(toString|toLowerCase|toUpperCase|trim|replace|slice|substr|substring|join|concat|toJSON|valueOf|replaceAll|normalize|padStart|charAt|toFixed)$/.test(
        method ?? '',
      )
    )
      return visit(callee['object'] as Node, depth + 1)
    if (/^(String|Number|Boolean|resolve|normalize|basename|extname|dirname)$/.test(name)) {
      if (name === 'Boolean' || name === 'extname') return 'finite'
      return widest(args.map((arg) => visit(arg, depth + 1)))
    }
    return 'open'
  }

  const ofMember = (member: Node): KeySource['kind'] => {
    const name = propertyName(member)
    if (name === null) return isFixedTable(member['object'] as Node) ? 'finite' : 'open'
    if (/^[A-Z][A-Z0-9_]*$/.test(name)) return 'finite'
    if (isFromFixedList(unwrap(member['object'] as Node))) return 'finite'
    if (name === 'constructor') return 'finite'
    const object = unwrap(member['object'] as Node)
    if (
      object.type === 'Identifier' &&
      /^(req|request|ctx|context|res|socket|event)$/.test(object['name'] as string) &&
      strangersWord.test(name)
    )
      return 'stranger'
    if (fileKey.test(name)) return 'file'
    if (fewKeys.test(name) || fewKeysEnding.test(name)) return 'few'
    // Whoever writes options writes a name into the code.
    if (name === 'name' && object.type === 'Identifier' && /^(opts|options|config)$/.test(object['name'] as string))
      return 'few'
    if (strangersWord.test(name)) return 'stranger'
    return 'open'
  }

  /** `for (const detector of detectors)` over a list of the module: as many as it has. */
  const isFromFixedList = (item: Node): boolean => {
    const variable = item.type === 'Identifier' ? scopes.variableOf(item) : null
    const loop = variable && loopOver(variable.definitions[0]!.name)
    const list = loop && unwrap(loop['right'] as Node)
    const source = list?.type === 'Identifier' ? scopes.variableOf(list) : null
    if (!source || source.writes.length > 0 || source.definitions[0]!.kind === 'param') return false
    const isGrown = source.references.some(
      (reference) =>
        isMember(reference.parent ?? reference) &&
        reference.parent!['object'] === reference &&
        /^(push|unshift|splice|add|set)$/.test(propertyName(reference.parent!) ?? ''),
    )
    return frequencyOf(source.scope.func) === 'once' && !isGrown
  }

  /** `names[level]`, with names spelled out at start-up. */
  const isFixedTable = (object: Node): boolean => {
    const table = unwrap(object)
    const variable = table.type === 'Identifier' ? scopes.variableOf(table) : null
    const init = variable?.definitions[0]?.init
    if (!variable || !init || variable.writes.length > 0 || frequencyOf(variable.scope.func) !== 'once') return false
    const isSpelled = /^(ObjectExpression|ArrayExpression)$/.test(unwrap(init).type)
    const isWritten = variable.references.some((reference) => {
      const target = reference.parent
      const user = target && isMember(target) && target['object'] === reference ? target.parent : null
      return (
        user?.type === 'AssignmentExpression' &&
        user['left'] === target &&
        frequencyOf(scopes.functionOf(user)) === 'many'
      )
    })
    return isSpelled && !isWritten
  }

  const ofName = (identifier: Node, depth: number): KeySource['kind'] => {
    const name = identifier['name'] as string
    const variable = scopes.variableOf(identifier)
    if (!variable) return /^[A-Z]/.test(name) || name === 'undefined' ? 'finite' : 'open'
    const definition = variable.definitions[0]!
    if (definition.kind === 'function' || definition.kind === 'class') return 'finite'
    // A constant of the module, most often a Symbol.
    if (
      definition.kind !== 'param' &&
      variable.writes.length === 0 &&
      frequencyOf(variable.scope.func) === 'once' &&
      variable.scope.node === variable.scope.func
    )
      return 'finite'
    if (isCounter(definition.name)) return 'finite'
    const loop = loopOver(definition.name)
    if (loop) {
      const over = unwrap(loop['right'] as Node)
      if (isSpelledOut(over, depth) || isFromFixedList(identifier)) return 'finite'
    } else if (
      definition.init &&
      definition.kind !== 'param' &&
      definition.kind !== 'import' &&
      definition.path.length === 0
    ) {
      const values = [
        definition.init,
        ...variable.writes.flatMap((write) =>
          write.parent?.type === 'AssignmentExpression' && write.parent['operator'] === '='
            ? [write.parent['right'] as Node]
            : [],
        ),
      ]
      // What is stepped or put together (`id += 1`, `key += part`) is not what it began with.
      if (
        variable.writes.every(({ parent }) => parent?.type === 'AssignmentExpression' && parent['operator'] === '=')
      ) {
        const kind = widest(values.map((value) => visit(value, depth + 1)))
        if (kind !== 'open') return kind
      }
    } else if (variable.writes.length > 0 && definition.kind !== 'param') {
      const assigned = variable.writes.map((write) => write.parent!)
      if (assigned.every((node) => node.type === 'AssignmentExpression' && node['operator'] === '='))
        return widest(assigned.map((node) => visit(node['right'] as Node, depth + 1)))
    }
    if (definition.kind === 'param' && !definition.init) {
      const spelled = argumentsOf(definition.name, scopes)
      if (spelled && spelled.length > 0) {
        const kinds = spelled.map((arg) => (arg ? visit(arg, depth + 1) : 'finite'))
        const isStartUp = spelled.every((arg) => arg && frequencyOf(scopes.functionOf(arg)) !== 'many')
        if (isStartUp || kinds.every((kind) => kind === 'finite' || kind === 'few' || kind === 'file'))
          return isStartUp ? 'finite' : widest(kinds)
      }
    }
    if (fileKey.test(name)) return 'file'
    if (fewKeys.test(name) || fewKeysEnding.test(name)) return 'few'
    return strangersWord.test(name) ? 'stranger' : 'open'
  }

  /** `for (const x of ['a', 'b'])`, `for (k in table)` with a table of this file. */
  const isSpelledOut = (over: Node, depth: number): boolean => {
    if (over.type === 'ArrayExpression')
      return (over['elements'] as (Node | null)[]).every((element) => element && visit(element, depth + 1) === 'finite')
    if (over.type === 'ObjectExpression') return true
    if (isCall(over) && /^(keys|entries|values|split)$/.test(methodOf(over) ?? '')) {
      const subject =
        methodOf(over) === 'split'
          ? (unwrap(over['callee'] as Node)['object'] as Node)
          : (over['arguments'] as Node[])[0]
      return subject ? isLiteral(unwrap(subject)) || isSpelledOut(unwrap(subject), depth + 1) : false
    }
    if (over.type !== 'Identifier') return false
    const variable = scopes.variableOf(over)
    const init = variable?.definitions[0]?.init
    const value =
      init && variable.writes.length === 0 && variable.definitions[0]!.path.length === 0 ? unwrap(init) : null
    return value !== null && value !== undefined && depth < maxDepth && isSpelledOut(value, depth + 1)
  }
  return source(visit(key, 0))
}

const width: KeySource['kind'][] = ['finite', 'few', 'file', 'identity', 'open', 'stranger']

function widest(kinds: readonly KeySource['kind'][]): KeySource['kind'] {
  return kinds.reduce(
    (widestSoFar, kind) => (width.indexOf(kind) > width.indexOf(widestSoFar) ? kind : widestSoFar),
    'finite',
  )
}

/** `for (let i = 0; …)` */
function isCounter(name: Node): boolean {
  const declaration = name.parent?.parent
  return declaration?.parent?.type === 'ForStatement' && declaration.parent['init'] === declaration
}

function loopOver(name: Node): Node | null {
  const declarator = name.parent
  const loop = declarator?.parent?.parent
  return loop && /^For(In|Of)Statement$/.test(loop.type) && loop['left'] === declarator?.parent ? loop : null
}

/** What callers in this file pass for a parameter; `null` when others may call too. */
export function argumentsOf(param: Node, scopes: Scopes): (Node | null)[] | null {
  const func = param.parent
  if (!func || !isFunction(func)) return null
  const place = (func['params'] as Node[]).indexOf(param)
  const name =
    func.type === 'FunctionDeclaration'
      ? (func['id'] as Node)
      : func.parent?.type === 'VariableDeclarator'
        ? (func.parent['id'] as Node)
        : null
  const variable = name?.type === 'Identifier' ? scopes.variableOf(name) : null
  if (!variable || variable.isExported || variable.writes.length > 0) return null
  const calls: Node[] = []
  for (const reference of variable.references) {
    const parent = reference.parent!
    if (isCall(parent) && parent['callee'] === reference) calls.push(parent)
    else return null
  }
  return calls.map((call) => (call['arguments'] as Node[])[place] ?? null)
}
