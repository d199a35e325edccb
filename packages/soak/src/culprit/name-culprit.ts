import type { Frame, RanScript, SampledSite, WriteSite } from '../probe/probe-protocol.ts'
import type { Holder } from './holders.ts'
import { lastName } from './source-text.ts'
import { isSameFile, packageOf, type Position, type Sources } from './sources.ts'

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
  /** The service's own line that leads into the package's, `server.js:7`; null where there is none or it is not known. */
  caller: string | null
  entryCount: number | null
  /** `lets nothing go`, `fills up to max = 500 entries`. */
  why: string
}

/** What was seen of a holder: who wrote while it was watched, who allocates what stays, and which functions were called. */
export interface Sightings {
  writes: readonly WriteSite[]
  sites: readonly SampledSite[]
  ran: readonly RanScript[]
}

/**
 * The line that writes: seen by the trap, or seen to call a write that lets the holder grow, else found in the source of the module that
 * owns the variable, else any call that lets it grow, else who calls what is named like a write, else who allocates what stays, else where it is declared.
 */
export function nameHolder(
  holder: Holder,
  script: string | null,
  { writes, sites, ran }: Sightings,
  sources: Sources,
): Position | null {
  // Who set an interval cannot be seen any more, but what it calls is written where it was set.
  if (holder.isInterval && holder.near && script !== null)
    return sources.locate(script, holder.near.line, holder.near.column)
  const locate = (site: WriteSite | undefined): Position | null => {
    const frame = site && blame(site.stack, script)
    return frame ? sources.locate(frame.script, frame.line, frame.column) : null
  }
  const growing = mostGrowing(writes)
  const isWrite = growing !== undefined && writeName.test(growing.method)
  const seen = locate(writes.find(({ isOfHolder }) => isOfHolder)) ?? (isWrite ? locate(growing) : null)
  if (seen) return seen
  const listening = findListening(holder, script, sites, sources)
  if (listening) return listening
  const when = (offset: number, of: string) => whenRan(sources, of, offset, ran)
  const hasRun = (offset: number, of: string) => when(offset, of) === 'lately'
  const runsAgain = (offset: number, of: string) => when(offset, of) !== 'once'
  const found = script === null ? null : findInSource(holder, script, sources, hasRun)
  // Of a call that is named like none, `parse(text)`, what it writes says more than that it lets the holder grow.
  const told = found ?? locate(growing)
  if (told) return told
  // What holds it is often written to in another file of its package: one of those that allocate what stays.
  for (const other of script === null ? [] : allocatingScripts(sites, script)) {
    const elsewhere = findInSource(holder, other, sources, hasRun)
    if (elsewhere) return elsewhere
  }
  const rarely = script === null ? null : findInSource(holder, script, sources, runsAgain)
  if (rarely) return rarely
  const called = locate(writes.find(({ method }) => writeName.test(method)))
  if (called) return called
  // A write that leaves no trace (`list = { next: list }`): whoever allocates what stays, in the same script.
  const inScript = sites.filter(({ stack }) => {
    const frame = script === null ? null : blame(stack, script)
    return frame !== null && isSameFile(frame.script, script!)
  })
  const [site] = rankSites(inScript, ({ stack }) => blame(stack, script), sources)
  if (site) return site.position
  const declared = script === null ? null : findInSource(holder, script, sources, () => true)
  if (declared) return declared
  const { near } = holder
  return script !== null && near ? sources.locate(script, near.line, near.column) : null
}

/** Methods that are called to leave something behind. */
const writeName =
  /^(?:#|_)*(?:set|add|put|push|unshift|append|insert|write|save|store|keep|remember|record|track|log|register|subscribe|listen|on|once|use|enqueue|schedule|queue|attach|connect|then|catch|finally|emplace|upsert|create|mount|dispatch)(?![a-z])/

/** The site most of whose calls let the holder grow; of calls within each other, the innermost. */
function mostGrowing(writes: readonly WriteSite[]): WriteSite | undefined {
  const growing = writes.filter(({ grewCount }) => grewCount > 0)
  return growing.sort((left, right) => right.grewCount - left.grewCount || right.stack.length - left.stack.length)[0]
}

/**
 * The innermost frame of the code that owns the variable: of the service's own when a variable of its own holds the collection (the
 * collection's library is not to blame), of the package when the variable is the package's. When nobody knows whose it is, who writes.
 */
export function blame(stack: readonly Frame[], script: string | null): Frame | null {
  // Whatever leads to it: the service's own code writes.
  if (stack[0] && packageOf(stack[0].script) === null) return stack[0]
  const owner = script === null ? null : packageOf(script)
  return (script !== null && stack.find((frame) => packageOf(frame.script) === owner)) || (stack[0] ?? null)
}

/** Lines below the beginning of a function that are looked at for a call. */
const MAX_FUNCTION_LINES = 120
/** Of what stays, the part a place must allocate for its line to be looked at. */
const MIN_SITE_SHARE = 0.005

/** A place that allocates what stays. */
export interface RankedSite {
  position: Position
  liveBytes: number
}

/**
 * Places by how likely they are the reason: those of the service before those of packages; of each, calls that leave something behind by
 * their name (`signal.addEventListener(`), then other calls, then functions of which no line is known; then by what they allocate.
 */
export function rankSites(
  sites: readonly SampledSite[],
  frameOf: (site: SampledSite) => Frame | null | undefined,
  sources: Sources,
): RankedSite[] {
  const total = sites.reduce((sum, { liveBytes }) => sum + liveBytes, 0)
  const places = new Map<string, RankedSite & { rank: number }>()
  for (const site of sites) {
    const frame = frameOf(site)
    const found = frame && locateSite(site, frame, sources)
    if (!found) continue
    const { position, call } = found
    const key = `${position.file}:${position.line}`
    const known = places.get(key)
    const rank = (call === null ? 2 : writes(call) ? 0 : 1) + (position.package === null ? 0 : 3)
    if (known) known.liveBytes += site.liveBytes
    else places.set(key, { position, liveBytes: site.liveBytes, rank })
  }
  return [...places.values()]
    .map((place) => (place.liveBytes < MIN_SITE_SHARE * total ? { ...place, rank: Infinity } : place))
    .sort((left, right) => (left.rank === right.rank ? 0 : left.rank - right.rank) || right.liveBytes - left.liveBytes)
}

function writes(code: string): boolean {
  return [...code.matchAll(/\.\s*(#?[\w$]+)\s*\(/g)].some(([, method]) => writeName.test(method!))
}

/**
 * The line of a function from which came what stays: V8 knows where the function begins and what it called, so it is the first call by that
 * name. A function that allocates itself is told by its first line. `call` is the text of that line, so far as it is the function's.
 */
function locateSite(
  { stack, leaf }: SampledSite,
  frame: Frame,
  sources: Sources,
): { position: Position; call: string | null } | null {
  const below = stack.indexOf(frame) - 1
  const callee = (below >= 0 ? stack[below]!.functionName : (leaf ?? '')).split('.').at(-1)!
  const lines = /^[A-Za-z_$][\w$]*$/.test(callee) ? sources.read(frame.script)?.split('\n') : undefined
  const call = new RegExp(String.raw`(?<![\w$])${callee.replaceAll('$', String.raw`\$`)}\s*\(`)
  const begin = sources.toText(frame.script, frame.line, frame.column)
  for (let line = begin.line; lines && line < Math.min(lines.length + 1, begin.line + MAX_FUNCTION_LINES); line++) {
    const from = line === begin.line ? begin.column : 0
    const text = lines[line - 1]!.slice(from)
    const column = text.search(call)
    const position = column < 0 ? null : sources.locateText(frame.script, line, from + column + 1)
    if (position) return { position, call: text }
  }
  const position = sources.locate(frame.script, frame.line, frame.column)
  return position && { position, call: null }
}

/** The service's own line that leads into a package's, `server.js:7`; null where it is not known. */
export function findCaller({ writes, sites }: Sightings, culprit: Position, sources: Sources): string | null {
  if (culprit.package === null) return null
  const stacks = writes.map(({ stack }) => stack)
  const own = stacks.flatMap((stack) => stack.find((frame) => packageOf(frame.script) === null) ?? [])[0]
  const position = own
    ? sources.locate(own.script, own.line, own.column)
    : rankSites(sites, ({ stack }) => stack.find((frame) => packageOf(frame.script) === null), sources)[0]?.position
  return position ? `${position.file}:${position.line}` : null
}

const MAX_SITES = 10

function allocatingScripts(sites: readonly SampledSite[], script: string): Set<string> {
  const owner = packageOf(script)
  const scripts = sites.slice(0, MAX_SITES).flatMap(({ stack }) => stack.map((frame) => frame.script))
  return new Set(scripts.filter((other) => other !== script && packageOf(other) === owner))
}

/** Where the service listens to an event of which the listeners are kept: who emits it (a socket) may be gone before it is watched. */
function findListening(
  { path }: Holder,
  script: string | null,
  sites: readonly SampledSite[],
  sources: Sources,
): Position | null {
  const event = /(?:^|\.)_events\.([\w$-]+)(?:\[\])*$/.exec(path)?.[1]
  if (event === undefined) return null
  const frames = sites.slice(0, MAX_SITES).flatMap(({ stack }) => stack.map((frame) => frame.script))
  const scripts = new Set([script, ...frames].filter((one) => one !== null && packageOf(one) === null))
  const call = new RegExp(
    String.raw`\.\s*(?:on|once|addListener|prependListener)\(\s*['"\x60]${event.replaceAll('$', String.raw`\$`)}['"\x60]`,
  )
  for (const one of scripts) {
    const before = sources.read(one!)?.split(call)[0]
    if (before === undefined || before === sources.read(one!)) continue
    return sources.locateText(one!, before.split('\n').length, before.length - before.lastIndexOf('\n'))
  }
  return null
}

/** What is written there, at a place that may be the one. */
function findInSource(
  holder: Holder,
  script: string,
  sources: Sources,
  mayWrite: (offset: number, script: string) => boolean,
): Position | null {
  const source = sources.read(script)
  const name = lastName(holder.path)
  if (source === null || name === null) return null
  const wordOf = (text: string) => String.raw`(?<![\w$])${text.replaceAll(/[$#]/g, String.raw`\$&`)}(?![\w$])`
  const bare = wordOf(name)
  // A property is written to as one, or by a name that is computed: a variable of the same name elsewhere is another thing.
  const owner = lastName(holder.path.replaceAll('[]', '').replace(/\.?[\w$#]+$/, ''))
  const computed = owner === null ? [] : [String.raw`${wordOf(owner)}\s*\[\s*[\w$.#]+\s*\]\s*=(?![=>])`]
  const isProperty = /[.#]/.test(holder.path.replaceAll('[]', ''))
  const writes = isProperty
    ? [...writesTo(String.raw`(?<=\.\s*)${bare}`), ...computed, ...writesTo(bare)]
    : writesTo(bare)
  for (const pattern of writes) {
    const found = [...source.matchAll(new RegExp(pattern, 'gm'))]
      .map(({ index, 0: text }) => index + Math.max(0, text.indexOf(name)))
      .find((offset) => mayWrite(offset, script))
    if (found === undefined) continue
    const before = source.slice(0, found)
    return sources.locateText(script, before.split('\n').length, before.length - before.lastIndexOf('\n'))
  }
  return null
}

function writesTo(word: string): string[] {
  return [
    String.raw`${word}\s*\.\s*(?:set|add|push|unshift|on|once|addListener)\s*\(`,
    String.raw`${word}\s*\[[^\]\n]+\]\s*(?:\?\?|\|\|)?=(?![=>])`,
    String.raw`(?<!(?:const|let|var)\s+)${word}\s*(?:[+*|&^-]|\?\?|\|\||&&|<<)?=(?![=>])`,
    String.raw`(?:\b(?:const|let|var|static|readonly)\s+|^[^\S\n]*|[.,{]\s*)${word}\s*(?::[^=;]{1,80})?=(?!=)`,
  ]
}

/** What defines a method of a class that was written before there were any. */
const definesMethod = /^[\w$.]*(?<![\w$])(?:prototype|_?proto)\s*\.\s*[\w$#]+\s*=\s*(?:async\s+)?function\b/

/**
 * When the code at an offset of a script ran: while it was watched; at another time, as far as is known; or once, when it was loaded. What
 * was translated while it was loaded has other offsets than the text of its file, and of what could not be watched anything may have run.
 * V8 tells of functions that were called and of those within them: of others it is the text that tells them from what is run by loading.
 */
function whenRan(
  sources: Sources,
  script: string,
  offset: number,
  ran: readonly RanScript[],
): 'lately' | 'perhaps' | 'once' {
  const text = sources.read(script) ?? ''
  const outline = sources.outline(script)
  const line = outline?.lineStart(offset) ?? 0
  if (definesMethod.test(text.slice(line, line + 200).trimStart())) return 'once'
  const functions = ran.find((one) => isSameFile(one.script, script))?.functions
  if (!functions || sources.isTranslated(script)) return 'lately'
  const isWhole = ({ from, to }: RanScript['functions'][number]) => from === 0 && to >= text.length
  const around = functions.filter((one) => one.from <= offset && offset < one.to && !isWhole(one))
  const innermost = around.sort((left, right) => left.to - left.from - (right.to - right.from))[0]
  if (innermost) return innermost.hasRun ? 'lately' : 'perhaps'
  return outline?.isInFunction(offset) ? 'perhaps' : 'once'
}
