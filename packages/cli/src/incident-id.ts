import { UsageError } from './command.ts'

/** `INC-7` or `7` → 7. */
export function parseIncidentId(word: string): number {
  const match = /^(?:INC-)?([1-9]\d{0,8})$/i.exec(word)
  if (!match) throw new UsageError(`An incident is named like INC-7 or 7, and not "${word}".`)
  return Number(match[1])
}
