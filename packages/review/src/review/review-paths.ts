import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { isAbsolute, relative, resolve, sep } from 'node:path'
import { InvalidOptionError } from '@plimsoll/core'
import type { Report, ReviewFinding } from '../finding.ts'
import { applyFixes } from './fix.ts'
import { readBaseline, writeBaseline } from './baseline.ts'
import { listFiles, type FileList } from './list-files.ts'
import { reviewSource } from './review-source.ts'
import { reviewDependencies } from '../deps/review-dependencies.ts'

export interface ReviewOptions {
  /** Files and folders. */
  paths: readonly string[]
  /** Where paths start, and what they are told relative to. */
  folder: string
  /** Makes the changes that provably keep what the code does. */
  isFixing?: boolean
  /** Looks into what the code imports, and at which versions are installed. */
  withDependencies?: boolean
  /** Also collects what only running it can tell, for `proveFindings`. */
  withSuspects?: boolean
  /** A file of findings that are known; it is written when it does not exist. */
  baseline?: string
}

/** What a review answers: the report, and whether it wrote the baseline. */
export interface ReviewResult {
  report: Report
  wroteBaseline: boolean
}

/**
 * Reviews files and folders. Reads at most 4 MB of a file and one file at a time; writes only with `isFixing` and for a new baseline.
 * @throws {@link InvalidOptionError} when a path does not exist or the baseline cannot be read
 */
export function reviewPaths(options: ReviewOptions): ReviewResult {
  const { folder } = options
  const report: Report = {
    findings: [],
    suspects: [],
    unread: [],
    unreasoned: [],
    dependencies: [],
    leftOut: [],
    fileCount: 0,
    lineCount: 0,
    ignoredCount: 0,
    knownCount: 0,
    fixedCount: 0,
  }
  const lists = options.paths.map((path) => listPath(resolve(folder, path), path))
  const files = [...new Set(lists.flatMap((list) => list.files))]
  report.leftOut = [...new Set(lists.flatMap((list) => list.ignored))].map((path) => relativePath(path, folder))
  for (const file of files) reviewFile(file, options, report)
  if (options.withDependencies) reviewDependencies(files, folder, report)

  if (options.baseline === undefined) return { report: sorted(report), wroteBaseline: false }
  const baseline = resolve(folder, options.baseline)
  const known = readBaseline(baseline)
  if (known === null) writeBaseline(baseline, [...report.findings, ...report.suspects])
  const isKnown = ({ fingerprint }: ReviewFinding): boolean => known === null || known.has(fingerprint)
  report.knownCount = report.findings.filter(isKnown).length
  report.findings = report.findings.filter((finding) => !isKnown(finding))
  report.suspects = report.suspects.filter((suspect) => !isKnown(suspect))
  return { report: sorted(report), wroteBaseline: known === null }
}

function listPath(path: string, asGiven: string): FileList {
  try {
    statSync(path)
  } catch {
    throw new InvalidOptionError('Review', [{ where: asGiven, what: 'does not exist; give it files or folders' }])
  }
  return listFiles(path)
}

function reviewFile(file: string, { folder, isFixing, withSuspects = false }: ReviewOptions, report: Report): void {
  const path = relativePath(file, folder)
  let source: string
  try {
    source = readFileSync(file, 'utf8')
  } catch {
    report.unread.push({ path, what: 'cannot be opened' })
    return
  }
  if (isFixing) {
    const fixed = applyFixes(source, path)
    if (fixed.count > 0) writeFileSync(file, fixed.source)
    source = fixed.source
    report.fixedCount += fixed.count
  }
  const { findings, suspects, ignoredCount, unreasonedLines, unread } = reviewSource(source, path, {
    file,
    withSuspects,
  })
  report.fileCount++
  report.lineCount += countLines(source)
  report.findings.push(...findings)
  report.suspects.push(...suspects)
  report.ignoredCount += ignoredCount
  report.unreasoned.push(...unreasonedLines.map((line) => ({ path, line })))
  if (unread !== null) report.unread.push({ path, what: unread })
}

export function relativePath(file: string, folder: string): string {
  const path = relative(folder, file)
  return (path === '' || isAbsolute(path) ? file : path).split(sep).join('/')
}

function countLines(source: string): number {
  let count = 1
  for (let at = source.indexOf('\n'); at !== -1; at = source.indexOf('\n', at + 1)) count++
  return count
}

/** Worst first, own code before that of others, then by place. */
function sorted(report: Report): Report {
  const rank = ({ severity, dependency }: ReviewFinding): number => (dependency ? 2 : 0) + (severity === 'high' ? 0 : 1)
  report.findings.sort(
    (a, b) => rank(a) - rank(b) || (a.path < b.path ? -1 : a.path > b.path ? 1 : a.place.line - b.place.line),
  )
  return report
}
