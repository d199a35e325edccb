import { calleeName, isCall, isFunction, type Node } from './node.ts'
import { functionName } from './function-name.ts'
import type { Program } from './program.ts'

const requestParam = /^(req|request|_req|ctx|context|c|reply|event|socket|conn|connection|msg|message|job)$/
const responseParam = /^(res|response|_res|next|reply|h|done)$/

/** The function around a node that answers requests: its parameters say so, or a router was given it. `null` when none does. */
export function servingFunction(node: Node, program: Program): Node | null {
  for (let at = node.parent; at && at !== program.root; at = at.parent) if (isFunction(at) && isServing(at)) return at
  return null
}

function isServing(func: Node): boolean {
  const names = (func['params'] as Node[]).map((param) => String(param['name'] ?? ''))
  if (
    names.some((name) => /^(req|request)$/.test(name)) ||
    (names.length >= 2 && requestParam.test(names[0]!) && responseParam.test(names[1]!))
  )
    return true
  const user = func.parent
  if (user && isCall(user) && (user['arguments'] as Node[]).includes(func))
    return /^(get|post|put|patch|all|use|route|createServer)$/.test(calleeName(user) ?? '') && names.length > 0
  return (
    /^(GET|POST|PUT|PATCH|DELETE|loader|action|getServerSideProps|handler)$/.test(functionName(func) ?? '') &&
    names.length > 0
  )
}
