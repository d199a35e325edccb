import type { Culprit } from '@plimsoll/core/wire'
import type { HolderSeries } from '../detect/detector.ts'
import { cutFrame, type CodeFrame } from './code-frame.ts'
import { lastName } from './let-go.ts'
import type { Position } from './source-map.ts'
import type { Frame } from './stack.ts'
import type { WriterSite } from './writer-trap.ts'

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
}

/** Puts a name and a line to a suspect; null when not even its file is known. */
export function nameCulprit(suspect: Suspect, places: Places): NamedCulprit | null {
  const { holder, share, writers } = suspect
  const written = writers?.[0] && findWriter(writers[0].stack, holder.script)
  const position = written
    ? places.locate(written.script, written.line, written.column)
    : holder.script && findDeclaration(holder.script, holder.path, places)
  if (!position) return null
  const owner = places.packageOf(position.file)
  const frame = position.source === null ? null : cutFrame(position.source, position.line)
  const culprit: Culprit = {
    file: places.present(position.file),
    line: position.line,
    column: position.column,
    variable: holder.path,
    package: owner?.name ?? null,
    version: owner?.version ?? null,
    confidence: judgeConfidence(suspect),
    knownLeak: null,
    fixedIn: null,
    share: Math.round(share * 100) / 100,
    entryCount: holder.points.at(-1)?.count ?? null,
    code: frame?.lines[position.line - frame.firstLine]?.trim() ?? null,
  }
  return { culprit, frame }
}

/** The frame in the module that owns the variable, else the one that called the write: a collection's own library is not to blame. */
function findWriter(stack: readonly Frame[], script: string | null): Frame | undefined {
  return stack.find((frame) => frame.script === script) ?? stack[0]
}

/** Where the variable is declared, found by its name: what can be said before anybody was seen writing. */
function findDeclaration(script: string, path: string, places: Places): Position | null {
  const source = places.readScript(script)
  const name = lastName(path)
  if (source === null || name === null) return null
  const word = name.replaceAll(/[$#]/g, String.raw`\$&`)
  const match = new RegExp(
    String.raw`(?:\b(?:const|let|var|static|readonly)\s+|^\s*|[.,{]\s*)${word}\s*(?::[^=;]{1,80})?=(?!=)`,
    'm',
  ).exec(source)
  if (!match) return null
  const before = source.slice(0, match.index + match[0].indexOf(name))
  const line = before.split('\n').length
  return places.locate(script, line, before.length - before.lastIndexOf('\n'))
}

function judgeConfidence({ holder, share, writers }: Suspect): number {
  let confidence = 0.5 + 0.25 * Math.min(1, share)
  if (writers && writers.length > 0) confidence += 0.1
  if (holder.removal === 'never') confidence += 0.1
  if (holder.hasLetGo || holder.bound !== null) confidence -= 0.2
  return Math.round(Math.max(0.1, Math.min(0.95, confidence)) * 100) / 100
}
