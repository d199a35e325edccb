import { findKnownLeaks } from '@plimsoll/core/known-leaks'
import type { Culprit } from '@plimsoll/core/wire'
import type { HolderSeries } from '../detect/detector.ts'
import type { RetainingSite } from '../detect/retaining-site.ts'
import { cutFrame, type CodeFrame } from './code-frame.ts'
import type { CollectionKind } from './collection.ts'
import { countKeys, findWord } from './let-go.ts'
import { toPath, type Position } from './source-map.ts'
import type { Frame } from './stack.ts'
import type { WriterSite } from './writer-trap.ts'
import { writtenName } from './written-name.ts'

/** A call is looked for in so many lines from where a function begins. */
const MAX_FUNCTION_LINES = 120

/** What is known about one suspect. */
export interface Suspect {
  holder: HolderSeries
  /** Part of the growth it explains, 0..1. */
  share: number
  /** Who was seen writing into it; null when nobody looked yet. */
  writers: readonly WriterSite[] | null
}

/** How positions in scripts become positions for people. */
export interface Places {
  locate(script: string, line: number, column: number): Position | null
  readScript(script: string): string | null
  present(file: string): string
  packageOf(file: string): { name: string; version: string | null } | null
}

/** A culprit, and the code around its line when it could be read. */
export interface NamedCulprit {
  culprit: Culprit
  frame: CodeFrame | null
  /** Its line is one of a minified file, from which no map leads back. */
  lacksMap: boolean
  /** The line of the host's own code that leads into a package's, `server.cjs:7`; null where that is not known or not needed. */
  caller: string | null
  /** The script of the worker thread in whose heap it is; absent for the main thread's. */
  thread?: string
  /** None of its functions is known. */
  isThreadOnly?: boolean
}

/** Puts a name and a line to a suspect; null when not even its file is known. */
export function nameCulprit(suspect: Suspect, places: Places): NamedCulprit | null {
  const { holder, share, writers } = suspect
  const writer = writers?.[0] && findWriter(writers[0].stack, holder.script)
  const position = writer ? locateFrame(writer, places) : holder.script && findInSource(holder.script, holder, places)
  if (!position) return null
  const owner = places.packageOf(position.file)
  const frame = position.source === null ? null : cutFrame(position.source, position.line, position.column)
  const code = frame?.lines[position.line - frame.firstLine] ?? null
  const written = position.isMapped && code !== null ? writtenName(holder.path, code, position.column) : null
  const culprit: Culprit = {
    file: places.present(position.file),
    line: position.line,
    column: position.column,
    variable: written ?? holder.path,
    package: owner?.name ?? null,
    version: owner?.version ?? null,
    confidence: judgeConfidence(suspect),
    ...knownLeakOf(owner),
    share: Math.round(share * 100) / 100,
    entryCount: holder.points.at(-1)?.count ?? null,
    code: code?.trim() ?? null,
  }
  const caller = owner === null ? null : findCaller(writers?.[0]?.stack ?? [], places)
  return { culprit, frame, lacksMap: position.lacksMap, caller }
}

function locateFrame({ script, line, column, written }: Frame, places: Places): Position | null {
  return places.locate(script, written?.line ?? line, written?.column ?? column)
}

/** The innermost frame that is no package's: what its people can change. */
function findCaller(stack: readonly Frame[], places: Places): string | null {
  for (const frame of stack) {
    const position = locateFrame(frame, places)
    if (position && places.packageOf(position.file) === null) return `${places.present(position.file)}:${position.line}`
  }
  return null
}

/** The frame in the module that owns the variable, else the one that called the write: a collection's own library is not to blame. */
function findWriter(stack: readonly Frame[], script: string | null): Frame | undefined {
  // V8 tells a CommonJS module by its path to a stack, and by its URL to the inspector.
  const file = script === null ? null : (toPath(script) ?? script)
  return stack.find((frame) => (toPath(frame.script) ?? frame.script) === file) ?? stack[0]
}

/**
 * A place that allocates what stays, when no collection explains it: a function, where a variable would be better. Unless functions are
 * kept apart, it may be one that V8 compiled into the one that is named.
 */
export function nameSite(site: RetainingSite, places: Places, areFunctionsApart = false): NamedCulprit | null {
  const { frame, callee = null, ledBy, share } = site
  const position = locateCall(frame, callee, places)
  if (!position) return null
  const owner = places.packageOf(position.file)
  const code = position.source === null ? null : cutFrame(position.source, position.line, position.column)
  const culprit: Culprit = {
    file: places.present(position.file),
    line: position.line,
    column: position.column,
    variable: null,
    package: owner?.name ?? null,
    version: owner?.version ?? null,
    confidence: Math.round((0.3 + 0.3 * share + (areFunctionsApart ? 0.15 : 0)) * 100) / 100,
    ...knownLeakOf(owner),
    share: Math.round(share * 100) / 100,
    entryCount: null,
    code: code?.lines[position.line - code.firstLine]?.trim() ?? null,
  }
  const leader = ledBy && locateCall(ledBy.frame, ledBy.callee, places)
  const caller = leader ? `${places.present(leader.file)}:${leader.line}` : null
  return { culprit, frame: code, lacksMap: position.lacksMap, caller }
}

/** Where a function calls another; where it begins, when that call cannot be found or nobody knows whom it calls. */
function locateCall(frame: Frame, callee: string | null, places: Places): Position | null {
  const at = { ...frame, ...frame.written }
  const where = callee === null ? at : (findCall(at, callee, places) ?? at)
  return places.locate(where.script, where.line, where.column)
}

/** What others have found of this version already. */
function knownLeakOf(owner: { name: string; version: string | null } | null): Pick<Culprit, 'knownLeak' | 'fixedIn'> {
  const [known] = owner?.version ? findKnownLeaks(owner.name, owner.version) : []
  return { knownLeak: known ? `${known.what} ${known.source}` : null, fixedIn: known?.fixedIn ?? null }
}

/** V8 knows where a function begins; the first call in it by the name of the function it called stands nearer to the point. */
function findCall(frame: Frame, callee: string, places: Places): Pick<Frame, 'script' | 'line' | 'column'> | null {
  const name = callee.split('.').at(-1)!
  const lines = places.readScript(frame.script)?.split('\n')
  if (!lines || !/^[A-Za-z_$][\w$]*$/.test(name)) return null
  const call = new RegExp(`(?<![\\w$])${name.replaceAll('$', '\\$')}\\s*\\(`)
  for (let line = frame.line; line < Math.min(lines.length, frame.line + MAX_FUNCTION_LINES); line++) {
    const from = line === frame.line ? frame.column : 0
    const column = lines[line - 1]!.slice(from).search(call)
    if (column >= 0) return { script: frame.script, line, column: from + column + 1 }
  }
  return null
}

/** What can be said before anybody was seen writing: the only place in its module that writes, else where it is declared. */
function findInSource(script: string, { path, kind }: HolderSeries, places: Places): Position | null {
  const source = places.readScript(script)
  const found = source === null ? null : findWord(path, source)
  if (source === null || found === null) return null
  const { name, word } = found
  const keys = String.raw`(?:\s*\[[^\]\n]{1,200}\]){${countKeys(path)}}`
  const all = [...source.matchAll(new RegExp(word + keys + writing[kind], 'g'))]
  // A field is written as one: `this.sessions[id] =`, and not a local variable that happens to be called the same.
  const asField = path.includes('.') ? all.filter(({ index }) => '.#'.includes(source[index - 1] ?? ' ')) : []
  const writes = asField.length > 0 ? asField : all
  const declaration = new RegExp(
    String.raw`(?:\b(?:const|let|var|static|readonly)\s+|^[^\S\n]*|[.,{]\s*)${word}\s*(?::[^=;]{1,80})?=(?!=)`,
    'm',
  )
  // Nobody can be seen writing into a plain object, so the first place that does is the best there is.
  const place = writes.length === 1 || (kind === 'object' && writes.length > 0) ? writes[0]! : declaration.exec(source)
  if (!place) return null
  const before = source.slice(0, place.index + place[0].indexOf(name))
  return places.locate(script, before.split('\n').length, before.length - before.lastIndexOf('\n'))
}

/** How a write into each kind looks. */
const writing: Record<CollectionKind, string> = {
  map: String.raw`\s*\.\s*set\s*\(`,
  set: String.raw`\s*\.\s*add\s*\(`,
  array: String.raw`\s*(?:\.\s*(?:push|unshift)\s*\(|\[[^\]\n]{1,200}\]\s*=(?![=>]))`,
  object: String.raw`\s*\[[^\]\n]{1,200}\]\s*=(?![=>])`,
  listeners: String.raw`\s*\.\s*(?:on|once|addListener|prependListener)\s*\(`,
}

function judgeConfidence({ holder, share, writers }: Suspect): number {
  let confidence = 0.5 + 0.25 * Math.min(1, share)
  if (writers && writers.length > 0) confidence += 0.1
  if (holder.removal === 'never') confidence += 0.1
  if (holder.hasLetGo || holder.bound !== null) confidence -= 0.2
  return Math.round(Math.max(0.1, Math.min(0.95, confidence)) * 100) / 100
}
