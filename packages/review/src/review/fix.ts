import type { Edit } from 'eslint-plugin-plimsoll/analysis'
import { reviewSource } from './review-source.ts'

/** Rounds: a fix may make room for the next, as in nested brackets. */
const maxRounds = 10

/** Makes the safe changes of a source, those that overlap one after the other. */
export function applyFixes(source: string, path: string): { source: string; count: number } {
  let text = source
  let count = 0
  for (let round = 0; round < maxRounds; round++) {
    const safe = reviewSource(text, path).findings.flatMap(({ suggestions }) =>
      suggestions.filter(({ isSafe }) => isSafe).slice(0, 1),
    )
    const chosen: Edit[] = []
    for (const { edits } of safe) {
      if (edits.some((edit) => chosen.some((other) => edit.from < other.to && other.from < edit.to))) continue
      chosen.push(...edits)
      count++
    }
    if (chosen.length === 0) break
    text = applyEdits(text, chosen)
  }
  return { source: text, count }
}

export function applyEdits(source: string, edits: readonly Edit[]): string {
  return [...edits]
    .sort((a, b) => b.from - a.from)
    .reduce((text, { from, to, text: replacement }) => text.slice(0, from) + replacement + text.slice(to), source)
}
