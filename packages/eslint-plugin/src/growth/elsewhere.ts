import { readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, extname, join, sep } from 'node:path'

/**
 * The other files of a package, as far as a proof over one file has to know them: whether one of them takes something out of a
 * collection that this file shows to others. They are read only when a finding hangs on it, and only their text.
 */
export interface Elsewhere {
  /** Does another file take entries out of a property of this name, on an object that is not its own? */
  takesOut(name: string): boolean
  /** The version of this package that the nearest manifest asks for; `null` when it does not depend on it at run time. */
  dependency(name: string): string | null
  /** The text of the file that a relative import means; `null` when there is none. */
  textOf(specifier: string): string | null
}

/** Files of a package that are read at most, and bytes of each: a package with more is a bundle or an application of its own. */
const maxFiles = 600
const maxBytes = 512 * 1024
const sourceFile = /^\.([cm]?[jt]sx?)$/

/** For a file that lies on a disk. Nothing is read before something is asked. */
export function createElsewhere(file: string): Elsewhere {
  let texts: string[] | null = null
  const takenOut = new Map<string, boolean>()
  const modules = new Map<string, string | null>()
  return {
    takesOut(name) {
      if (!/^[\w$]+$/.test(name)) return false
      const known = takenOut.get(name)
      if (known !== undefined) return known
      texts ??= textsBeside(file)
      const isTakenOut = texts.some((text) => text.includes(name) && takesOutIn(text, name))
      takenOut.set(name, isTakenOut)
      return isTakenOut
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

/**
 * `client.topics.delete(id)`, `delete client.topics[id]`, `client.topics = {}`. A subclass may say `this`, unless it assigns: that is
 * how any class at all makes a field of its own.
 */
function takesOutIn(text: string, name: string): boolean {
  const escaped = name.replaceAll('$', '\\$')
  const property = `\\??\\.${escaped}\\b`
  // `client.topics = client.topics.filter(…)`
  const fewer = `[\\w$.?]{0,100}\\b${escaped}\\??\\.(?:filter|slice)\\(`
  // Begins where an identifier begins or at one closing bracket, never within an identifier: what is minified or generated holds
  // names of any length, and every one of their letters would be tried again.
  const uses = new RegExp(
    `(?:(?<![\\w$])(delete\\s+)?([\\w$]+)|[\\])])${property}\\s*(\\??\\.(?:delete|clear|splice|shift|pop|remove|evict|reset)\\s*\\(|\\.length\\s*=[^=]|\\??\\.?\\[|=\\s*(?:${empty}|${fewer}))`,
    'g',
  )
  const isSubclass = /\bextends\b|inherits\(/.test(text)
  for (const [, isDelete, receiver, use] of text.matchAll(uses)) {
    if (/^(this|_this\d*)$/.test(receiver ?? '') && (!isSubclass || use!.startsWith('='))) continue
    if (use!.endsWith('[') ? isDelete !== undefined : isDelete === undefined) return true
  }
  return false
}

function textsBeside(file: string): string[] {
  const texts: string[] = []
  for (const path of filesOf(topOf(file))) {
    if (path === file) continue
    try {
      if (statSync(path).size <= maxBytes) texts.push(readFileSync(path, 'utf8'))
    } catch {
      continue
    }
    if (texts.length >= maxFiles) break
  }
  return texts
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
