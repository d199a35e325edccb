import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { InvalidOptionError, messageOf } from '@plimsoll/core'
import type { ReviewFinding } from '../finding.ts'

const version = 1

/** Fingerprints of findings that a team knows of, from a file. */
export function readBaseline(path: string): Set<string> | null {
  if (!existsSync(path)) return null
  const wrong = (what: string) => new InvalidOptionError(`The baseline ${path}`, [{ where: '', what }])
  let content: unknown
  try {
    content = JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    throw wrong(`cannot be read (${messageOf(error)}); delete it, and the next run writes it anew`)
  }
  const { findings } = (content ?? {}) as { findings?: unknown }
  if ((content as { version?: unknown } | null)?.version !== version || !Array.isArray(findings))
    throw wrong('is none that this version wrote; delete it, and the next run writes it anew')
  return new Set(findings.map((entry) => String((entry as { fingerprint?: unknown } | null)?.fingerprint)))
}

/** One line for each finding, sorted, so that it merges and reads well. */
export function writeBaseline(path: string, findings: readonly ReviewFinding[]): void {
  const lines = findings
    .map(({ fingerprint, rule, path: file, place }) =>
      JSON.stringify({ fingerprint, rule, path: file, code: place.code }),
    )
    .sort()
  writeFileSync(path, `{ "version": ${version}, "findings": [\n${lines.map((line) => `  ${line}`).join(',\n')}\n] }\n`)
}
