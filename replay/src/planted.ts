import { readFileSync } from 'node:fs'
import type { Culprit } from '@plimsoll/core/wire'
import type { LeakName } from './options.ts'

/** Leaks of the three arms, and of a trial. */
export type PlantedName = LeakName | 'closure-chain'

/** The statement that never lets go, and the variable that holds. */
const writes: Record<PlantedName, { write: string; variable: string }> = {
  'pages-by-url': { write: 'pages.set(', variable: 'pages' },
  'array-per-request': { write: 'recentRequests.push(', variable: 'recentRequests' },
  'listener-per-request': { write: 'settings.on(', variable: 'settings' },
  'closure-chain': { write: 'undo = ', variable: 'undo' },
}

export interface PlantedLeak {
  /** Ends the culprit's file, however its folder is told. */
  file: string
  line: number
  variable: string
}

/** Where the leak really is: found in its source, so that an edit there cannot make this wrong in silence. */
export function findPlantedLeak(root: string, leak: PlantedName): PlantedLeak {
  const file = `src/leak/${leak}.ts`
  const { write, variable } = writes[leak]
  const lines = readFileSync(`${root}/apps/marketplace/${file}`, 'utf8').split('\n')
  const line = lines.findIndex((text) => text.trimStart().startsWith(write)) + 1
  if (line === 0) throw new Error(`${file} has no line that begins with "${write}".`)
  return { file, line, variable }
}

/** Right is: the file, the variable that holds, and the line of the write. */
export function isPlanted(culprit: Pick<Culprit, 'file' | 'line' | 'variable'>, planted: PlantedLeak): boolean {
  const isVariable = culprit.variable?.split(/[^\w$]+/).includes(planted.variable) === true
  return culprit.file.endsWith(planted.file) && culprit.line === planted.line && isVariable
}
