import { readFileSync, statSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { originalPositionFor, sourceContentFor, TraceMap } from '@jridgewell/trace-mapping'

/** Larger files are not read: they are bundles whose maps would cost more memory than we may take. */
const MAX_FILE_BYTES = 8 * 1024 * 1024
/** Sources and maps kept for the next question; a leak asks about the same file again and again. */
const MAX_CACHED = 6

export interface Position {
  /** Absolute path, or what the map calls the source. */
  file: string
  line: number
  column: number
  /** The text of that file, when it can be had. */
  source: string | null
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
    const here = { file, line, column, source: this.readScript(script) }
    const map = remember(this.#maps, file, () => readMap(file, here.source))
    if (!map) return here
    const found = originalPositionFor(map, { line, column: Math.max(0, column - 1) })
    if (found.source === null || found.line === null) return here
    const original = found.source.startsWith('file:')
      ? fileURLToPath(found.source)
      : resolve(dirname(file), found.source)
    const source = sourceContentFor(map, found.source) ?? remember(this.#sources, original, () => readText(original))
    return { file: original, line: found.line, column: found.column + 1, source }
  }
}

/** A file as people know it: relative to the working directory, packages from their `node_modules` on. */
export function presentFile(file: string, workingDirectory: string): string {
  const modules = file.lastIndexOf(`${sep}node_modules${sep}`)
  if (modules >= 0) return file.slice(modules + 1).replaceAll(sep, '/')
  const within = relative(workingDirectory, file)
  return (within.startsWith('..') ? file : within).replaceAll(sep, '/')
}

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
    return text === null ? null : new TraceMap(text)
  } catch {
    // A broken map is as good as none.
    return null
  }
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
