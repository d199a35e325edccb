import { createHash } from 'node:crypto'
import { review, suspect, type Finding, type Node } from 'eslint-plugin-plimsoll/analysis'
import type { Place, ReviewFinding } from '../finding.ts'
import { parseSource } from '../parse/parse.ts'
import { readIgnores } from './ignore.ts'

/** What came of one file. */
export interface SourceReview {
  findings: ReviewFinding[]
  /** Empty unless they were asked for. */
  suspects: ReviewFinding[]
  ignoredCount: number
  unreasonedLines: number[]
  /** Why it could not be reviewed, or not by all rules. */
  unread: string | null
}

const maxBytes = 4 * 1024 * 1024
/** Mean characters of a line above which a person did not write it. Hand-written code has 30 to 50, bundles hardly more. */
const minifiedMeanLength = 250
/** Characters of a line above which nobody reads it: a finding there would help nobody. */
const minifiedLineLength = 1000

export interface SourceOptions {
  /** Where it lies, for what the rest of its package does. */
  file?: string
  withSuspects?: boolean
}

/** Reviews one file. Never throws: what cannot be read is told. */
export function reviewSource(source: string, path: string, { file, withSuspects }: SourceOptions = {}): SourceReview {
  const unread = (what: string): SourceReview => ({
    findings: [],
    suspects: [],
    ignoredCount: 0,
    unreasonedLines: [],
    unread: what,
  })
  if (source.length > maxBytes) return unread(`larger than ${maxBytes / 1024 / 1024} MB`)
  if (source.slice(0, 8192).includes('\0')) return unread('not text')
  const lines = source.split('\n')
  if (source.length / lines.length > minifiedMeanLength && lines.some(({ length }) => length > minifiedLineLength))
    return unread('minified')
  const parsed = parseSource(source, path)
  if (!parsed.root) return unread(parsed.what)
  const failures: string[] = []
  try {
    const settings = {
      onFailure: ({ message }: Error) => void failures.push(message),
      isTyped: /\.[cm]?tsx?$/.test(path),
      ...(file === undefined ? {} : { file }),
    }
    const ignores = readIgnores(lines)
    const isReadable = ({ node }: Finding): boolean => (lines[lineOf(node) - 1] ?? '').length <= minifiedLineLength
    const isHeard = ({ node, rule }: Finding): boolean => !ignores.covers(lineOf(node), rule)
    const readable = review(parsed.root, source, settings).filter(isReadable)
    const kept = readable.filter(isHeard)
    const told = new Set(kept.map(({ node }) => lineOf(node)))
    const suspects = withSuspects ? suspect(parsed.root, source, settings).filter(isReadable).filter(isHeard) : []
    return {
      findings: describe(kept, lines, path),
      suspects: describe(
        suspects.filter(({ node }) => !told.has(lineOf(node))),
        lines,
        path,
      ),
      ignoredCount: readable.length - kept.length,
      unreasonedLines: ignores.unreasonedLines,
      unread: failures.length > 0 ? `not by every rule (${failures.join('; ')}); please report it` : null,
    }
  } catch (error) {
    if (error instanceof RangeError) return unread('nested too deeply')
    return unread(
      `could not be understood (${error instanceof Error ? error.message : String(error)}); please report it`,
    )
  }
}

function lineOf(node: Node): number {
  return node.loc?.start.line ?? 1
}

function describe(found: readonly Finding[], lines: readonly string[], path: string): ReviewFinding[] {
  const times = new Map<string, number>()
  return found.map(({ node, others, declaration, suggestions, ...said }) => {
    const place = placeOf(growthPoint(node), lines)
    const identity = [said.rule, path, place.code, said.caller].join('\n')
    const time = times.get(identity) ?? 0
    times.set(identity, time + 1)
    return {
      ...said,
      path,
      place,
      otherLines: others.map(lineOf),
      declaration: placeOf(declaration, lines),
      suggestions: suggestions.map(({ title, isSafe, edits }) => ({ title, isSafe, edits })),
      fingerprint: createHash('sha256').update(`${identity}\n${time}`).digest('hex').slice(0, 16),
      dependency: null,
      proof: null,
    }
  })
}

/** Of a chain that runs over several lines (`a\n.then()\n.push()`), the line of the method: there a reader looks. */
function growthPoint(node: Node): Node {
  const property = node['callee']?.property as Node | undefined
  return property?.loc &&
    node.loc &&
    property.loc.start.line > node.loc.start.line &&
    property.loc.start.line <= node.loc.end.line
    ? { ...property, loc: { start: property.loc.start, end: node.loc.end } }
    : node
}

function placeOf(node: Node, lines: readonly string[]): Place {
  const start = node.loc?.start ?? { line: 1, column: 0 }
  const end = node.loc?.end ?? start
  return {
    line: start.line,
    column: start.column + 1,
    endLine: end.line,
    endColumn: end.column + 1,
    code: (lines[start.line - 1] ?? '').trim().slice(0, 200),
  }
}
