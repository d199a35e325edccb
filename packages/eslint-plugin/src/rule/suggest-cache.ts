import type { Edit, Suggestion } from '../finding.ts'
import { endOf, type Node, startOf, unwrap } from '../growth/node.ts'
import type { Program } from '../growth/program.ts'
import type { Growth } from '../growth/proof.ts'

/** What a bounded cache begins with: small enough for most services, and a number that a reader will question. */
const suggestedMiB = 16
const suggestedEntries = 1000

/** A cache that is called as a Map is, and has a bound: since which version, what it is imported as, and how one is made. */
const caches = [
  {
    module: '@plimsoll/cache',
    sinceMajor: 0,
    maker: 'createCache',
    make: (name: string, types: string) =>
      `createCache${types}({ name: '${name}', maxBytes: ${suggestedMiB} * 1024 * 1024 })`,
    bound: `${suggestedMiB} MB`,
  },
  {
    module: 'lru-cache',
    sinceMajor: 10,
    maker: 'LRUCache',
    make: (_name: string, types: string) => `new LRUCache${types}({ max: ${suggestedEntries} })`,
    bound: `${suggestedEntries} entries`,
  },
]

/**
 * `const pages = new Map()` becomes a cache with a bound, where the package depends on one that is called as a Map is, and nothing is
 * asked of the Map that a cache does not do. `null` otherwise.
 */
export function suggestCache(growth: Growth, program: Program): Suggestion | null {
  const { cell, container } = growth
  const { variable } = cell
  if (container !== 'Map' || cell.kind !== 'variable' || !variable || variable.isExported) return null
  const [definition] = variable.definitions
  const init = definition?.init && unwrap(definition.init)
  if (variable.definitions.length !== 1 || !init || definition.name['typeAnnotation']) return null
  const made = /^new\s+Map\s*(<[\s\S]*>)?\s*(?:\(\s*\))?$/.exec(program.source.slice(startOf(init), endOf(init)))
  if (!made || !isCalledAsCache(growth)) return null
  const cache = caches.find(({ module, sinceMajor }) => {
    const version = program.elsewhere?.dependency(module) ?? null
    return version !== null && Number(/\d+/.exec(version)?.[0] ?? Infinity) >= sinceMajor
  })
  if (!cache) return null
  const edits = [
    { from: startOf(init), to: endOf(init), text: cache.make(cell.name, made[1] ?? '') },
    importEdit(cache.module, cache.maker, program),
  ]
  return { title: `Make it a cache of ${cache.module}, bounded at ${cache.bound}`, edits, isSafe: false }
}

/** Neither `size` nor iteration, and nobody else gets it. */
function isCalledAsCache({ cell }: Growth): boolean {
  return cell.variable!.references.every((reference) => {
    const member = reference.parent
    const call = member?.parent
    return (
      member?.type === 'MemberExpression' &&
      member['object'] === reference &&
      !member['computed'] &&
      /^(get|set|has|delete|clear)$/.test(String(member['property']?.name)) &&
      call?.type === 'CallExpression' &&
      call['callee'] === member
    )
  })
}

/** Beside the first import, or where the program begins. */
function importEdit(module: string, name: string, program: Program): Edit {
  const body = program.root['body'] as Node[]
  const isModule = body.some(({ type }) => /^(Import|Export)/.test(type)) || program.isTyped
  const line = isModule ? `import { ${name} } from '${module}'` : `const { ${name} } = require('${module}')`
  const first = body.find(({ type }) => type === 'ImportDeclaration')
  const semicolon = /;\s*$/m.test(program.source.slice(0, 2000)) ? ';' : ''
  if (first) return { from: startOf(first), to: startOf(first), text: `${line}${semicolon}\n` }
  const head = /^(#!.*\n)?(\s*(['"])use strict\3;?\n)?/.exec(program.source)![0].length
  return { from: head, to: head, text: `${line}${semicolon}\n\n` }
}
