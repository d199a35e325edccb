import type { Frame, SampledSite, WriteSite } from '../probe/probe-protocol.ts'
import type { Holder } from './holders.ts'
import { lastName } from './judge-holder.ts'
import { packageOf, type Position, type Sources } from './sources.ts'

/** Where a leak comes from. */
export interface Culprit {
  file: string
  line: number
  /** `sessions`, `store.#entries`; null when only the place that allocates is known. */
  variable: string | null
  /** Part of the growth it explains, 0..1. */
  share: number
  /** The line's text. */
  code: string | null
  package: string | null
  entryCount: number | null
  /** `lets nothing go`, `fills up to max = 500 entries`. */
  why: string
}

/** The line that writes: seen by the trap, else found in the source of the module that owns the variable, else where it is declared. */
export function nameHolder(
  holder: Holder,
  script: string | null,
  writes: readonly WriteSite[],
  sites: readonly SampledSite[],
  sources: Sources,
): Position | null {
  // Who set an interval cannot be seen any more, but what it calls is written where it was set.
  if (holder.isInterval && holder.near && script !== null)
    return sources.locate(script, holder.near.line, holder.near.column)
  const seen = writes.map(({ stack }) => blame(stack, script)).find((frame) => frame !== null)
  if (seen) return sources.locate(seen.script, seen.line, seen.column)
  const found = script === null ? null : findInSource(holder, script, sources)
  if (found) return found
  // What holds it is often written to in another file of its package: one of those that allocate what stays.
  for (const other of script === null ? [] : allocatingScripts(sites, script)) {
    const elsewhere = findInSource(holder, other, sources)
    if (elsewhere) return elsewhere
  }
  // A write that leaves no trace (`list = { next: list }`): whoever allocates what stays, in the same script.
  const allocating = sites
    .map(({ stack }) => blame(stack, script))
    .find((frame) => frame !== null && frame.script === script)
  if (allocating) return sources.locate(allocating.script, allocating.line, allocating.column)
  const { near } = holder
  return script !== null && near ? sources.locate(script, near.line, near.column) : null
}

/**
 * The innermost frame of the code that owns the variable: of the service's own when a variable of its own holds the collection (the
 * collection's library is not to blame), of the package when the variable is the package's.
 */
export function blame(stack: readonly Frame[], script: string | null): Frame | null {
  const owner = script === null ? null : packageOf(script)
  return stack.find((frame) => packageOf(frame.script) === owner) ?? stack[0] ?? null
}

const MAX_SITES = 10

function allocatingScripts(sites: readonly SampledSite[], script: string): Set<string> {
  const owner = packageOf(script)
  const scripts = sites.slice(0, MAX_SITES).flatMap(({ stack }) => stack.map((frame) => frame.script))
  return new Set(scripts.filter((other) => other !== script && packageOf(other) === owner))
}

function findInSource(holder: Holder, script: string, sources: Sources): Position | null {
  const source = sources.read(script)
  const name = lastName(holder.path)
  if (source === null || name === null) return null
  const bare = String.raw`(?<![\w$])${name.replaceAll(/[$#]/g, String.raw`\$&`)}(?![\w$])`
  // A property is written to as one: a variable of the same name elsewhere is another thing.
  const words = /[.#]/.test(holder.path.replaceAll('[]', '')) ? [String.raw`(?<=\.\s*)${bare}`, bare] : [bare]
  const writes = words.flatMap((word) => [
    String.raw`${word}\s*\.\s*(?:set|add|push|unshift|on|once|addListener)\s*\(`,
    String.raw`${word}\s*\[[^\]\n]+\]\s*(?:\?\?|\|\|)?=(?![=>])`,
    String.raw`(?<!(?:const|let|var)\s+)${word}\s*=(?![=>])`,
    String.raw`(?:\b(?:const|let|var|static|readonly)\s+|^\s*|[.,{]\s*)${word}\s*(?::[^=;]{1,80})?=(?!=)`,
  ])
  for (const pattern of writes) {
    const found = new RegExp(pattern, 'm').exec(source)
    if (!found) continue
    const before = source.slice(0, found.index + Math.max(0, found[0].indexOf(name)))
    return sources.locate(script, before.split('\n').length, before.length - before.lastIndexOf('\n'))
  }
  return null
}
