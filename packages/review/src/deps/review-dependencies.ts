import { existsSync, readdirSync, readFileSync, statSync, type Dirent } from 'node:fs'
import { dirname, extname, join, resolve, sep } from 'node:path'
import { findKnownLeaks } from '@plimsoll/core/known-leaks'
import type { Report } from '../finding.ts'
import { relativePath } from '../review/review-paths.ts'
import { reviewSource } from '../review/review-source.ts'

/** Files of others that are read at most: a service with 400 packages loads about 4,000 files. */
const maxFiles = 10_000
/** Tools that build and check a service and are no part of it when it runs, however they are installed. */
const maxFolders = 20_000

/**
 * Looks into dependencies. Versions: every installed package is held against the table of known leaks. Code: what the reviewed files
 * import is reviewed, and what that imports, so that what only a build needs stays out. Findings there are of severity `medium`: they
 * are to be looked at once, and to be repaired by somebody else.
 */
export function reviewDependencies(files: readonly string[], folder: string, report: Report): void {
  for (const installed of installedPackages(folder)) {
    const { name, version, path } = installed
    for (const { fixedIn, what, source } of findKnownLeaks(name, version))
      report.dependencies.push({ name, version, fixedIn, what, source, path: relativePath(path, folder) })
  }
  report.dependencies.sort((a, b) => (a.path < b.path ? -1 : 1))

  const own = new Set(files)
  const seen = new Set<string>(files)
  const queue = [...files]
  const manifests = new Map<string, Manifest | null>()
  for (let at = 0; at < queue.length && at < maxFiles; at++) {
    const file = queue[at]!
    let source: string
    try {
      source = readFileSync(file, 'utf8')
    } catch {
      continue
    }
    for (const specifier of importsOf(source)) {
      const target = resolveImport(specifier, file, manifests)
      if (target === null || seen.has(target) || !target.includes(`${sep}node_modules${sep}`)) continue
      seen.add(target)
      queue.push(target)
    }
    if (own.has(file)) continue
    const path = relativePath(file, folder)
    const { findings, unread } = reviewSource(source, path, { file })
    report.fileCount++
    report.lineCount += source.split('\n').length
    const dependency = packageOf(file, manifests)
    for (const finding of findings) report.findings.push({ ...finding, severity: 'medium', dependency })
    // A minified dependency is common and nothing to act on.
    if (unread !== null && unread !== 'minified') report.unread.push({ path, what: unread })
  }
}

interface Manifest {
  name?: unknown
  version?: unknown
  main?: unknown
  module?: unknown
  exports?: unknown
  imports?: unknown
}

function installedPackages(folder: string): { name: string; version: string; path: string }[] {
  const found: { name: string; version: string; path: string }[] = []
  const pending: string[] = []
  for (let at = folder; ; at = dirname(at)) {
    pending.push(join(at, 'node_modules'))
    if (dirname(at) === at) break
  }
  for (let count = 0; pending.length > 0 && count < maxFolders; count++) {
    const modules = pending.pop()!
    for (const entry of entriesOf(modules)) {
      if (!entry.isDirectory() || entry.name.startsWith('.')) {
        // pnpm keeps what is installed below .pnpm and links to it.
        if (entry.name === '.pnpm' && entry.isDirectory())
          for (const inner of entriesOf(join(modules, '.pnpm')))
            pending.push(join(modules, '.pnpm', inner.name, 'node_modules'))
        continue
      }
      const path = join(modules, entry.name)
      if (entry.name.startsWith('@')) {
        for (const inner of entriesOf(path)) if (inner.isDirectory()) visit(join(path, inner.name))
      } else visit(path)
    }
  }
  return found

  function visit(path: string): void {
    const manifest = readManifest(path)
    if (typeof manifest?.name === 'string' && typeof manifest.version === 'string')
      found.push({ name: manifest.name, version: manifest.version, path })
    pending.push(join(path, 'node_modules'))
  }
}

function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
  } catch {
    return []
  }
}

function readManifest(folder: string): Manifest | null {
  try {
    const content = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as unknown
    return typeof content === 'object' ? (content as Manifest | null) : null
  } catch {
    return null
  }
}

const imports =
  /\b(?:require|import)\s*\(\s*(['"])([^'"\n]{1,200})\1\s*\)|\b(?:from|import)\s*(['"])([^'"\n]{1,200})\3/g

/** What a file imports, read off its text: quick, and enough to find files. */
export function importsOf(source: string): string[] {
  return [...new Set([...source.matchAll(imports)].map((match) => match[2] ?? match[4]!))]
}

function resolveImport(specifier: string, from: string, manifests: Map<string, Manifest | null>): string | null {
  if (specifier.startsWith('node:') || specifier.startsWith('#')) return null
  if (specifier.startsWith('.')) return fileAt(resolve(dirname(from), specifier))
  const parts = specifier.split('/')
  const name = parts.slice(0, specifier.startsWith('@') ? 2 : 1).join('/')
  const rest = parts.slice(specifier.startsWith('@') ? 2 : 1).join('/')
  for (let at = dirname(from); ; at = dirname(at)) {
    const place = join(at, 'node_modules', name)
    if (existsSync(place)) {
      const manifest = manifestAt(place, manifests)
      const entry = entryOf(manifest, rest)
      return fileAt(join(place, entry ?? (rest === '' ? 'index.js' : rest)))
    }
    if (dirname(at) === at) return null
  }
}

function manifestAt(folder: string, manifests: Map<string, Manifest | null>): Manifest | null {
  const known = manifests.get(folder)
  if (known !== undefined) return known
  const manifest = readManifest(folder)
  manifests.set(folder, manifest)
  return manifest
}

function entryOf(manifest: Manifest | null, rest: string): string | null {
  if (!manifest) return null
  const { exports, main, module } = manifest
  if (exports !== undefined && exports !== null) {
    const isMap = typeof exports === 'object' && Object.keys(exports).some((key) => key.startsWith('.'))
    const wanted = isMap
      ? (exports as Record<string, unknown>)[rest === '' ? '.' : `./${rest}`]
      : rest === ''
        ? exports
        : null
    const target = conditionOf(wanted, 0)
    if (target !== null) return target
  }
  if (rest !== '') return null
  return typeof main === 'string' ? main : typeof module === 'string' ? module : null
}

function conditionOf(target: unknown, depth: number): string | null {
  if (typeof target === 'string') return target
  if (typeof target !== 'object' || target === null || depth > 5) return null
  const conditions = target as Record<string, unknown>
  for (const name of ['node', 'require', 'import', 'default']) {
    const found = conditionOf(conditions[name], depth + 1)
    if (found !== null) return found
  }
  return null
}

function fileAt(path: string): string | null {
  const candidates = [
    path,
    ...['.js', '.cjs', '.mjs', '.ts', '.json'].map((extension) => path + extension),
    join(path, 'index.js'),
    join(path, 'index.cjs'),
    join(path, 'index.mjs'),
  ]
  // TypeScript writes './x.js' for what is './x.ts'.
  if (/\.[cm]?js$/.test(path)) candidates.push(path.replace(/js$/, 'ts'))
  for (const candidate of candidates) {
    try {
      if (statSync(candidate).isFile()) return /^\.([cm]?[jt]sx?)$/.test(extname(candidate)) ? candidate : null
    } catch {
      continue
    }
  }
  return null
}

function packageOf(file: string, manifests: Map<string, Manifest | null>): string {
  const at = file.lastIndexOf(`${sep}node_modules${sep}`) + `${sep}node_modules${sep}`.length
  const parts = file.slice(at).split(sep)
  const name = parts.slice(0, parts[0]!.startsWith('@') ? 2 : 1).join('/')
  const manifest = manifestAt(join(file.slice(0, at), name), manifests)
  return `${name}@${typeof manifest?.version === 'string' ? manifest.version : '?'}`
}
