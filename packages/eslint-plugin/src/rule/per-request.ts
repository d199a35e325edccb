import type { Rule } from '../finding.ts'
import { isLiteral, isMember, methodOf, propertyName, unwrap, calleeName, isCall, type Node } from '../growth/node.ts'
import { isInside } from '../growth/node.ts'
import type { Program } from '../growth/program.ts'
import { servingFunction } from '../growth/serving.ts'
import { clients, compilers, endsClient, requestCaches } from '../knowledge/libraries.ts'
import { finding } from './report.ts'
import { madeBy } from './made-by.ts'

export const noClientPerRequest: Rule = {
  name: 'no-client-per-request',
  severity: 'high',
  summary: 'A client with sockets or a pool behind it is made for each request, and none is closed.',
  find: (program) =>
    madeBy(program, clients).flatMap(({ call, name, row }) => {
      const serving = servingFunction(call, program)
      if (!serving || isEnded(call, serving, program)) return []
      return [
        finding(program, 'no-client-per-request', call, {
          sentence: `Each request makes a ${name === 'default' ? String(row.module).replaceAll(/[\^$/()\\?]/g, '') : name} of its own`,
          why: 'It opens sockets, timers or threads that keep it alive, and nothing here closes it.',
          entryBytes: 50_000,
          fix: 'Make it once, at module scope or where the program starts, and close it when the program ends.',
        }),
      ]
    }),
}

function isEnded(made: Node, func: Node, program: Program): boolean {
  const declarator = made.parent?.type === 'AwaitExpression' ? made.parent.parent : made.parent
  const name = declarator?.type === 'VariableDeclarator' ? (declarator['id'] as Node) : null
  const variable = name?.type === 'Identifier' ? program.scopes.variableOf(name) : null
  if (!variable) return made.parent?.type === 'ReturnStatement'
  return program.scopes.byType('CallExpression', 'OptionalCallExpression').some((call) => {
    const callee = unwrap(call['callee'] as Node)
    const owner = isMember(callee) ? unwrap(callee['object'] as Node) : null
    const isOwn = owner?.type === 'Identifier' && program.scopes.variableOf(owner) === variable
    return isOwn && endsClient.test(methodOf(call) ?? '') && isInside(call, func)
  })
}

export const noCompilePerRequest: Rule = {
  name: 'no-compile-per-request',
  severity: 'high',
  summary: 'A template, schema or script is compiled for each request: slow, and kept by the engine or the compiler.',
  find: (program) => {
    const made = madeBy(program, compilers).map(({ call, name }) => ({
      call,
      name: name === 'default' ? program.text(call['callee'] as Node) : name,
      isForAll: isUsedOnce(call, program),
    }))
    const functions = program.scopes
      .byType('NewExpression')
      .filter((node) => calleeName(node) === 'Function' && (node['callee'] as Node).type === 'Identifier')
      .map((call) => ({ call, name: 'Function', isForAll: false }))
    return [...made, ...functions].flatMap(({ call, name, isForAll }) => {
      const [first] = call['arguments'] as Node[]
      const isForRequest = servingFunction(call, program) !== null
      if (!isForRequest && !isForAll) return []
      return [
        finding(program, 'no-compile-per-request', call, {
          severity: isForRequest ? 'high' : 'medium',
          sentence: `Each ${isForRequest ? 'request' : 'call'} compiles anew (${name})`,
          why: 'Compiled code is large, and compilers remember what they made (a schema, a template) by its text.',
          key: first ? program.text(first) : null,
          entryBytes: 10_000,
          fix: 'Compile where the program starts, or keep what was compiled in a bounded cache.',
        }),
      ]
    })
  },
}

/** `template(text)(data)`: what was compiled is called where it stands, and nobody can keep it for the next time. */
function isUsedOnce(call: Node, program: Program): boolean {
  let at = call
  while (at.parent && unwrap(at.parent) === call) at = at.parent
  const user = at.parent
  return (
    user !== undefined &&
    isCall(user) &&
    user['callee'] === at &&
    program.frequencyOf(program.scopes.functionOf(call)) === 'many'
  )
}

export const noSharedLoader: Rule = {
  name: 'no-shared-loader',
  severity: 'high',
  summary: 'A cache that is meant for one request lives at module scope, shared by all and never emptied.',
  find: (program) =>
    madeBy(program, requestCaches).flatMap(({ call, name, row }) => {
      if (call.type !== 'NewExpression' || program.frequencyOf(program.scopes.functionOf(call)) === 'many') return []
      // In a browser the module is the visitor's own.
      if (program.scopes.byType('JSXElement', 'JSXFragment').length > 0) return []
      const options = program.text(call)
      if (/cache:\s*false|cacheMap|gcTime:\s*0/.test(options)) return []
      return [
        finding(program, 'no-shared-loader', call, {
          severity: String(row.module).includes('tanstack') ? 'medium' : 'high',
          sentence: `This ${name === 'default' ? 'DataLoader' : name} is shared by all requests`,
          why: 'It remembers every key it was asked for, is never emptied, and shows one visitor what another was allowed to see.',
          fix: 'Make one for each request, in the context that the request carries.',
        }),
      ]
    }),
}

const strangersPart =
  /^(url|originalUrl|path|pathname|href|ip|hostname|referer|query|params|body|headers|id|userId|sessionId|token|message|stack|email)$/

export const noOpenMetricLabel: Rule = {
  name: 'no-open-metric-label',
  severity: 'high',
  summary:
    'A metric has a series for every value of its labels, and keeps all of them: a path, an id or an error text has no end of values.',
  find: (program) => {
    if (!knowsMetrics(program)) return []
    return program.scopes.byType('CallExpression').flatMap((call) => {
      const method = methodOf(call) ?? ''
      if (!/^(inc|dec|observe|set|labels|startTimer|add|record)$/.test(method)) return []
      const open = (call['arguments'] as Node[]).flatMap((arg) => openParts(unwrap(arg), method === 'labels'))[0]
      if (!open) return []
      const label = program.text(open)
      return [
        finding(program, 'no-open-metric-label', call, {
          sentence: `This metric has a series for every ${label}`,
          why: 'A client library keeps each combination of labels until the process ends, and callers choose this one.',
          key: label,
          entryBytes: 500,
          fix: 'Label with the route template (req.route.path), the status class or another word of which there are few.',
        }),
      ]
    })
  },
}

function knowsMetrics(program: Program): boolean {
  return /prom-client|@opentelemetry\/(api|sdk-metrics)|hot-shots|dd-trace/.test(program.source)
}

function openParts(arg: Node, isDirect: boolean): Node[] {
  if (arg.type === 'ObjectExpression')
    return (arg['properties'] as Node[]).flatMap((property) =>
      property['value'] ? openParts(unwrap(property['value'] as Node), true) : [],
    )
  if (!isDirect || isLiteral(arg)) return []
  if (arg.type === 'LogicalExpression') {
    // req.route?.path ?? req.path falls back to what it avoids, for every path that has no route.
    return openParts(unwrap(arg['right'] as Node), true)
  }
  if (isMember(arg)) {
    const object = unwrap(arg['object'] as Node)
    const isRequest =
      object.type === 'Identifier' && /^(req|request|ctx|context|err|error|e)$/.test(object['name'] as string)
    const inner = isMember(object) ? (propertyName(object) ?? '') : ''
    if (isRequest && strangersPart.test(propertyName(arg) ?? '')) return [arg]
    return /^(params|query|headers|body)$/.test(inner) ? [arg] : []
  }
  return isCall(arg) &&
    /^(toString|String|toLowerCase|split)$/.test(calleeName(arg) ?? '') &&
    isMember(unwrap(arg['callee'] as Node))
    ? openParts(unwrap(unwrap(arg['callee'] as Node)['object'] as Node), true)
    : []
}
