import { readFileSync, statSync } from 'node:fs'
import { SourceMap, type SourceMapPayload } from 'node:module'
import { dirname, relative, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

import { Outline } from './outline.ts'

/** Larger files are bundles whose maps would cost more than they tell. */
const MAX_FILE_BYTES = 8 * 1024 * 1024

export interface Position {
  /** As people know it: relative to the working directory, packages from `node_modules` on. */
  file: string
  line: number
  /** The text of that line, trimmed; null when it cannot be read. */
  code: string | null
  /** The package it belongs to; null for the service's own code. */
  package: string | null
}

/** Reads scripts as they run, and finds what the author wrote. */
export class Sources {
  readonly #cwd: string
  readonly #texts = new Map<string, string | null>()
  readonly #maps = new Map<string, SourceMap | null>()
  readonly #outlines = new Map<string, Outline>()

  /** By file: maps of scripts that were translated while they were loaded. Their file is what the author wrote. */
  readonly #loadedMaps = new Map<string, SourceMap>()

  constructor(cwd: string) {
    this.#cwd = cwd
  }

  /** Takes the maps that scripts carry with them and their files do not: those of tsx and its like. */
  addLoadedMaps(scripts: readonly { url: string; mapUrl: string | null }[]): void {
    for (const { url, mapUrl } of scripts) {
      const file = mapUrl === null ? null : toPath(url)
      if (file === null || mapUrl === null || this.read(url)?.includes('sourceMappingURL=data:')) continue
      const map = parseMap(mapUrl, file)
      if (map) this.#loadedMaps.set(file, map)
    }
  }

  /** Where in the text of its file, see {@link read}, a place of a running script is. */
  toText(script: string, line: number, column: number): { line: number; column: number } {
    const entry = this.#loadedMaps.get(toPath(script) ?? '')?.findEntry(line - 1, Math.max(0, column - 1))
    return entry && 'originalLine' in entry
      ? { line: entry.originalLine + 1, column: entry.originalColumn + 1 }
      : { line, column }
  }

  /** Whether the script was translated while it was loaded, so that what runs is not the text of its file. */
  isTranslated(script: string): boolean {
    return this.#loadedMaps.has(toPath(script) ?? '')
  }

  /** {@link locate}, for a place in the text of a script's file. */
  locateText(script: string, line: number, column: number): Position | null {
    const file = toPath(script)
    const isOriginal = file !== null && this.#loadedMaps.has(file)
    return isOriginal ? this.#present(file, line, this.read(script)) : this.locate(script, line, column)
  }

  /** Text of a script as it runs; null when it is no readable file. */
  read(script: string): string | null {
    const file = toPath(script)
    if (file === null) return null
    if (!this.#texts.has(file)) this.#texts.set(file, readText(file))
    return this.#texts.get(file)!
  }

  /** Where functions are in the text of a script; null when it is no readable file. */
  outline(script: string): Outline | null {
    const text = this.read(script)
    if (text === null) return null
    let outline = this.#outlines.get(script)
    if (!outline) this.#outlines.set(script, (outline = new Outline(text)))
    return outline
  }

  /** Lines and columns count from 1, of the script as it runs. */
  locate(script: string, line: number, column: number): Position | null {
    const file = toPath(script)
    if (file === null) return null
    if (this.#loadedMaps.has(file)) {
      const at = this.toText(script, line, column)
      return this.locateText(script, at.line, at.column)
    }
    const text = this.read(script)
    if (!this.#maps.has(file)) this.#maps.set(file, readMap(file, text))
    const entry = this.#maps.get(file)?.findEntry(line - 1, Math.max(0, column - 1))
    if (entry && 'originalSource' in entry && entry.originalSource) {
      const original = entry.originalSource.startsWith('file:')
        ? fileURLToPath(entry.originalSource)
        : resolve(dirname(file), entry.originalSource)
      return this.#present(original, entry.originalLine + 1, this.read(original) ?? null)
    }
    return this.#present(file, line, text)
  }

  #present(file: string, line: number, text: string | null): Position {
    const code = text?.split('\n')[line - 1]?.trim().slice(0, 160) ?? null
    return { file: presentFile(file, this.#cwd), line, code: code === '' ? null : code, package: packageOf(file) }
  }
}

export function presentFile(file: string, cwd: string): string {
  const modules = file.lastIndexOf(`${sep}node_modules${sep}`)
  if (modules >= 0) return file.slice(modules + 1).replaceAll(sep, '/')
  const within = relative(cwd, file)
  return (within.startsWith('..') ? file : within).replaceAll(sep, '/')
}

/** Name of the package a script or file lies in; null outside of `node_modules`. */
export function packageOf(file: string): string | null {
  const found = /^.*[\\/]node_modules[\\/]((?:@[^\\/]+[\\/])?[^\\/]+)[\\/]/.exec(file)
  return found ? found[1]!.replaceAll('\\', '/') : null
}

/** Whether both are one file: V8 tells some by their URL and some by their path. */
export function isSameFile(left: string, right: string): boolean {
  return left === right || (toPath(left) !== null && toPath(left) === toPath(right))
}

function toPath(script: string): string | null {
  if (script.startsWith('file:')) return fileURLToPath(script.replace(/[?#].*$/, ''))
  return /^(?:[/\\]|[a-z]:[/\\])/i.test(script) ? script : null
}

function readText(file: string): string | null {
  try {
    return statSync(file).size <= MAX_FILE_BYTES ? readFileSync(file, 'utf8') : null
  } catch {
    return null
  }
}

function readMap(file: string, text: string | null): SourceMap | null {
  const url = text === null ? undefined : [...text.matchAll(/^\/\/[#@]\s*sourceMappingURL=(\S+)\s*$/gm)].at(-1)?.[1]
  return url === undefined ? null : parseMap(url, file)
}

function parseMap(url: string, file: string): SourceMap | null {
  try {
    const data = /^data:application\/json[^,]*?(;base64)?,(.*)$/.exec(url)
    const json = data
      ? data[1]
        ? Buffer.from(data[2]!, 'base64').toString('utf8')
        : decodeURIComponent(data[2]!)
      : readText(url.startsWith('file:') ? fileURLToPath(url) : resolve(dirname(file), decodeURIComponent(url)))
    return json === null ? null : new SourceMap(JSON.parse(json) as SourceMapPayload)
  } catch {
    // A broken map is as good as none.
    return null
  }
}
