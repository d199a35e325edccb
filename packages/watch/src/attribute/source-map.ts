import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { FlattenMap, originalPositionFor, sourceContentFor, type TraceMap } from '@jridgewell/trace-mapping'

/** Larger files are not read: they are bundles whose maps would cost more memory than we may take. */
const MAX_FILE_BYTES = 8 * 1024 * 1024
/** Nobody writes lines as long as this with so few blanks: a line number in what a minifier has made says nothing. */
const MINIFIED_COLUMNS = 250
const MINIFIED_BLANKS = 0.08
/** Sources and maps kept for the next question; a leak asks about the same file again and again. */
const MAX_CACHED = 6

export interface Position {
  /** Absolute path, or what the map calls the source. */
  file: string
  line: number
  column: number
  /** The text of that file, when it can be had. */
  source: string | null
  /** Whether a map led here from what runs. */
  isMapped: boolean
  /** What runs was minified, and no map leads back from it to what was written. */
  lacksMap: boolean
}

/** Reads sources, and finds a position in what was written from the one in what runs. Holds a few files, then forgets the oldest. */
export class SourceMaps {
  readonly #sources = new Map<string, string | null>()
  readonly #maps = new Map<string, TraceMap | null>()

  /** Text of a script as it runs. */
  readScript(script: string): string | null {
    const file = toPath(script)
    return file === null ? null : remember(this.#sources, file, () => readText(file))
  }

  /** Where the author wrote what stands at this position; the position itself when there is no map. Lines and columns from 1. */
  locate(script: string, line: number, column: number): Position | null {
    const file = toPath(script)
    if (file === null) return null
    const text = this.readScript(script)
    const lacksMap = isMinified(text, line)
    const here = { file, line, column, source: text, isMapped: false, lacksMap }
    const map = remember(this.#maps, file, () => readMap(file, here.source))
    if (!map) return here
    const found = originalPositionFor(map, { line, column: Math.max(0, column - 1) })
    if (found.source === null || found.line === null) return here
    const original = pathOfSource(found.source, dirname(file))
    // Packages ship maps to sources that they do not ship: what can be opened is worth more, unless nobody can read it.
    if (isInPackage(file) && !lacksMap && !existsSync(original)) return here
    const source = sourceContentFor(map, found.source) ?? remember(this.#sources, original, () => readText(original))
    return { file: original, line: found.line, column: found.column + 1, source, isMapped: true, lacksMap: false }
  }
}

/** A file as people know it: relative to the working directory, packages from their `node_modules` on. */
export function presentFile(file: string, workingDirectory: string): string {
  const modules = file.lastIndexOf(`${sep}node_modules${sep}`)
  if (modules >= 0) return file.slice(modules + 1).replaceAll(sep, '/')
  const within = relative(workingDirectory, file)
  return (within.startsWith('..') ? file : within).replaceAll(sep, '/')
}

const isInPackage = (file: string): boolean => file.includes(`${sep}node_modules${sep}`)

/** The package a file belongs to, when it lies in `node_modules`. */
export function packageOf(file: string): { name: string; version: string | null } | null {
  const match = new RegExp(String.raw`^(.*[\\/]node_modules[\\/]((?:@[^\\/]+[\\/])?[^\\/]+))[\\/]`).exec(file)
  if (!match) return null
  try {
    const { version } = JSON.parse(readFileSync(join(match[1]!, 'package.json'), 'utf8')) as { version?: unknown }
    return { name: match[2]!.replaceAll('\\', '/'), version: typeof version === 'string' ? version : null }
  } catch {
    return { name: match[2]!.replaceAll('\\', '/'), version: null }
  }
}

export function toPath(script: string): string | null {
  if (script.startsWith('file:')) return fileURLToPath(script.replace(/[?#].*$/, ''))
  return /^(?:[/\\]|[a-z]:)/i.test(script) ? script : null
}

function readMap(file: string, source: string | null): TraceMap | null {
  const url = source === null ? undefined : [...source.matchAll(/^\/\/[#@]\s*sourceMappingURL=(\S+)\s*$/gm)].at(-1)?.[1]
  if (url === undefined) return null
  try {
    const data = /^data:application\/json[^,]*?(;base64)?,(.*)$/.exec(url)
    const text = data
      ? data[1]
        ? Buffer.from(data[2]!, 'base64').toString('utf8')
        : decodeURIComponent(data[2]!)
      : readText(url.startsWith('file:') ? fileURLToPath(url) : resolve(dirname(file), decodeURIComponent(url)))
    return text === null ? null : new FlattenMap(text)
  } catch {
    // A broken map is as good as none.
    return null
  }
}

/** Bundlers give sources addresses of their own: `webpack://shop/./lib/pages.ts`, `turbopack:///[project]/lib/pages.ts`. */
const bundlerAddress = /^[a-z][a-z-]*:\/\/[^/]*\/(?:\.\/|\[project\]\/)?/

function pathOfSource(source: string, folder: string): string {
  if (source.startsWith('file:')) return fileURLToPath(source)
  if (bundlerAddress.test(source)) return resolve(unescape(source.replace(bundlerAddress, '')))
  return resolve(folder, unescape(source))
}

/** A source is a URL, so `[id]` may stand as `%5Bid%5D`. */
function unescape(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}

/** Without splitting a bundle of megabytes into lines. */
function isMinified(source: string | null, line: number): boolean {
  if (source === null) return false
  let from = 0
  for (let number = 1; number < line; number++) {
    from = source.indexOf('\n', from) + 1
    if (from === 0) return false
  }
  const end = source.indexOf('\n', from)
  const to = end < 0 ? source.length : end
  return to - from > MINIFIED_COLUMNS && blankShareOf(source.slice(from, to)) < MINIFIED_BLANKS
}

function blankShareOf(text: string): number {
  let count = 0
  for (let at = text.indexOf(' '); at >= 0; at = text.indexOf(' ', at + 1)) count++
  return count / text.length
}

function readText(file: string): string | null {
  try {
    return statSync(file).size <= MAX_FILE_BYTES ? readFileSync(file, 'utf8') : null
  } catch {
    return null
  }
}

function remember<T>(cache: Map<string, T>, key: string, read: () => T): T {
  if (cache.has(key)) return cache.get(key)!
  const value = read()
  cache.set(key, value)
  if (cache.size > MAX_CACHED) cache.delete(cache.keys().next().value!)
  return value
}
