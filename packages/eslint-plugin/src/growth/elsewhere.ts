import { readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, extname, join, sep } from 'node:path'
import type { Cell } from './cells.ts'
import type { Program } from './program.ts'

/**
 * The other files of a package, as far as a proof over one file has to know them: whether one of them takes something out of a
 * collection that this file shows to others. They are read only when a finding hangs on it, each once, and only their text.
 */
export interface Elsewhere {
  /** Does another file take entries out of a property of this name, on an object that is not its own? */
  takesOut(name: string): boolean
  /** The version of this package that the nearest manifest asks for; `null` when it does not depend on it at run time. */
  dependency(name: string): string | null
  /** The text of the file that a relative import means; `null` when there is none. */
  textOf(specifier: string): string | null
}

/**
 * Somebody else takes entries out of a property: another file, or a function of this one that was handed its owner, whatever it calls it:
 * `flush(box) { const list = box.list; while ((one = list.shift())) one() }`.
 */
export function isTakenOutElsewhere(
  { kind, name, key }: Cell,
  { operations, elsewhere, frequencyOf }: Program,
): boolean {
  if (kind !== 'property') return false
  for (const [other, done] of operations)
    if (
      other.kind === 'property' &&
      other.name === name &&
      other.key !== key &&
      other.base?.variable?.definitions[0]?.kind === 'param' &&
      done.some((one) => /^(remove|reset)$/.test(one.kind) && frequencyOf(one.func) === 'many')
    )
      return true
  return elsewhere?.takesOut(name) ?? false
}

/** Files of a package that are read at most, and bytes of each and of all: a package with more is a bundle or an application of its own. */
const maxFiles = 600
const maxBytes = 512 * 1024
const maxPackageBytes = 16 * 1024 * 1024
/** Files whose names are remembered; a name is some 20 bytes, and a file has a few dozen. */
const maxSummaries = 4 * maxFiles
const sourceFile = /^\.([cm]?[jt]sx?)$/

/** For a file that lies on a disk. Nothing is read before something is asked. */
export function createElsewhere(file: string): Elsewhere {
  let beside: ReadonlySet<string>[] | null = null
  const modules = new Map<string, string | null>()
  return {
    takesOut(name) {
      beside ??= summariesBeside(file)
      return beside.some((names) => names.has(name))
    },
    dependency(name) {
      const version = dependenciesAbove(dirname(file))[name]
      return typeof version === 'string' ? version : null
    },
    textOf(specifier) {
      if (!/^\.\.?\//.test(specifier)) return null
      let text = modules.get(specifier)
      if (text === undefined) modules.set(specifier, (text = readModule(join(dirname(file), specifier))))
      return text
    },
  }
}

const moduleEndings = ['', '.js', '.ts', '.cjs', '.mjs', '.mts', '.cts', '.tsx', '/index.js', '/index.ts']

/** `./table` and `./table.js`, which in TypeScript is written for `table.ts`. */
function readModule(path: string): string | null {
  for (const base of [path, path.replace(/\.[cm]?js$/, '')])
    for (const ending of moduleEndings) {
      try {
        const stats = statSync(base + ending)
        if (stats.isFile()) return stats.size <= maxBytes ? readFileSync(base + ending, 'utf8') : null
      } catch {
        continue
      }
    }
  return null
}

/** What the nearest manifest depends on at run time. */
function dependenciesAbove(folder: string): Record<string, unknown> {
  for (let at = folder; dirname(at) !== at; at = dirname(at)) {
    if (!holdsManifest(at)) continue
    try {
      const { dependencies } = JSON.parse(readFileSync(join(at, 'package.json'), 'utf8')) as { dependencies?: object }
      return { ...dependencies }
    } catch {
      return {}
    }
  }
  return {}
}

/** What an assignment has to put there to take everything out. `options.cache = true` is another thing of the same name. */
const empty = /new\b|\{\s*\}|\[\s*\]|(?:null|undefined|void 0|Object\.create\(null\))(?![\w$])/.source

// Begins where an identifier begins or at one closing bracket, never within an identifier: what is minified or generated holds
// names of any length, and every one of their letters would be tried again.
const uses = new RegExp(
  `(?:(?<![\\w$])(delete\\s+)?([\\w$]+)|[\\])])\\??\\.([\\w$]+)\\s*(\\??\\.(?:delete|clear|splice|shift|pop|remove|evict|reset)\\s*\\(|\\.length\\s*=[^=]|\\??\\.?\\[|=\\s*(?:${empty}|[\\w$.?]{0,100}\\b\\3\\??\\.(?:filter|slice)\\())`,
  'g',
)

/**
 * Properties that a text takes entries out of: `client.topics.delete(id)`, `delete client.topics[id]`, `client.topics = {}`,
 * `client.topics = client.topics.filter(…)`. A subclass may say `this`, unless it assigns: that is how any class at all makes a field of
 * its own.
 */
function namesTakenOut(text: string): ReadonlySet<string> {
  const names = new Set<string>()
  const isSubclass = /\bextends\b|inherits\(/.test(text)
  for (const [, isDelete, receiver, name, use] of text.matchAll(uses)) {
    if (/^(this|_this\d*)$/.test(receiver ?? '') && (!isSubclass || use!.startsWith('='))) continue
    if (use!.endsWith('[') ? isDelete !== undefined : isDelete === undefined) names.add(name!)
  }
  return names
}

interface Summary {
  /** Of the file that was read: another one is read again. */
  version: string
  names: ReadonlySet<string>
}

/** Each file is read once for all that ask about it: those beside it all do. The one that was read first leaves first. */
const summaries = new Map<string, Summary>()

function summariesBeside(file: string): ReadonlySet<string>[] {
  const found: ReadonlySet<string>[] = []
  let bytes = 0
  for (const path of filesOf(topOf(file))) {
    if (path === file) continue
    try {
      const { size, mtimeMs } = statSync(path)
      if (size > maxBytes) continue
      if (found.length >= maxFiles || (bytes += size) > maxPackageBytes) break
      found.push(summaryOf(path, `${size} ${mtimeMs}`))
    } catch {
      continue
    }
  }
  return found
}

function summaryOf(path: string, version: string): ReadonlySet<string> {
  const known = summaries.get(path)
  if (known?.version === version) return known.names
  const names = namesTakenOut(readFileSync(path, 'utf8'))
  summaries.delete(path)
  summaries.set(path, { version, names })
  if (summaries.size > maxSummaries) summaries.delete(summaries.keys().next().value!)
  return names
}

/** The folder that holds the file's own kind: the first below its package (`lib`, `src`, `dist`), or the package's own. */
function topOf(file: string): string {
  let below = dirname(file)
  for (let at = below; ; below = at, at = dirname(at)) {
    if (holdsManifest(at)) return at === dirname(file) ? at : below
    if (dirname(at) === at) return dirname(file)
  }
}

function holdsManifest(folder: string): boolean {
  try {
    return statSync(join(folder, 'package.json')).isFile()
  } catch {
    return false
  }
}

function* filesOf(folder: string, depth = 0): Generator<string> {
  let entries
  try {
    entries = readdirSync(folder, { withFileTypes: true })
  } catch {
    return
  }
  for (const entry of entries) {
    const path = `${folder}${sep}${entry.name}`
    if (entry.isFile() && sourceFile.test(extname(entry.name)) && !/\.(d\.[cm]?ts|min\.[cm]?js)$/.test(entry.name))
      yield path
    else if (entry.isDirectory() && depth < 8 && !/^(node_modules|\..*|tests?|__tests__)$/.test(entry.name))
      yield* filesOf(path, depth + 1)
  }
}
