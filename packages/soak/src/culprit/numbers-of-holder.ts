import type { HeapGraph } from './heap-graph.ts'
import type { Holder, Reach } from './holders.ts'

/** From a holder outwards, in search of the scope it was made in. */
const MAX_STEPS_UP = 40

/** Who makes a list anew is a function beside it, and its limit stands in that one's scope, or in options there. */
export function readNumbersOfMakers(
  graph: HeapGraph,
  holder: number,
  isNew: (node: number) => boolean,
): Holder['numbers'] {
  const functions = graph.edges(holder).filter(({ to }) => graph.kind(to) === 'closure')
  const scopes = functions.flatMap(({ to }) => graph.edges(to)).filter(({ to }) => graph.isContext(to))
  const variables = scopes.flatMap(({ to }) => graph.edges(to)).filter(({ kind }) => kind === 'context')
  // What came with the list counts along with it, as the `limit` of a history's own state may.
  const options = variables.filter(({ to }) => graph.kind(to) === 'object' && !isNew(to))
  return [...variables, ...options.flatMap(({ to }) => graph.edges(to))].flatMap(({ kind, name, to }) => {
    const value = kind === 'context' || kind === 'property' ? graph.numberAt(to) : null
    return value === null ? [] : [{ name, value, isOfOwner: true }]
  })
}

/** Numbers that the holder of something has, or can see: one of them may be its limit. */
export function readNumbers(
  graph: HeapGraph,
  { parent }: Reach,
  node: number,
  owner: number | null,
): Holder['numbers'] {
  const numbers: Holder['numbers'] = []
  const add = (from: number, isOfOwner: boolean): void => {
    for (const { kind, name, to } of graph.edges(from)) {
      if (numbers.length >= 60 || (kind !== 'context' && kind !== 'property')) continue
      const value = graph.numberAt(to)
      if (value !== null) numbers.push({ name, value, isOfOwner })
      // Options are often an object of their own: `this.options.max`.
      else if (/^[_#]?(?:options|opts|config|settings)$/.test(name) && isOfOwner && graph.kind(to) === 'object') {
        for (const inner of graph.edges(to)) {
          const number = inner.kind === 'property' ? graph.numberAt(inner.to) : null
          if (number !== null) numbers.push({ name: inner.name, value: number, isOfOwner })
        }
      }
    }
  }
  if (graph.kind(node) === 'object') add(node, true)
  if (owner !== null) add(owner, true)
  for (let above = parent[node]!, steps = 0; above > 0 && steps < MAX_STEPS_UP; above = parent[above]!, steps++) {
    if (!graph.isContext(above)) continue
    add(above, false)
    break
  }
  return numbers
}
