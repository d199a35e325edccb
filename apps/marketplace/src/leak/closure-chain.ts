import type { IncomingMessage } from 'node:http'

/** “Undo the last change of the filters”: each step knows the one before, and so all of them. */
let undo: () => string[] = () => []

export function rememberStep(request: IncomingMessage): void {
  const before = undo
  const filters = Array.from({ length: 40 }, (_, index) => `${request.url}:${index}`)
  undo = () => (filters.length > 0 ? filters : before())
}
