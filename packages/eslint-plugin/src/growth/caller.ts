import { calleeName, isCall, isLiteral, isMember, propertyName, unwrap, type Node } from './node.ts'
import { functionName } from './function-name.ts'
import type { Program } from './program.ts'

/** Who runs a function, as a phrase: `exported function pageByUrl`, `a listener of 'data'`, `each call of get`. */
export function describeCaller(func: Node, program: Program): string {
  if (func === program.root) return 'start-up'
  const user = func.parent
  if (user && isCall(user) && (user['arguments'] as Node[]).includes(func)) {
    const method = calleeName(user) ?? ''
    const [first] = user['arguments'] as Node[]
    const word = first && isLiteral(first) ? ` '${String(first['value'])}'` : ''
    if (/^(on|once|addListener|addEventListener|prependListener)$/.test(method)) return `every event${word}`
    if (/^(setInterval|setTimeout|setImmediate)$/.test(method)) return `a timer (${method})`
    if (/^(get|post|put|patch|delete|all|use|route)$/.test(method)) return `requests${word === '' ? '' : ` to${word}`}`
    if (/^(createServer|Server)$/.test(method)) return 'every request'
  }
  const name = functionName(func)
  if (name === null) return describeNameless(func, program)
  if (/MethodDefinition$/.test(func.parent?.type ?? '')) {
    const owner = func.parent?.parent?.parent?.['id'] as Node | undefined
    const kind = func.parent?.['kind'] as string
    if (kind === 'constructor') return `every new ${owner ? String(owner['name']) : 'instance'}`
    return owner ? `${String(owner['name'])}.${name}()` : `${name}()`
  }
  const { parent } = func
  if (parent?.type === 'AssignmentExpression') {
    const left = unwrap(parent['left'] as Node)
    if (isMember(left)) return `${program.text(left)}()`
  }
  const variable = func['id'] ? program.scopes.variableOf(func['id'] as Node) : null
  if (variable?.isExported) return `exported function ${name}()`
  if (/Property$/.test(parent?.type ?? '') && propertyName(parent!) !== null) return `${name}()`
  return `${name}()`
}

/** By the nearest function around it that has a name. */
function describeNameless(func: Node, program: Program): string {
  const outer = program.scopes.functionOf(func)
  const outerName = outer === program.root ? null : functionName(outer)
  const { parent } = func
  const isReturned = parent?.type === 'ReturnStatement' || (parent === outer && outer['body'] === func)
  if (outerName === null) return outer === program.root ? 'whoever has the function' : describeNameless(outer, program)
  return isReturned ? `what ${outerName}() answers` : `a callback in ${outerName}()`
}
