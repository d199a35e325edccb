import { findSourceMap } from 'node:module'
import { toPath } from './source-map.ts'

export interface WrittenPlace {
  line: number
  column: number
}

/**
 * Where it stands in the file, when what runs was made from that file on its way in (`tsx`, and whoever else transpiles in memory
 * and tells Node of it): no map of that is on the disk, and what runs is often one long line. Null when the file runs as it is, or
 * was built before: then the map lies beside it. Lines and columns from 1. Only on the thread that runs the script.
 */
export function writtenPlace(script: string, line: number, column: number, find = findSourceMap): WrittenPlace | null {
  try {
    const map = find(script.replace(/[?#].*$/, ''))
    const [source, ...others] = map?.payload.sources ?? []
    if (!map || source === undefined || others.length > 0 || toPath(source) !== toPath(script)) return null
    const entry = map.findEntry(line - 1, column - 1)
    return 'originalLine' in entry ? { line: entry.originalLine + 1, column: entry.originalColumn + 1 } : null
  } catch {
    // A map that nobody can read is none.
    return null
  }
}
