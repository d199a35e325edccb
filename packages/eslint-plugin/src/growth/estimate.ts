import { calleeName, isCall, isFunction, unwrap, type Node } from './node.ts'

/**
 * Bytes a stored value is about, from its shape in V8 on 64 bits: 24 for an object and 8 for each of its fields, 16 and 1 a character
 * for a string, 64 for a closure and as much again for the context it keeps. Strings from outside count as 100 characters. It is
 * there to tell a counter from a page, not to plan memory.
 */
export function estimateBytes(value: Node | null): number | null {
  return value === null ? null : visit(unwrap(value), 0)
}

const wordBytes = 8
const stringBytes = 116
const closureBytes = 128
/** Measured as the growth of the heap over 1,000 of each, on Node 20. */
const madeBytes: Record<string, number> = {
  RegExp: 200,
  DateTimeFormat: 30_000,
  NumberFormat: 3_000,
  PluralRules: 3_000,
  Collator: 1_500,
  Map: 200,
  Set: 200,
  Date: 100,
  AbortController: 700,
  Function: 1_500,
}

function visit(value: Node, depth: number): number | null {
  if (depth > 4) return null
  switch (value.type) {
    case 'Literal':
      return typeof value['value'] === 'string' ? 16 + value['value'].length : wordBytes
    case 'TemplateLiteral':
      return stringBytes
    case 'ObjectExpression':
      return sum(
        24,
        (value['properties'] as Node[]).map((property) => (property['value'] as Node | undefined) ?? property),
        depth,
      )
    case 'ArrayExpression':
      return sum(
        32,
        (value['elements'] as (Node | null)[]).filter((element) => element !== null),
        depth,
      )
    case 'AssignmentExpression':
      return visit(unwrap(value['right'] as Node), depth)
    case 'ConditionalExpression':
      return visit(unwrap(value['consequent'] as Node), depth)
    case 'NewExpression':
      return madeBytes[calleeName(value) ?? ''] ?? null
  }
  if (isFunction(value)) return closureBytes
  if (isCall(value) && /^(stringify|toString|join|format|render\w*)$/.test(calleeName(value) ?? '')) return stringBytes
  return null
}

function sum(own: number, parts: readonly Node[], depth: number): number {
  return parts.reduce((total, part) => total + wordBytes + (visit(unwrap(part), depth + 1) ?? 0), own)
}
